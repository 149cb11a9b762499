"""The costs of all paths of random diagrams at once."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs import walk_plan
from sqsem_dsl.analysis.costs.cost_arrays import CostArrays
from sqsem_dsl.analysis.costs.unrank_arrays import Options, UnrankArrays, no_options
from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram, Edge
from sqsem_dsl.diagram.minimize import contracted
from sqsem_dsl.diagram.numbering import Numbering
from sqsem_dsl.diagram.path_cost import PathCosts
from tests.analysis.costs.diagrams import assignments, chain, diagrams

CHOICES, OPTIONS = 5, 3
"""Of the random diagrams, at most."""


def options_of(rows: list[dict[int, int]]) -> Options:
    found = no_options(CHOICES, len(rows))
    for column, row in enumerate(rows):
        for choice, option in row.items():
            found[choice, column] = option
    return found


@given(diagrams(), st.booleans(), st.booleans(), st.integers(-1, OPTIONS - 1))
def test_every_assignment_has_the_cost_of_its_path(
    diagram: DecisionDiagram, small: bool, forks: bool, inactive: int
) -> None:
    """Also if walks fork at each guess, and whatever the options of inactive choices are."""
    every = assignments(diagram)
    depths = {end: end + 1 for end in diagram.ends}
    walked, places = contracted(diagram, depths) if small else (diagram, {end: end for end in diagram.ends})
    labels = {place: depths[end] for end, place in places.items()}
    if forks:
        with patch.object(walk_plan, "_parts", lambda *_: None):
            arrays = CostArrays(walked, labels, [OPTIONS] * CHOICES)
    else:
        arrays = CostArrays(walked, labels, [OPTIONS] * CHOICES)
    rows = [dict.fromkeys(range(CHOICES), inactive) | dict(draws) for draws in every]
    found, present = arrays.costs(options_of(rows))
    assert present.all()
    expected = [(*path[1:5], depths[path.end]) for path in every.values()]
    assert [tuple(row) for row in found.tolist()] == expected


@given(diagrams(), st.lists(st.dictionaries(st.integers(0, CHOICES - 1), st.integers(0, OPTIONS - 1)), max_size=6))
def test_options_that_no_assignment_has_are_not_in_the_space(
    diagram: DecisionDiagram, rows: list[dict[int, int]]
) -> None:
    found, present = CostArrays(diagram, {}, [OPTIONS] * CHOICES).costs(options_of(rows))
    costs = PathCosts(diagram)
    assert present.tolist() == [costs.of(row) is not None for row in rows]
    assert not found[~present].tolist() or set(found[~present].tolist()) == {(0, 0, 0, 0, 0)}


@given(diagrams())
def test_numbers_have_the_options_of_unrank(diagram: DecisionDiagram) -> None:
    """Diagrams with guesses have no numbering."""
    assume(all(len(edges) == 1 for edges in diagram.out.values() if edges[0].choice == EPSILON))
    numbering = Numbering(diagram)
    numbers = list(range(numbering.count))
    found = UnrankArrays(numbering, CHOICES).options(numbers)
    assert found.tolist() == options_of([dict(numbering.unrank(number)) for number in numbers]).tolist()


@pytest.mark.parametrize("stages", [3, 5, 12])
def test_numbers_beyond_64_bits(stages: int) -> None:
    """7371^3 fits, and the others do not."""
    numbering = Numbering(chain(stages))
    numbers = [0, 1, numbering.count // 3, numbering.count // 2, numbering.count - 1]
    found = UnrankArrays(numbering, 10 * stages).options(numbers)
    for column, number in enumerate(numbers):
        active = {choice: option for choice, option in enumerate(found[:-1, column].tolist()) if option >= 0}
        assert active == dict(numbering.unrank(number))


def test_costs_beyond_64_bits() -> None:
    """Sums of which each part fits are Python's whole numbers."""
    large = 2**62
    edges = (Edge(0, 0, 0, 1, (large, 0, 1, 0), 7), Edge(0, 0, 1, 1), Edge(1, 1, 0, 2, (large, large, 1, 0), 9))
    found, present = CostArrays(DecisionDiagram(3, edges, (2,)), {2: 3}, [2, 1]).costs(
        np.array([[0, 1], [0, 0], [0, 0]], np.int16)
    )
    assert present.all()
    assert found.tolist() == [(2**63, large, 2, 9, 3), (large, large, 1, 9, 3)]

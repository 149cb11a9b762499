"""The minimum and the maximum of every quantity, with witnesses."""

from __future__ import annotations

import pytest
from hypothesis import given

from sqsem_dsl.analysis.costs.ranges import ranges
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram
from tests.analysis.costs.diagrams import QUANTITIES, assignments, chain, diagrams


@given(diagrams())
def test_extremes_are_those_of_all_assignments_and_are_shown_by_one(diagram: DecisionDiagram) -> None:
    every = assignments(diagram)
    depths = {end: 10 + end for end in diagram.ends}
    if not every:
        with pytest.raises(ValueError, match="no assignments"):
            ranges(diagram)
        return
    found = ranges(diagram, depths, timed=True)
    assert set(found) == set(QUANTITIES)
    assert set(ranges(diagram, depths)) == set(QUANTITIES) - {"latency"}
    for name, between in found.items():
        values = {
            draws: depths[path.end] if name == "weighted_layers" else getattr(path, name)
            for draws, path in every.items()
        }
        assert (between.low.value, between.high.value) == (min(values.values()), max(values.values()))
        assert values[frozenset(between.low.draws)] == between.low.value
        assert values[frozenset(between.high.draws)] == between.high.value


def test_weighted_layers_need_the_ends() -> None:
    assert "weighted_layers" not in ranges(chain(1))


def test_the_cheapest_of_a_large_space() -> None:
    """Two layers per stage, at the first options."""
    low = ranges(chain())["params"].low
    assert len(low.draws) == 5 * (1 + 2 * 2)
    assert all(option == 0 for _, option in low.draws)

"""The cost of one assignment, looked up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
from sqsem_dsl.diagram.minimize import contracted
from sqsem_dsl.diagram.path_cost import PathCosts, cost_of
from tests.analysis.costs.diagrams import assignments, diagrams


@given(diagrams(), st.booleans())
def test_every_assignment_has_the_cost_of_its_path(diagram: DecisionDiagram, small: bool) -> None:
    costs = PathCosts(contracted(diagram)[0] if small else diagram)
    for draws, path in assignments(diagram).items():
        found = costs.of(dict(draws))
        assert found is not None
        assert (found[:4], found.latency) == (path[1:5], path.latency)
        assert cost_of(diagram, dict(draws)) == ((*path[1:4], path.latency), path.activations)


@given(diagrams(), st.dictionaries(st.integers(0, 5), st.integers(0, 2)))
def test_options_that_no_assignment_takes_have_no_cost(diagram: DecisionDiagram, options: dict[int, int]) -> None:
    """Options of inactive choices make no difference."""
    fits = any(all(options.get(choice) == option for choice, option in draws) for draws in assignments(diagram))
    assert (PathCosts(diagram).of(options) is not None) == fits


def test_the_end_is_found() -> None:
    diagram = DecisionDiagram(3, (Edge(0, 0, 0, 1, (1, 1, 5, 7), 2), Edge(0, 0, 1, 2)), (1, 2))
    found = PathCosts(diagram).of({0: 0})
    assert found is not None
    assert found == (1, 1, 5, 2, 1, 7)

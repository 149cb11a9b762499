"""A minimized diagram has the same assignments, at the same costs, in fewer edges."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram, Edge
from sqsem_dsl.diagram.minimize import contracted
from tests.analysis.costs.diagrams import assignments, chain, diagrams


@given(diagrams(), st.booleans())
@example(DecisionDiagram(1, (), (0,)), True)
@example(DecisionDiagram(2, (Edge(0, EPSILON, 0, 1, (1, 2, 3, 0), 4),), (1,)), False)
def test_the_assignments_and_their_costs_are_the_same(diagram: DecisionDiagram, labelled: bool) -> None:
    labels = {end: f"end {end}" for end in diagram.ends} if labelled else None
    small, ends = contracted(diagram, labels)
    before, after = assignments(diagram), assignments(small)
    assert {key: path[1:5] for key, path in before.items()} == {key: path[1:5] for key, path in after.items()}
    assert {key: ends[path.end] for key, path in before.items()} == {key: path.end for key, path in after.items()}
    assert set(ends.values()) == set(small.ends)
    if not labelled:
        assert len(small.ends) <= 1


@given(diagrams())
@example(DecisionDiagram(4, (Edge(0, EPSILON, 0, 2), Edge(0, EPSILON, 0, 1), Edge(1, 0, 0, 3), Edge(2, 0, 1, 3)), (3,)))
def test_edges_lead_to_higher_numbers_and_none_are_more(diagram: DecisionDiagram) -> None:
    small, _ = contracted(diagram)
    assert all(edge.source < edge.target for edge in small.edges)
    assert len(small.edges) <= len(diagram.edges)
    assert small.size <= diagram.size
    assert contracted(small)[0] == small


def test_ends_with_different_labels_stay_apart() -> None:
    diagram = DecisionDiagram(3, (Edge(0, 0, 0, 1), Edge(0, 0, 1, 2)), (1, 2))
    assert len(contracted(diagram, {1: 5, 2: 6})[0].ends) == 2
    assert len(contracted(diagram, {1: 5, 2: 5})[0].ends) == 1


def test_edges_without_a_draw_are_folded_into_their_neighbours() -> None:
    edges = (
        Edge(0, EPSILON, 0, 1, (1, 0, 0, 0), 5),
        Edge(1, 7, 0, 2, (2, 0, 0, 0), 3),
        Edge(2, EPSILON, 0, 3, (4, 0, 0, 0), 9),
    )
    small, _ = contracted(DecisionDiagram(4, edges, (3,)))
    assert small.edges == (Edge(0, 7, 0, 1, (7, 0, 0, 0), 9),)


def test_vertices_whose_ways_on_differ_by_a_constant_become_one() -> None:
    """Options 0 and 1 lead to the same choice, at 10 parameters more."""
    edges = (
        Edge(0, 0, 0, 1),
        Edge(0, 0, 1, 2),
        *(Edge(1, 1, option, 3, (option, 0, 0, 0)) for option in range(3)),
        *(Edge(2, 1, option, 3, (option + 10, 0, 0, 0)) for option in range(3)),
    )
    small, _ = contracted(DecisionDiagram(4, edges, (3,)))
    assert (small.size, len(small.edges)) == (3, 5)


def test_a_diagram_without_assignments_becomes_a_point() -> None:
    small, ends = contracted(DecisionDiagram(3, (Edge(0, 0, 0, 1), Edge(0, 0, 1, 2)), ()))
    assert (small, ends) == (DecisionDiagram(1, (), ()), {})


def test_a_large_space_stays_as_large() -> None:
    small, _ = contracted(chain())
    assert small.count == 7371**5
    assert all(edge.choice != EPSILON for edge in small.edges)

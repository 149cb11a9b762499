"""The number of assignments within the budgets that use an option, compared with an enumeration."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.distribution import distribution
from sqsem_dsl.analysis.costs.effects import effects
from sqsem_dsl.analysis.costs.feasibility import feasible
from sqsem_dsl.analysis.costs.options import OptionCount, feasible_option_counts
from sqsem_dsl.analysis.costs.tables import Limits
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
from sqsem_dsl.ir.graph import Budget
from tests.analysis.costs.diagrams import assignments, budget, chain, diagrams, is_feasible
from tests.analysis.costs.test_feasibility import BUDGETS


@settings(max_examples=200)
@given(diagrams(), st.lists(BUDGETS, max_size=3))
def test_small_spaces_are_counted_exactly(diagram: DecisionDiagram, budgets: list[Budget]) -> None:
    depths = {end: end % 3 for end in diagram.ends}
    every = assignments(diagram)
    found = feasible_option_counts(diagram, budgets, depths)
    assert set(found) == {draw for draws in every for draw in draws}
    for option, one in found.items():
        count = sum(option in draws and is_feasible(path, budgets, depths) for draws, path in every.items())
        assert (one.count, one.dead) == (count, count == 0)


def test_ways_that_meet_in_vertices_of_one_class() -> None:
    """Both options of the first choice lead to choices of equal cost, and from these to the same two vertices."""
    steps = [(0, 0, 1, 0), (0, 0, 2, 0), *((at, at, to, cost) for at in (1, 2) for to, cost in ((3, 0), (4, 5)))]
    ends = [(3, 3, 5, 0), (3, 3, 5, 1), (4, 4, 5, 0), (4, 4, 5, 3)]
    edges = [Edge(v, choice, i % 2, to, (cost, 0, 0, 0)) for i, (v, choice, to, cost) in enumerate([*steps, *ends])]
    diagram = DecisionDiagram(6, tuple(edges), (5,))
    counts = {option: one.count for option, one in feasible_option_counts(diagram, [budget("<=", 5, params=1)]).items()}
    assert counts == {
        (0, 0): 3, (0, 1): 3, (1, 0): 2, (1, 1): 1, (2, 0): 2, (2, 1): 1, (3, 0): 2, (3, 1): 2, (4, 0): 2, (4, 1): 0,
    }  # fmt: skip


@given(diagrams(largest=100), st.lists(BUDGETS, min_size=1, max_size=3), st.sampled_from([100, 1_000]))
def test_bounds_hold_whatever_the_limits(diagram: DecisionDiagram, budgets: list[Budget], memory: int) -> None:
    depths = {end: end % 3 for end in diagram.ends}
    every = assignments(diagram)
    for option, one in feasible_option_counts(diagram, budgets, depths, Limits(memory=memory, boxes=0)).items():
        count = sum(option in draws and is_feasible(path, budgets, depths) for draws, path in every.items())
        assert one.low <= count <= one.high


def test_without_budgets_they_are_counted_like_for_the_effects() -> None:
    found = feasible_option_counts(chain(), [])
    assert found == {(e.choice, e.option): OptionCount(e.count, e.count) for e in effects(chain())}


def test_one_budget_on_a_large_space_is_exact() -> None:
    """The options of an always active choice partition the feasible assignments."""
    budgets = [budget("<=", distribution(chain(), "params").quantile(0.2), params=1)]
    found = feasible_option_counts(chain(), budgets)
    assert sum(found[0, option].low for option in range(3)) == feasible(chain(), budgets).count
    assert all(one.count is not None for one in found.values())


def test_two_budgets_on_a_large_space_have_bounds() -> None:
    """With so few parameters only the first two stages can have four layers."""
    params, macs = distribution(chain(3), "params"), distribution(chain(3), "macs")
    budgets = [budget("<=", params.min + 20_000, params=1), budget("<=", macs.quantile(0.3), macs=1)]
    found = feasible_option_counts(chain(3), budgets)
    assert found[20, 2].dead
    assert not found[0, 0].dead


def test_an_option_that_a_budget_cuts_is_dead() -> None:
    edges = tuple(Edge(0, 0, i, 1, (10**i, 0, 0, 0), i) for i in range(4))
    diagram = DecisionDiagram(2, edges, (1,))
    for budgets in ([budget("<", 1000, params=1)], [budget("<", 3, activations=1)]):
        assert [one.dead for one in feasible_option_counts(diagram, budgets).values()] == [False, False, False, True]


def test_an_option_is_known_to_be_dead_by_the_extremes_where_tables_are_too_large() -> None:
    budgets = [budget("<=", distribution(chain(), "params").min + 1_000, params=1)]
    found = feasible_option_counts(chain(), budgets, limits=Limits(memory=1_000, boxes=0))
    assert [found[0, option].dead for option in range(3)] == [False, True, True]
    assert found[0, 0].count is None

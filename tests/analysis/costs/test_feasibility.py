"""The number of assignments within the budgets, compared with an enumeration."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.distribution import distribution
from sqsem_dsl.analysis.costs.feasibility import feasible
from sqsem_dsl.analysis.costs.tables import Limits
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
from sqsem_dsl.ir.graph import Budget
from tests.analysis.costs.diagrams import QUANTITIES, RELATIONS, budget, chain, diagrams, is_feasible, paths

FACTORS = st.sampled_from([1, 2, 3, -1, -2, Fraction(1, 2), Fraction(-2, 3)])
TERMS = st.dictionaries(st.sampled_from(QUANTITIES), FACTORS, min_size=1, max_size=2)
BUDGETS = st.builds(
    lambda relation, bound, terms: budget(relation, bound, **terms),
    st.sampled_from(RELATIONS),
    st.fractions(-5, 40, max_denominator=2),
    TERMS,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(diagrams(), st.lists(BUDGETS, max_size=4))
def test_small_spaces_are_counted_exactly(diagram: DecisionDiagram, budgets: list[Budget]) -> None:
    depths = {end: end % 3 for end in diagram.ends}
    found = feasible(diagram, budgets, depths)
    count = sum(is_feasible(path, budgets, depths) for path in paths(diagram))
    assert found.total == diagram.count
    assert found.low <= count <= found.high
    sums = {tuple(sorted(name for name, _ in one.terms)) for one in budgets}
    if len(sums) <= 3:
        assert found.count == count


def test_no_budget_cuts_nothing() -> None:
    found = feasible(chain(), [])
    assert (found.count, found.total, found.share) == (7371**5, 7371**5, (1, 1))


@pytest.mark.parametrize("relation", RELATIONS)
def test_one_budget_on_a_large_space_is_exact(relation: str) -> None:
    params = distribution(chain(), "params")
    bound = params.quantile(Fraction(1, 3))
    found = feasible(chain(), [budget(relation, bound, params=1)])
    assert found.count == params.share(relation, bound).count
    assert found.how == "the distribution of params"


def test_an_interval_is_one_sum() -> None:
    params = distribution(chain(), "params")
    low, high = params.quantile(Fraction(1, 4)), params.quantile(Fraction(1, 2))
    found = feasible(
        chain(), [budget(">=", low, params=1), budget("<=", 2 * high, params=2), budget("!=", high, params=1)]
    )
    assert found.count == params.share("<", high).count - params.share("<", low).count


def test_quantities_that_go_together_are_one_sum() -> None:
    """Parameters are the trainable ones plus a constant per layer, so both budgets are the same budget."""
    edges = [Edge(at, at, o, at + 1, (3 * o + 7, o, 5 * o, 0)) for at in range(60) for o in range(4)]
    diagram = DecisionDiagram(61, tuple(edges), (60,))
    found = feasible(diagram, [budget("<=", 3 * 80 + 7 * 60, params=1), budget("<=", 5 * 85, macs=1)])
    assert found.count == distribution(diagram, "trainable_params").share("<=", 80).count


def test_two_budgets_on_a_large_space_have_certain_bounds() -> None:
    params, macs = distribution(chain(), "params"), distribution(chain(), "macs")
    budgets = [budget("<=", params.quantile(0.5), params=1), budget("<=", macs.quantile(0.5), macs=1)]
    found = feasible(chain(), budgets, limits=Limits(boxes=2**16))
    assert found.count is None
    assert "boxes" in found.how
    assert Fraction(0) < found.share[0] < found.share[1] <= Fraction(1, 2)
    closer = feasible(chain(), budgets, limits=Limits(boxes=2**18))
    assert found.low < closer.low < closer.high <= found.high


def test_budgets_that_cut_nothing_are_left_out() -> None:
    """Only one sum is left, so the count is exact."""
    params, macs = distribution(chain(), "params"), distribution(chain(), "macs")
    found = feasible(chain(), [budget("<=", params.quantile(0.5), params=1), budget("<", macs.max + 1, macs=1)])
    assert found.count == params.share("<=", params.quantile(0.5)).count
    none = feasible(chain(), [budget("<=", params.quantile(0.5), params=1), budget("<", macs.min, macs=1)])
    assert none.count == 0


def test_activations_cut_the_diagram_itself() -> None:
    """Without the largest expansion there are (6^2 + 6^3 + 6^4)^5 assignments."""
    assert feasible(chain(), [budget("<", 6, activations=1)]).count == (36 + 216 + 1296) ** 5
    assert feasible(chain(), [budget("==", 6, activations=1)]).count == 7371**5 - (36 + 216 + 1296) ** 5


def test_more_sums_than_can_be_joined_have_bounds() -> None:
    budgets = [budget("<=", 10**5 * (3 + factor), params=1, macs=Fraction(factor, 10)) for factor in range(1, 5)]
    found = feasible(chain(2), budgets)
    assert found.how == "each of 4 sums separately"
    assert 0 <= found.low < found.high < found.total


def test_what_reads_unknown_weighted_layers_is_unknown() -> None:
    diagram = DecisionDiagram(2, tuple(Edge(0, 0, i, 1, (i, 0, 0, 0)) for i in range(4)), (1,))
    budgets = [budget("<=", 2, weighted_layers=1), budget("<=", 1, params=1)]
    found = feasible(diagram, budgets)
    assert (found.low, found.high) == (0, 2)
    assert "weighted_layers are not known" in found.how
    assert feasible(diagram, budgets, {1: 2}).count == 2
    assert feasible(diagram, budgets, {1: 3}).count == 0


def test_activations_added_to_too_many_sizes_are_said_not_to_be_known() -> None:
    edges = tuple(Edge(0, 0, i, 1, (i, 0, 0, 0), i + 1) for i in range(150))
    found = feasible(DecisionDiagram(2, edges, (1,)), [budget("<=", 100, params=1, activations=1)])
    assert (found.low, found.high) == (0, 150)
    assert "adds activations" in found.how


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(KeyError):
        feasible(chain(1), [budget("<=", 1, energy=1)])


def test_a_space_without_assignments() -> None:
    diagram = DecisionDiagram(2, (Edge(0, 0, 0, 1),), ())
    budgets: list[Any] = [[], [budget("<=", 1, params=1)], [budget("<=", 1, activations=1)]]
    for some in budgets:
        assert feasible(diagram, some).count == 0


def test_sums_beyond_64_bits() -> None:
    """One is exact on its lattice; two are reported as too large."""
    edges = [Edge(at, at, i, at + 1, (i * 10**25, 0, i * 10**25 + at, 0)) for at in range(3) for i in range(2)]
    diagram = DecisionDiagram(4, tuple(edges), (3,))
    assert feasible(diagram, [budget("<=", 10**25, params=1)]).count == 4
    mixed = [budget("<=", 10**25, params=1), budget("<=", 10**25 + 1, params=2, macs=-1)]
    assert feasible(diagram, mixed).count is not None

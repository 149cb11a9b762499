"""Samples are exactly uniform over the assignments within the budgets.

In small spaces every proposal is checked: each feasible assignment must have exactly one number. In large ones the
frequencies of options are compared with exact counts.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.distribution import distribution
from sqsem_dsl.analysis.costs.options import feasible_option_counts
from sqsem_dsl.analysis.costs.sampling import NothingFeasible, Sampler
from sqsem_dsl.analysis.costs.tables import Limits
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
from sqsem_dsl.diagram.path_cost import PathCosts
from sqsem_dsl.ir.graph import Budget
from tests.analysis.costs.diagrams import assignments, budget, chain, diagrams, is_feasible
from tests.analysis.costs.test_feasibility import BUDGETS

pytestmark = pytest.mark.slow


@settings(max_examples=200)
@given(diagrams(), st.lists(BUDGETS, max_size=3), st.sampled_from([2**28, 2_000, 700]))
def test_each_feasible_assignment_has_one_number(diagram: DecisionDiagram, budgets: list[Budget], memory: int) -> None:
    """Also if slots must be combined to save memory."""
    depths = {end: end % 3 for end in diagram.ends}
    wanted = {draws: path for draws, path in assignments(diagram).items() if is_feasible(path, budgets, depths)}
    limits = Limits(memory=memory)
    if not wanted:
        with suppress(NothingFeasible):  # with little memory, known only after all proposals
            assert list(Sampler(diagram, budgets, depths, limits).shuffled()) == []
        return
    sampler = Sampler(diagram, budgets, depths, limits)
    found = [sample for index in range(sampler.proposals) if (sample := sampler.at(index)) is not None]
    assert Counter(frozenset(sample.options.items()) for sample in found) == Counter(wanted.keys())
    assert (sampler.tried, sampler.accepted) == (sampler.proposals, len(wanted))
    assert not sampler.exact or sampler.proposals == len(wanted)
    for sample in found:
        path = wanted[frozenset(sample.options.items())]
        assert (sample.params, sample.trainable_params, sample.macs, sample.activations) == path[1:5]


@given(diagrams(), st.integers(0, 10))
def test_all_feasible_assignments_come_once_in_a_shuffled_order(diagram: DecisionDiagram, seed: int) -> None:
    budgets = [budget(">", 2, macs=1), budget("<=", 25, params=1)]
    wanted = {draws for draws, path in assignments(diagram).items() if is_feasible(path, budgets)}
    if wanted:
        found = [frozenset(sample.options.items()) for sample in Sampler(diagram, budgets).shuffled(seed)]
        assert len(found) == len(wanted)
        assert set(found) == wanted


def test_draws_are_spread_evenly() -> None:
    """Chi-square over the 135 options of a large space, choice by choice: each within 0.1 %."""
    macs = distribution(chain(), "macs")
    budgets = [budget("<=", macs.quantile(0.1), macs=1)]
    sampler = Sampler(chain(), budgets)
    assert sampler.exact
    assert sampler.proposals == macs.share("<=", macs.quantile(0.1)).count
    generator = random.Random(5)
    sampled = [sampler.draw(generator) for _ in range(1_500)]
    assert sampler.acceptance == 1
    assert all(one.macs <= macs.quantile(0.1) for one in sampled)
    seen = Counter(draw for one in sampled for draw in one.options.items())
    exact = feasible_option_counts(chain(), budgets)
    for choice in (0, 10, 20, 30, 40, 1, 2, 3, 4, 41, 44):
        options = [option for option in exact if option[0] == choice]
        expected = {option: 1_500 * exact[option].low / sampler.proposals for option in options}
        statistic = sum((seen[option] - n) ** 2 / n for option, n in expected.items())
        assert statistic < 13.8, choice  # two degrees of freedom


def test_a_second_budget_is_met_by_sampling_again() -> None:
    params, macs = distribution(chain(), "params"), distribution(chain(), "macs")
    budgets = [budget("<=", params.quantile(0.2), params=1), budget("<=", macs.quantile(0.3), macs=1)]
    sampler = Sampler(chain(), budgets)
    generator = random.Random(1)
    costs = PathCosts(chain())
    for _ in range(50):
        sample = sampler.draw(generator)
        assert sample.params <= params.quantile(0.2)
        assert sample.macs <= macs.quantile(0.3)
        cost = costs.of(sample.options)
        assert cost is not None
        assert cost[:4] == (sample.params, sample.trainable_params, sample.macs, sample.activations)
    assert not sampler.exact
    assert sampler.proposals == params.share("<=", params.quantile(0.2)).count
    assert sampler.acceptance is not None
    assert 0.5 < sampler.acceptance < 1


def test_little_memory_costs_acceptance_alone() -> None:
    bound = distribution(chain(), "macs").quantile(0.2)
    sampler = Sampler(chain(), [budget("<=", bound, macs=1)], limits=Limits(memory=2**20))
    first = list(islice(sampler.shuffled(3), 200))
    assert all(sample.macs <= bound for sample in first)
    assert not sampler.exact
    assert sampler.acceptance is not None
    assert sampler.acceptance > 0.9


@pytest.mark.parametrize("memory", [20_000, 40_000, 2**20])
@pytest.mark.parametrize(("low", "high"), [(0.3, 0.4), (0.9, 1), (0, 0.05)])
def test_with_little_memory_all_are_still_proposed(memory: int, low: float, high: float) -> None:
    """An interval, in a space small enough to list."""
    macs = distribution(chain(1), "macs")
    budgets = [budget(">=", macs.quantile(low), macs=1), budget("<=", macs.quantile(high), macs=1)]
    wanted = {draws for draws, path in assignments(chain(1)).items() if is_feasible(path, budgets)}
    sampler = Sampler(chain(1), budgets, limits=Limits(memory=memory))
    assert {frozenset(sample.options.items()) for sample in sampler.shuffled()} == wanted
    assert sampler.accepted == len(wanted)
    assert sampler.exact == (memory == 2**20)


def test_an_exact_value_can_be_asked_for() -> None:
    value = distribution(chain(), "params").quantile(0.5)
    generator = random.Random(0)
    sampler = Sampler(chain(), [budget("==", value, params=1)])
    assert sampler.proposals == distribution(chain(), "params").share("==", value).count
    assert {sampler.draw(generator).params for _ in range(5)} == {value}


def test_the_same_generator_draws_the_same() -> None:
    one, other = (Sampler(chain()).draw(random.Random(9)) for _ in range(2))
    assert one == other


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(NothingFeasible, match="no assignment is within the budgets"):
        Sampler(chain(), [budget("<", 10, params=1)])
    with pytest.raises(NothingFeasible):
        Sampler(DecisionDiagram(2, (Edge(0, 0, 0, 1),), ()))
    crossed = DecisionDiagram(2, (Edge(0, 0, 0, 1, (1, 0, 9, 0)), Edge(0, 0, 1, 1, (9, 0, 1, 0))), (1,))
    with pytest.raises(NothingFeasible):
        Sampler(crossed, [budget("<", 5, params=1), budget("<", 5, macs=1)])


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="weighted_layers"):
        Sampler(chain(1), [budget("<", 5, weighted_layers=1)])
    with pytest.raises(IndexError):
        Sampler(chain(1)).at(7371)

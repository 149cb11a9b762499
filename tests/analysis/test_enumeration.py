"""The whole analysis of a space, compared with all of its assignments, one network after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space
from tests.fakes.shipped import space_of
from tests.reference.agreement import case_of
from tests.reference.random_specs import specs

pytestmark = pytest.mark.slow

SPECS = Path(__file__).resolve().parents[2] / "specs"
ADDITIVE = ("params", "trainable_params", "macs")
QUANTITIES = (*ADDITIVE, "activations", "weighted_layers")


@dataclass(frozen=True)
class Row:
    """One assignment: its choices and its network."""

    draws: tuple[tuple[int, int], ...]
    architecture: Architecture

    def __getattr__(self, quantity: str) -> int:
        found: int = getattr(self.architecture, quantity)
        return found


def rows_of(space: Space) -> list[Row]:
    assert space.count is not None
    return [Row(tuple(space.numbering.unrank(index)), space.at(index)) for index in range(space.count)]


def check(space: Space, rows: Sequence[Row], bounds: Sequence[str]) -> None:
    check_numbers(space, rows)
    check_distributions(space, rows)
    check_effects(space, rows)
    for where in bounds:
        check_where(space, rows, where)


def check_numbers(space: Space, rows: Sequence[Row]) -> None:
    """Numbers and assignments are inverse, shards are a partition, and costs from the diagram equal the network's."""
    assert len({row.draws for row in rows}) == len(rows) == space.count
    parts = [list(space.shard(part, 3)) for part in range(3)]
    assert sorted(number for part in parts for number in part) == list(range(len(rows)))
    for index, row in enumerate(rows):
        assert space.index(row.architecture.choices) == index
        assert space.at(row.architecture.choices).choices == row.architecture.choices
        costs = space.cost(index)
        assert (costs.params, costs.trainable_params, costs.macs) == (row.params, row.trainable_params, row.macs)
        assert costs.activations == row.activations


def check_distributions(space: Space, rows: Sequence[Row]) -> None:
    facts = space.analysis
    for quantity in ADDITIVE:
        found = facts.distributions[quantity]
        pairs = zip(found.values.tolist(), found.counts.tolist(), strict=True)
        assert dict(pairs) == Counter(getattr(row, quantity) for row in rows)
        assert found.mean == Fraction(sum(getattr(row, quantity) for row in rows), len(rows))
    joint = facts.joint
    assert joint is not None
    points = zip(joint.values(0).tolist(), joint.values(1).tolist(), joint.counts.tolist(), strict=True)
    assert {(p, m): count for p, m, count in points} == Counter((row.params, row.macs) for row in rows)
    for quantity in QUANTITIES:
        values = [getattr(row, quantity) for row in rows]
        low, high = facts.ranges[quantity].low, facts.ranges[quantity].high
        assert (low.value, high.value) == (min(values), max(values))
        for end in (low, high):
            shown = space.numbering.rank(dict(end.draws))
            assert shown is not None
            assert getattr(rows[shown], quantity) == end.value


def check_effects(space: Space, rows: Sequence[Row]) -> None:
    for effect in space.analysis.effects:
        active = [row for row in rows if effect.choice in dict(row.draws)]
        with_it = [row for row in active if (effect.choice, effect.option) in row.draws]
        assert effect.count == len(with_it)
        for quantity in ADDITIVE:
            mean = Fraction(sum(getattr(row, quantity) for row in active), len(active))
            mean_with = Fraction(sum(getattr(row, quantity) for row in with_it), len(with_it))
            assert getattr(effect, quantity) == mean_with - mean


def check_where(space: Space, rows: Sequence[Row], where: str) -> None:
    """The feasible ones are counted and sampled exactly once each."""
    quantity, _, bound = where.split()
    is_feasible = {row.draws for row in rows if getattr(row, quantity) <= int(bound)}
    share = space.analysis.share(where)
    assert share is not None
    assert (share.count, share.total) == (len(is_feasible), len(rows))
    own = {row.draws for row in rows if row.draws in is_feasible and space.is_feasible(row.architecture)}
    if not own:
        with pytest.raises(SqsError):
            space.sample(1, where=where)
        return
    sampled = space.sample(len(rows) + 1, seed=3, where=where)
    numbers = [space.index(a.choices) for a in sampled]
    assert len(numbers) == len(set(numbers)) == len(own)
    assert {rows[number].draws for number in numbers} == own
    few = space.sample(min(5, len(own)), seed=4, where=where)
    assert len({space.index(a.choices) for a in few}) == min(5, len(own))


@pytest.mark.parametrize("name", ["toy", "digits", "unet", "squeezenet_bypass", "se_resnet50", "efficientnet_b0"])
def test_shipped_specs(name: str) -> None:
    space = space_of(name)
    rows = rows_of(space)
    middle = {quantity: sorted(getattr(row, quantity) for row in rows)[len(rows) // 2] for quantity in QUANTITIES}
    check(space, rows, [f"{quantity} <= {bound}" for quantity, bound in middle.items()])
    check_option_counts(space, rows)


def check_option_counts(space: Space, rows: Sequence[Row]) -> None:
    """The number of assignments within the budgets that use each option."""
    counts = Counter(draw for row in rows if space.is_feasible(row.architecture) for draw in row.draws)
    for option, option_count in space.analysis.feasible_option_counts.items():
        assert option_count.count == counts[option]


@settings(max_examples=60)
@given(specs(), st.sampled_from(QUANTITIES), st.floats(0, 1))
def test_random_specs(text: str, quantity: str, place: float) -> None:
    case = case_of(text)
    if case is None or case.rejected or not 0 < len(case.allowed) <= 120:
        return
    rows = rows_of(case.space)
    values = sorted(getattr(row, quantity) for row in rows)
    check(case.space, rows, [f"{quantity} <= {values[int(place * (len(values) - 1))]}"])


@pytest.mark.parametrize("where", [None, "params <= 20K", "params <= 20K and macs <= 300K"])
def test_a_draw_is_uniform(where: str | None) -> None:
    """Pearson's chi-square over all that are allowed; 2,000 samples with different seeds."""
    space = sqsem_dsl.loads("""
      space s {
        input x: [8, 8, 3]
        output y = x -> repeat n in 1..3 { conv(any [8, 16, 32], 3) -> slot se { conv(4, 1) } } -> gap -> dense(2)
      }""")
    rows = rows_of(space)
    conditions = [] if where is None else [part.split() for part in where.replace("K", "000").split(" and ")]
    allowed = [i for i, row in enumerate(rows) if all(getattr(row, q) <= int(b) for q, _, b in conditions)]
    assert 10 < len(allowed) <= len(rows)
    counts = Counter(space.index(a.choices) for seed in range(2_000) for a in space.sample(1, seed, where=where))
    assert set(counts) <= set(allowed)
    expected = 2_000 / len(allowed)
    statistic = sum((counts[i] - expected) ** 2 / expected for i in allowed)
    freedom = len(allowed) - 1
    assert statistic < freedom + 5 * (2 * freedom) ** 0.5


def test_over_choices_draws_as_a_tuner_does() -> None:
    """A third of the samples has one layer, but few assignments do."""
    space = space_of("toy")
    first = [space.sample(1, seed, over="choices")[0].choices["layers"] for seed in range(600)]
    assert 150 < first.count(1) < 250
    uniform = [space.sample(1, seed)[0].choices["layers"] for seed in range(600)]
    assert uniform.count(1) < 80


def test_a_sample_of_a_huge_space() -> None:
    space = space_of("once_for_all")
    sampled = space.sample(50, seed=1, where="params <= 4M")
    assert len({space.index(a.choices) for a in sampled}) == 50
    for a in sampled[:3]:
        assert a.params <= 4_000_000
        assert a.macs <= 300_000_000
    assert [a.choices for a in space.sample(50, seed=1, where="params <= 4M")] == [a.choices for a in sampled]
    assert space.analysis.acceptance is not None
    assert 0.1 < space.analysis.acceptance < 0.8  # one budget is sampled directly, the other by rejection
    index = 7371**5 - 1
    assert space.index(space.at(index).choices) == index


def test_known_numbers_of_large_spaces() -> None:
    """Counts, extremes and shares from another program, or from the construction."""
    facts = space_of("once_for_all").analysis
    assert facts.assignments == 7371**5
    assert (facts.distributions["params"].min, facts.distributions["params"].max) == (3_143_224, 5_191_304)
    assert (facts.distributions["macs"].min, facts.distributions["macs"].max) == (115_985_744, 558_648_608)
    assert facts.feasible is not None
    assert facts.feasible.count == 1_302_491_694_527_783_376
    both = facts.share("params <= 4M and macs <= 300M")
    assert both is not None
    assert both.count is None
    assert 0.0174 < both.low / both.total < both.high / both.total < 0.0204
    facts = space_of("squeezenet_se_auto").analysis
    assert facts.assignments == 25_765_100
    assert facts.joint is not None
    assert facts.joint.total == 25_765_100
    assert facts.configurations == 4 * 25_765_100  # two optimizers, two learning rates

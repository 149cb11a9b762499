"""Exact distributions, compared with the list of all paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.distribution import Distribution, distribution, largest
from sqsem_dsl.analysis.costs.joint import joint
from sqsem_dsl.analysis.costs.tables import Limits, TooLarge
from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram, Edge
from tests.analysis.costs.diagrams import RELATIONS, chain, diagrams, is_feasible, paths
from tests.analysis.costs.diagrams import budget as budget_of

QUANTITIES = st.one_of(
    st.sampled_from(("params", "trainable_params", "macs")),
    st.dictionaries(st.sampled_from(("params", "trainable_params", "macs")), st.integers(-3, 3), min_size=1),
)


def layers(*options: Sequence[int]) -> DecisionDiagram:
    """One choice after another; an option adds the given number of parameters."""
    edges = [
        Edge(at, at, i, at + 1, (params, 0, 0, 0)) for at, each in enumerate(options) for i, params in enumerate(each)
    ]
    return DecisionDiagram(len(options) + 1, tuple(edges), (len(options),))


def polynomial(options: Sequence[Sequence[int]]) -> Counter[int]:
    """The same distribution by multiplying polynomials with integer coefficients."""
    found = Counter({0: 1})
    for each in options:
        product: Counter[int] = Counter()
        for value, count in found.items():
            for params in each:
                product[value + params] += count
        found = product
    return found


@given(diagrams(), QUANTITIES)
def test_every_value_has_its_count(diagram: DecisionDiagram, quantity: str | dict[str, int]) -> None:
    factors = {quantity: 1} if isinstance(quantity, str) else quantity
    expected = Counter(sum(f * getattr(path, name) for name, f in factors.items()) for path in paths(diagram))
    if not expected:
        with pytest.raises(ValueError, match="no assignments"):
            distribution(diagram, quantity)
        return
    found = distribution(diagram, quantity)
    assert dict(found) == expected
    assert found.values.tolist() == sorted(expected)
    assert [int(count) for count in found.counts] == [count for _, count in sorted(expected.items())]
    assert (found.total, found.min, found.max) == (expected.total(), min(expected), max(expected))
    assert found.mean == Fraction(sum(value * count for value, count in expected.items()), expected.total())


@given(diagrams())
def test_the_largest_tensor_has_its_distribution(diagram: DecisionDiagram) -> None:
    expected = Counter(path.activations for path in paths(diagram))
    if expected:
        assert dict(largest(diagram)) == expected
    else:
        with pytest.raises(ValueError, match="no assignments"):
            largest(diagram)


@given(diagrams(), st.sampled_from(RELATIONS), st.fractions(-5, 40, max_denominator=3))
def test_shares_are_exact(diagram: DecisionDiagram, relation: str, bound: Fraction) -> None:
    every = list(paths(diagram))
    if every:
        share = distribution(diagram, "macs").share(relation, bound)
        assert share.count == sum(is_feasible(path, [budget_of(relation, bound, macs=1)]) for path in every)
        assert share.fraction == Fraction(share.count, len(every))


@given(diagrams(), st.fractions(0, 1, max_denominator=20))
def test_quantiles_are_values_that_enough_do_not_exceed(diagram: DecisionDiagram, q: Fraction) -> None:
    values = sorted(path.params for path in paths(diagram))
    if values:
        assert distribution(diagram, "params").quantile(q) == values[max(0, ceil(q * len(values)) - 1)]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.integers(1, 40))
def test_bars_hold_everything_between_nice_edges(start: int, steps: list[int], bars: int) -> None:
    options = [[0, step] for step in steps]
    found = distribution(layers([start], *options), "params").histogram(bars)
    expected = polynomial([[start], *options])
    assert len(found) <= max(bars, 2)
    for bar, after in pairwise(found):
        assert bar.high == after.low
    assert [bar.count for bar in found] == [
        sum(count for value, count in expected.items() if bar.low <= value < bar.high) for bar in found
    ]
    assert sum(bar.count for bar in found) == expected.total()
    width = found[0].high - found[0].low
    assert str(width).rstrip("0") in ("1", "2", "25", "5")
    assert found[0].low % width == 0


@pytest.mark.parametrize("count", [30, 70, 140])
def test_counts_beyond_64_and_128_bits(count: int) -> None:
    """3^70 is above 2^110, and 3^140 above 2^221."""
    options = [[0, 1, 3 + at % 2] for at in range(count)]
    found = distribution(layers(*options), "params")
    expected = polynomial(options)
    assert dict(found) == expected
    assert found.total == 3**count
    assert found.share("<=", count).count == sum(n for value, n in expected.items() if value <= count)
    assert found.quantile(Fraction(1, 2)) == next(
        value for value in sorted(expected) if 2 * sum(n for v, n in expected.items() if v <= value) >= 3**count
    )


def test_many_ways_at_the_same_cost_are_a_factor() -> None:
    """One option adds 1 and leads to 70 choices without a cost, the other skips them."""
    free = [Edge(at, at, option, at + 1) for at in range(1, 71) for option in range(2)]
    last = [Edge(71, 71, option, 72, (option * 5, 0, 0, 0)) for option in range(2)]
    diagram = DecisionDiagram(73, (Edge(0, 0, 0, 71), Edge(0, 0, 1, 1, (1, 0, 0, 0)), *free, *last), (72,))
    assert dict(distribution(diagram, "params")) == {0: 1, 1: 2**70, 5: 1, 6: 2**70}


def test_sparse_values_far_apart() -> None:
    options = [[0, 10**at + 1] for at in range(12)]
    assert dict(distribution(layers(*options), "params")) == polynomial(options)


def test_values_beyond_64_bits() -> None:
    """On a coarse enough lattice; otherwise they are too large."""
    found = distribution(layers([10**30], [0, 10**25], [0, 10**25]), "params")
    assert found.values.tolist() == [10**30, 10**30 + 10**25, 10**30 + 2 * 10**25]
    assert found.mean == 10**30 + 10**25
    with pytest.raises(TooLarge, match="64 bits"):
        distribution(layers([0, 10**25], [0, 1]), "params")


def test_the_space_of_elastic_stages() -> None:
    """7371^5 assignments; the share of one value is computed by hand: all layers at their cheapest, two per stage."""
    found = distribution(chain(), "params")
    assert found.total == 7371**5
    cheapest = sum(
        2 * 2 * wide + sum(3 * channels * (channels + 9 + wide) for channels in (before, wide))
        for before, wide in zip((16, 32, 48, 64, 80), (32, 48, 64, 80, 96), strict=True)
    )
    assert (found.min, found.bins.at(0)) == (cheapest, 1)
    dearest = sum(
        4 * 2 * wide + sum(6 * channels * (channels + 49 + wide) for channels in (before, wide, wide, wide))
        for before, wide in zip((16, 32, 48, 64, 80), (32, 48, 64, 80, 96), strict=True)
    )
    assert (found.max, found.bins.at(-1)) == (dearest, 1)
    assert found.share(">=", found.min).fraction == 1


def test_a_binomial_distribution() -> None:
    found = distribution(layers(*[[0, 7]] * 200), "params")
    assert [int(count) for count in found.counts] == [comb(200, k) for k in range(201)]
    assert found.values.tolist() == list(range(0, 1401, 7))
    assert found.mean == 700


@pytest.mark.parametrize("limits", [Limits(memory=10_000), Limits(additions=10_000)])
def test_what_is_beyond_the_limits_is_refused(limits: Limits) -> None:
    with pytest.raises(TooLarge, match="would take more than"):
        distribution(chain(), "params", limits)


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(KeyError, match="does not add up"):
        distribution(chain(1), "activations")


@given(diagrams())
def test_joint_distributions(diagram: DecisionDiagram) -> None:
    expected = Counter((path.params, path.macs - path.trainable_params) for path in paths(diagram))
    if not expected:
        with pytest.raises(ValueError, match="no assignments"):
            joint(diagram, ["params", "macs"])
        return
    found = joint(diagram, ["params", {"macs": 1, "trainable_params": -1}])
    points = zip(found.values(0).tolist(), found.values(1).tolist(), strict=True)
    assert dict(zip(points, map(int, found.counts), strict=True)) == expected
    assert (len(found), found.total) == (len(expected), expected.total())


def test_joint_distributions_of_three() -> None:
    diagram = chain(1)
    expected = Counter(path[1:4] for path in paths(diagram))
    found = joint(diagram, ["params", "trainable_params", "macs"])
    points = np.stack([found.values(axis) for axis in range(3)], axis=1).tolist()
    assert dict(zip(map(tuple, points), map(int, found.counts), strict=True)) == expected


def test_a_joint_distribution_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        joint(chain(), ["params", "macs"])


def test_edges_without_a_draw_count_once() -> None:
    diagram = DecisionDiagram(
        3, (Edge(0, EPSILON, 0, 1, (4, 0, 0, 0)), Edge(1, 0, 0, 2), Edge(1, 0, 1, 2, (1, 0, 0, 0))), (2,)
    )
    found = distribution(diagram, "params")
    assert isinstance(found, Distribution)
    assert dict(found) == {4: 1, 5: 1}

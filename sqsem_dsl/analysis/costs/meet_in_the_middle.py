"""Counts the paths with two sums within bounds if there are too many points for a table. It combines the paths to the
middle with those from there; each half has about the square root of the number of points.

Two points match if the second is in a rectangle that the first determines. All matches are counted at once with the
nodes of a balanced tree over one coordinate, each sorted by the other (a merge sort tree; M. de Berg et al.,
"Computational Geometry", 2008, chapter 5.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.counts import Counts, dot
from sqsem_dsl.analysis.costs.suffix_classes import Step, SuffixGraph
from sqsem_dsl.analysis.costs.tables import MAX_KEYS, Keys, Limits, TooLarge, tabulate

LOOKING_UP = 400
"""The cost of a point on one level of the tree, in additions."""


def by_halves(flow: SuffixGraph, allowed: Sequence[Slots], limits: Limits) -> int:
    """The number of paths of a flow with one or two sums, in steps of its lattice, with each sum in its allowed slots.

    Raises TooLarge, also for slots with holes.
    """
    if len(allowed) > 2 or any(slots.holes for slots in allowed):
        raise TooLarge("only up to two intervals are counted by halves")
    packed, _, strides = flow.packed()
    if packed.spans[-1][0] >= MAX_KEYS:
        raise TooLarge(f"sums up to {packed.spans[-1][0]:,} do not fit in 64 bits")
    cut = _cut(packed)
    lower = SuffixGraph(packed.steps[: cut + 1], 1)
    upper, number = _upper(packed, cut)
    after = tabulate(lower, limits, number)
    before = tabulate(upper, limits, set(number.values()))
    found, work = 0, 0
    for of, at in number.items():
        first, second = before[at], after[of]
        work += LOOKING_UP * (len(first) + len(second)) * len(second).bit_length()
        if work > limits.additions:
            raise TooLarge(f"it would take more than {limits.additions:,} additions")
        (keys, counts), (others, weights) = first.compressed(), second.compressed()
        found += _within(_unpacked(keys, strides), counts, _unpacked(others, strides), weights, allowed)
    return found


def _cut(flow: SuffixGraph) -> int:
    """The class up to which the paths from each class are tabulated, chosen for the fewest points."""
    last = len(flow.steps) - 1
    down, up = [1] + [0] * last, [0] * last + [1]
    for of in range(1, last + 1):
        down[of] = sum(down[target] for _, target, _ in flow.steps[of])
    for of in range(last, 0, -1):
        for _, target, _ in flow.steps[of]:
            up[target] += up[of]
    return min(range(last), key=lambda cut: max(sum(down[: cut + 1]), sum(up[cut + 1 :])))


def _upper(flow: SuffixGraph, cut: int) -> tuple[SuffixGraph, dict[int, int]]:
    """The reversed paths from the start to the classes up to the cut: a flow, and the position in it of each class that
    a step across the cut leads to."""
    last = len(flow.steps) - 1
    leading: dict[int, list[Step]] = {last: []}
    number: dict[int, int] = {}
    for of in range(last, -1, -1):
        if of in leading:
            number[of] = len(number)
            if of > cut:
                for weights, target, factor in flow.steps[of]:
                    leading.setdefault(target, []).append((weights, number[of], factor))
    steps = tuple(tuple(leading[of]) for of in number)
    return SuffixGraph(steps, 1), {of: at for of, at in number.items() if of <= cut}


def _unpacked(keys: Keys, strides: Sequence[int]) -> list[Keys]:
    found = []
    for stride in reversed(strides):
        high, keys = np.divmod(keys, stride)
        found.append(high)
    return found[::-1]


def _within(
    first: Sequence[Keys], counts: Counts, second: Sequence[Keys], weights: Counts, allowed: Sequence[Slots]
) -> int:
    """The number of pairs of points with their sums in the allowed slots: those up to the high corner, without those
    below a low side."""
    found = 0
    for corner in product(*(((slots.high, 1), (slots.low - 1, -1)) for slots in allowed)):
        if all(bound >= 0 for bound, _ in corner):
            sign = 1
            for _, turn in corner:
                sign *= turn
            rests = [bound - keys for (bound, _), keys in zip(corner, first, strict=True)]
            found += sign * _upto(rests, counts, second, weights)
    return found


def _upto(rests: Sequence[Keys], counts: Counts, points: Sequence[Keys], weights: Counts) -> int:
    """The sum, over the first points, of their counts times the weights of all second points within the rests."""
    order = np.argsort(points[0], kind="stable")
    inside = np.searchsorted(points[0][order], rests[0], "right")
    if len(points) == 1:
        return _some(counts, weights[order].cumulated(), inside)
    heights, rank = np.unique(points[1], return_inverse=True)
    rank = rank[order]
    room = len(heights) + 1
    reach = np.searchsorted(heights, rests[1], "right")
    found = 0
    for level in range(len(order).bit_length()):
        some = np.flatnonzero((inside >> level & 1).astype(bool) & (reach > 0))
        if not len(some):
            continue
        nodes = np.arange(len(order)) >> level
        keys = nodes * room + rank
        sorting = np.argsort(keys, kind="stable")
        sums = weights[order[sorting]].cumulated()
        node = (inside[some] >> level + 1) << 1  # the prefix of so many points has this node on the level
        start, stop = node << level, np.searchsorted(keys[sorting], node * room + reach[some], "left")
        found += _some(counts[some], sums, stop) - _some(counts[some], sums, start)
    return found


def _some(counts: Counts, sums: Counts, stops: Keys) -> int:
    """The sum of counts times the sums up to each stop."""
    there = stops > 0
    return dot(counts[there], sums[stops[there] - 1])

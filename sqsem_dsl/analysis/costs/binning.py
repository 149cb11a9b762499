"""Counts the paths with all sums allowed: exactly by all points, otherwise by bounds from points rounded to boxes.

For boxes, every weight is rounded to a multiple of its axis's width. The total rounding error of a path is bounded over
all paths, so each point lies within a known distance of its box. A box that crosses a bound counts only for the upper
bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.counts import Counts, gathered
from sqsem_dsl.analysis.costs.joint import points
from sqsem_dsl.analysis.costs.meet_in_the_middle import by_halves
from sqsem_dsl.analysis.costs.suffix_classes import SuffixGraph, Weights
from sqsem_dsl.analysis.costs.tables import MAX_KEYS, Limits, TooLarge

FEWEST_BOXES = 2**8


@dataclass(frozen=True)
class Bounds:
    """At least `low` and at most `high` paths; `boxes` is the number of boxes, 0 for points."""

    low: int
    high: int
    boxes: int = 0


def inside(flow: SuffixGraph, allowed: Sequence[Slots], limits: Limits) -> Bounds:
    """The number of paths of a flow, in steps of its lattice, with every sum in its allowed slots.

    Raises TooLarge if even a few boxes are too many.
    """
    for count_exactly in (by_halves, _by_points) if len(allowed) == 2 else (_by_points, by_halves):
        try:
            count = count_exactly(flow, allowed, limits)
        except TooLarge:
            continue
        return Bounds(count, count)
    return in_boxes(flow, allowed, limits)


def _by_points(flow: SuffixGraph, allowed: Sequence[Slots], limits: Limits) -> int:
    """The exact count, by every point. Raises TooLarge."""
    _, slots, counts = points(flow, limits)
    kept = np.ones(len(counts), bool)
    for column, values in zip(slots, allowed, strict=True):
        kept &= (column >= values.low) & (column <= values.high)
        for hole in values.holes:
            kept &= column != hole
    return counts[kept].total()


def in_boxes(flow: SuffixGraph, allowed: Sequence[Slots], limits: Limits) -> Bounds:
    """Bounds by boxes, as many as the limits allow. Raises TooLarge."""
    if max(flow.spans[-1]) >= MAX_KEYS:
        raise TooLarge(f"sums up to {max(flow.spans[-1]):,} do not fit in 64 bits")
    turned = list(allowed)
    for axis, values in enumerate(allowed):
        last = flow.spans[-1][axis]
        if last - values.low < values.high:  # sums above everything allowed need no box
            flow, turned[axis] = flow.reflected(axis), values.reflected(last)
    highs = [values.high for values in turned]
    most = limits.boxes
    while most >= FEWEST_BOXES:
        grid = Grid.rounded(flow, highs, _widths(highs, most))
        if grid.fits(limits):
            try:
                return grid.inside(turned, limits)
            except TooLarge:
                pass
        most //= 2
    raise TooLarge("even a few hundred boxes would take more than the limits allow")


def _widths(highs: Sequence[int], most: int) -> Weights:
    """Widths for at most so many boxes: the same number on each axis, if it has as many values."""
    found = dict.fromkeys(range(len(highs)), 1)
    for done, axis in enumerate(sorted(found, key=lambda axis: highs[axis])):
        share = max(1, int(most ** (1 / (len(highs) - done))))
        found[axis] = highs[axis] // share + 1
        most //= highs[axis] // found[axis] + 1
    return tuple(found[axis] for axis in range(len(highs)))


@dataclass(frozen=True)
class Grid:
    """A flow with rounded weights: each sum differs from its slot times the width by `least` to `most`. Slots above
    `caps` are irrelevant."""

    flow: SuffixGraph
    widths: Weights
    least: Weights
    most: Weights
    caps: Weights

    @staticmethod
    def rounded(flow: SuffixGraph, highs: Sequence[int], widths: Weights) -> Grid:
        """Rounds every weight to the nearest multiple of a width, for sums up to the highs."""

        def nearest(weights: Weights) -> Weights:
            return tuple((2 * w + width - 1) // (2 * width) for w, width in zip(weights, widths, strict=True))

        coarse = flow.mapped(nearest, flow.axes)
        least, most = _farthest(flow, coarse, widths, min), _farthest(flow, coarse, widths, max)
        caps = tuple((high - off) // width for high, off, width in zip(highs, least, widths, strict=True))
        return Grid(coarse.reduced(len(coarse.steps) - 1)[0], widths, least, most, caps)

    def shape(self, at: int) -> tuple[int, ...]:
        """The number of slots of a class on each axis."""
        return tuple(min(span, cap) + 1 for span, cap in zip(self.flow.spans[at], self.caps, strict=True))

    def parts(self, at: int) -> list[tuple[int, tuple[slice, ...], tuple[slice, ...], int]]:
        """For each step from a class: the next class, the part of its table that counts, the part of this class's table
        where it goes, and the number of paths."""
        found = []
        for weights, target, factor in self.flow.steps[at]:
            pairs = zip(self.shape(target), self.shape(at), weights, strict=True)
            sizes = [min(size, room - weight) for size, room, weight in pairs]
            if min(sizes) > 0:
                where = tuple(slice(weight, weight + size) for weight, size in zip(weights, sizes, strict=True))
                found.append((target, tuple(map(slice, sizes)), where, factor))
        return found

    def fits(self, limits: Limits) -> bool:
        """Whether it is within the limits, if all counts are narrow."""
        left, held, most, additions = self.flow.uses, {0: 1}, 0, 0
        for at in range(1, len(self.flow.steps)):
            held[at] = prod(self.shape(at))
            most = max(most, sum(held.values()))
            additions += sum(prod(s.stop for s in what) for _, what, _, _ in self.parts(at))
            for _, target, _ in self.flow.steps[at]:
                left[target] -= 1
                if not left[target]:
                    del held[target]
        return 8 * most <= limits.memory and additions <= limits.additions

    def counts(self, limits: Limits) -> Counts:
        """The number of paths to each slot, as an array with an axis for each sum. Raises TooLarge."""
        left = self.flow.uses
        tables = {0: Counts((np.ones((1,) * self.flow.axes, np.uint64),), 1)}
        for at in range(1, len(self.flow.steps)):
            parts = [(where, tables[target][what], factor) for target, what, where, factor in self.parts(at)]
            rows = max((len(counts.rows) for _, counts, _ in parts), default=1)
            if sum(table.bytes for table in tables.values()) + 8 * rows * prod(self.shape(at)) > limits.memory:
                raise TooLarge("so many boxes would take more than the limits allow")
            tables[at] = gathered(self.shape(at), parts)
            for _, target, _ in self.flow.steps[at]:
                left[target] -= 1
                if not left[target]:
                    del tables[target]
        return tables[len(self.flow.steps) - 1]

    def inside(self, allowed: Sequence[Slots], limits: Limits) -> Bounds:
        """The number of paths with every sum in its allowed slots. Raises TooLarge."""
        bins = self.counts(limits)
        always, maybe = [], []
        for size, width, off, beyond, values in zip(
            bins.rows[0].shape, self.widths, self.least, self.most, allowed, strict=True
        ):
            low = np.arange(size, dtype=np.int64) * width + off
            high = low + (beyond - off)
            certain = (low >= values.low) & (high <= values.high)
            possible = (high >= values.low) & (low <= values.high)
            for hole in values.holes:
                certain &= (high < hole) | (low > hole)
                if off == beyond:
                    possible &= low != hole
            always.append(np.flatnonzero(certain))
            maybe.append(np.flatnonzero(possible))
        return Bounds(bins[np.ix_(*always)].total(), bins[np.ix_(*maybe)].total(), bins.rows[0].size)


def _farthest(
    flow: SuffixGraph, coarse: SuffixGraph, widths: Weights, extreme: Callable[[Iterable[int]], int]
) -> Weights:
    """The minimum or maximum difference between the sums of a path and those of its rounded weights."""
    found: list[Weights] = [(0,) * flow.axes]
    for exact, rounded in zip(flow.steps[1:], coarse.steps[1:], strict=True):
        sums = (
            tuple(w - r * width + after for w, r, width, after in zip(ws, rs, widths, found[target], strict=True))
            for (ws, target, _), (rs, _, _) in zip(exact, rounded, strict=True)
        )
        found.append(tuple(map(extreme, zip(*sums, strict=True))))
    return found[-1]

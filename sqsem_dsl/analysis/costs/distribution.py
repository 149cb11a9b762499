"""The exact distribution of an additive quantity over all assignments: every value that occurs, and how many
assignments have it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from sqsem_dsl.analysis.costs.counts import Counts, dot
from sqsem_dsl.analysis.costs.quantities import ADDITIVE, COUNTED, Quantity, always_equal, factors_of, weigher
from sqsem_dsl.analysis.costs.suffix_classes import Futures
from sqsem_dsl.analysis.costs.tables import LIMITS, Keys, Limits, TooLarge, tabulate
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram

Number = int | Fraction


@dataclass(frozen=True)
class Share:
    """The fraction of all assignments."""

    count: int
    of: int

    @property
    def fraction(self) -> Fraction:
        """Raises ZeroDivisionError if there are no assignments."""
        return Fraction(self.count, self.of)


@dataclass(frozen=True)
class Bar:
    """Assignments with a value in low <= value < high."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, eq=False)
class Distribution:
    """The values start + step * slots, ascending, and the exact number of assignments with each."""

    start: int
    step: int
    slots: Keys
    bins: Counts

    def __len__(self) -> int:
        """The number of distinct values."""
        return len(self.slots)

    @cached_property
    def total(self) -> int:
        """The number of assignments."""
        return self.bins.total()

    @property
    def values(self) -> npt.NDArray[Any]:
        """The distinct values, ascending: 64 bits if they fit, otherwise Python integers."""
        fits = max(abs(self.min), abs(self.max)) < 2**63
        return self.slots.astype(np.int64 if fits else object) * self.step + self.start

    @property
    def counts(self) -> npt.NDArray[Any]:
        """The number of assignments with each value: unsigned 64 bits if they fit, otherwise Python integers."""
        return self.bins.integers()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Values and counts."""
        for i, slot in enumerate(self.slots):
            yield self._value(i, slot), self.bins.at(i)

    @property
    def min(self) -> int:
        return self._value(0)

    @property
    def max(self) -> int:
        return self._value(-1)

    @cached_property
    def mean(self) -> Fraction:
        slots = Counts((self.slots.astype(np.uint64),), int(self.slots[-1]))
        return self.start + Fraction(self.step * dot(slots, self.bins), self.total)

    def share(self, relation: str, bound: Number) -> Share:
        """The number of assignments whose value is in this relation (`<`, `<=`, `>`, `>=`, `==`, `!=`) to a bound."""
        below, upto = self._below(ceil(bound)), self._below(floor(bound) + 1)
        match relation:
            case "<":
                count = below
            case "<=":
                count = upto
            case ">":
                count = self.total - upto
            case ">=":
                count = self.total - below
            case "==":
                count = upto - below
            case "!=":
                count = self.total - (upto - below)
            case _:
                raise ValueError(f"{relation} is not a relation")
        return Share(count, self.total)

    def quantile(self, q: Number | float) -> int:
        """The smallest value that at least this fraction of the assignments, 0 <= q <= 1, does not exceed."""
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile is between 0 and 1, not {q}")
        wanted = max(1, ceil(Fraction(q) * self.total))
        at: int = bisect_left(range(len(self) - 1), wanted, key=self._cumulated.at)
        return self._value(at)

    def histogram(self, bars: int = 20) -> tuple[Bar, ...]:
        """Two to this many bars of equal width over all values; the edges are multiples of 1, 2, 2.5 or 5 times a power
        of ten."""
        width = _width(self.min, self.max, max(2, bars))
        first = self.min // width * width
        edges = range(first, self.max + width + 1, width)
        below = [self._below(edge) for edge in edges]
        return tuple(
            Bar(low, low + width, upto - before)
            for low, before, upto in zip(edges, below, below[1:], strict=False)
            if low <= self.max
        )

    @cached_property
    def _cumulated(self) -> Counts:
        return self.bins.cumulated()

    def _value(self, at: int, slot: Any = None) -> int:
        return self.start + self.step * int(self.slots[at] if slot is None else slot)

    def _below(self, bound: int) -> int:
        """The number of assignments with a value below a bound."""
        slot = -((self.start - bound) // self.step)  # the first slot whose value is at least the bound
        if slot > int(self.slots[-1]):
            return self.total
        at = int(np.searchsorted(self.slots, max(slot, 0)))
        return self._cumulated.at(at - 1) if at else 0


def distribution(diagram: DecisionDiagram, quantity: Quantity, limits: Limits = LIMITS) -> Distribution:
    """The distribution of an additive quantity, or of the sum of several with integer factors.

    Raises TooLarge if it exceeds the limits, and ValueError for a diagram without assignments.
    """
    futures = Futures(diagram, weigher([factors_of(quantity)]), 1)
    if futures.root is None:
        raise ValueError("there are no assignments")
    flow, [step], _ = futures.flow.packed()
    table = tabulate(flow, limits)[len(flow.steps) - 1]
    slots, counts = table.compressed()
    return Distribution(futures.root.offset[0], step, slots, counts.times(futures.root.factor))


def distributions(
    diagram: DecisionDiagram, timed: bool = False, limits: Limits = LIMITS
) -> Iterator[tuple[str, Distribution | TooLarge]]:
    """The distribution of each additive quantity, or why it exceeds the limits; of latency if the diagram is `timed`.
    Quantities that are equal on every edge, as all and trainable parameters often are, share one.

    Raises ValueError for a diagram without assignments.
    """
    known: dict[str, Distribution | TooLarge] = {}
    for quantity in ADDITIVE if timed else COUNTED:
        found = next((of for other, of in known.items() if always_equal(diagram, other, quantity)), None)
        if found is None:
            try:
                found = distribution(diagram, quantity, limits)
            except TooLarge as error:
                found = error
        known[quantity] = found
        yield quantity, found


def largest(diagram: DecisionDiagram) -> Distribution:
    """The distribution of `activations`, the elements of the largest tensor.

    Raises ValueError for a diagram without assignments.
    """
    below: list[dict[int, int]] = [{} for _ in range(diagram.size)]
    for end in diagram.ends:
        below[end] = {0: 1}
    for vertex in range(diagram.size - 1, -1, -1):
        for edge in diagram.out.get(vertex, ()):
            for size, ways in below[edge.target].items():
                reached = max(size, edge.size)
                below[vertex][reached] = below[vertex].get(reached, 0) + ways
    if not below[0]:
        raise ValueError("there are no assignments")
    sizes = sorted(below[0])
    step = gcd(*(size - sizes[0] for size in sizes)) or 1
    slots = np.array([(size - sizes[0]) // step for size in sizes], np.int64)
    return Distribution(sizes[0], step, slots, Counts.of([below[0][size] for size in sizes]))


def _width(low: int, high: int, bars: int) -> int:
    """The smallest round width with which so many bars cover the range from the lowest to the highest value."""
    power = max(0, len(str((high - low) // bars)) - 2)
    while True:
        for digits in (4, 8, 10, 20):  # quarters, so that 2.5 is an integer number of them
            width = digits * 10**power
            if width % 4 == 0 and high // (width // 4) - low // (width // 4) < bars:
                return int(width // 4)
        power += 1

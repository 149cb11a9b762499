"""The assignments of many numbers at once: a numbering as arrays, and all numbers together through it.

A number goes from junction to junction as in `Numbering.unrank`. Here a step moves a whole block of numbers, with a
binary search among the starts of each one's junction.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sqsem_dsl.analysis.costs.walk_plan import NOT_ACTIVE
from sqsem_dsl.diagram.numbering import Junction, Numbering

Ints = npt.NDArray[np.int64]
Options = npt.NDArray[np.int16]
"""A row for each choice of the graph and one more, which is all zeros; a column for each assignment. The option of a
choice that is not active may be any, or NOT_ACTIVE."""
NEVER = int(np.iinfo(np.int64).max)
"""A start that no number reaches."""


def no_options(choices: int, assignments: int) -> Options:
    """The options of so many assignments before any is known."""
    found = np.full((choices + 1, assignments), NOT_ACTIVE, np.int16)
    found[choices] = 0
    return found


class UnrankArrays:
    """The junctions of a numbering, one after another in arrays. A junction has a slot for each option, up to the next
    power of two, and is known by the first. The last junction is the end, which leads to itself."""

    def __init__(self, numbering: Numbering, choices: int) -> None:
        """`choices` is the number of choices of the graph."""
        self._numbering, self._choices = numbering, choices
        end = Junction(choices, 1, (0,), (0,), (-1,), {})
        junctions = {**numbering.junctions, -1: end}
        widths = {vertex: 1 << (len(junction.options) - 1).bit_length() for vertex, junction in junctions.items()}
        self._firsts = dict(zip(junctions, np.cumsum([0, *widths.values()]).tolist(), strict=False))
        self._end = self._firsts[-1]
        size = self._end + 1
        self._rows, self._halves = np.full(size, choices, np.int64), np.zeros(size, np.int64)
        self._steps = np.full((size, 2), NEVER)
        """The start of each slot, and the junction after it."""
        self._options = np.zeros(size, np.int16)
        for vertex, junction in junctions.items():
            first, count = self._firsts[vertex], len(junction.options)
            self._rows[first], self._halves[first] = junction.choice, widths[vertex] >> 1
            self._options[first : first + count] = junction.options
            self._steps[first : first + count, 0] = [min(start, NEVER) for start in junction.starts]
            self._steps[first : first + count, 1] = [self._firsts.get(at, self._end) for at in junction.targets]
        self._starts = self._steps[:, 0].copy()
        self._rounds = int(self._halves.max()).bit_length()

    def options(self, numbers: Ints | Sequence[int]) -> Options:
        """The options of numbers from 0 to `count` - 1."""
        found, count = no_options(self._choices, len(numbers)), len(numbers)
        rest, at = self._started(numbers, found)
        flat, columns = found.reshape(-1), np.arange(count)
        while (at != self._end).any():
            half = self._halves.take(at)
            slot = at
            for _ in range(self._rounds):
                slot = slot + half * (self._starts.take(slot + half) <= rest)
                half >>= 1
            cell = self._rows.take(at)
            cell *= count
            cell += columns
            flat[cell] = self._options.take(slot)
            step = self._steps.take(slot, axis=0)
            rest -= step[:, 0]
            at = step[:, 1].copy()
        return found

    def _started(self, numbers: Ints | Sequence[int], found: Options) -> tuple[Ints, Ints]:
        """What is left of the numbers and their junctions, as soon as what is left fits into 64 bits."""
        junctions, root = self._numbering.junctions, self._numbering.root
        if self._numbering.count <= NEVER:
            return np.array(numbers, np.int64), np.full(len(numbers), self._firsts.get(root, self._end))
        at, rest = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.int64)
        for column, number in enumerate(numbers):
            vertex, left = root, int(number)
            while (junction := junctions.get(vertex)) is not None and junction.count > NEVER:
                k = bisect_right(junction.starts, left) - 1
                found[junction.choice, column] = junction.options[k]
                left -= junction.starts[k]
                vertex = junction.targets[k]
            at[column], rest[column] = self._firsts.get(vertex, self._end), left
        return rest, at

"""The number of paths from each class to each sum: passes over a flow, in whole arrays.

A table is the generating function of its class: the sum, over the steps of the class, of the next class's function
shifted by the step's weight. Several sums are packed into one, with a stride for each.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sqsem_dsl.analysis.costs.counts import Counts, gathered
from sqsem_dsl.analysis.costs.suffix_classes import SuffixGraph
from sqsem_dsl.utils.effort import Level

Keys = npt.NDArray[np.int64]
MAX_KEYS = 2**62
FILLED = 8
"""A table is dense if at least one in so many positions could be filled."""
SORTING = 30
"""The cost of merging sparse tables per key, in additions of dense ones."""
TEMPORARY = 6
"""Bytes of working memory for each byte of merged keys and counts."""


class TooLarge(Exception):
    """The query exceeds the limits; the message says which."""


@dataclass(frozen=True)
class Limits:
    """The limits of an exact answer."""

    memory: int = 256 * 2**20
    """Bytes of tables held at once."""
    additions: int = 4_000_000_000
    """Additions of single counts; a second does about 10^9."""
    boxes: int = 2**21
    """Boxes for bounds on several sums; four times as many give bounds twice as tight."""

    def at(self, level: Level) -> Limits:
        """These limits at a level of effort."""
        return Limits(level.stored(self.memory), level.steps(self.additions), level.stored(self.boxes))


LIMITS = Limits()


@dataclass(frozen=True, eq=False)
class Table:
    """The sums of the paths from a class, ascending, and the number of paths to each. Without keys, the k-th count is
    that of sum k."""

    keys: Keys | None
    counts: Counts

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def bytes(self) -> int:
        return self.counts.bytes + (0 if self.keys is None else self.keys.nbytes)

    def compressed(self) -> tuple[Keys, Counts]:
        """The sums that occur, and their counts."""
        if self.keys is not None:
            return self.keys, self.counts
        present = self.counts.present()
        return present.astype(np.int64), self.counts[present]

    def cumulated(self) -> Table:
        """The table with cumulated counts."""
        return Table(self.keys, self.counts.cumulated())

    def upto(self, key: int) -> int:
        """For a cumulated table: the number of paths whose sum is at most a value."""
        at = min(key, len(self) - 1) if self.keys is None else int(np.searchsorted(self.keys, key, "right")) - 1
        return self.counts.at(at) if at >= 0 else 0


def tabulate(flow: SuffixGraph, limits: Limits, keep: Container[int] = ()) -> dict[int, Table]:
    """The tables of a flow with one sum, for the last class and the classes to keep.

    Raises TooLarge.
    """
    spans = [span for (span,) in flow.spans]
    if spans[-1] >= MAX_KEYS:
        raise TooLarge(f"sums up to {spans[-1]:,} do not fit in 64 bits")
    last = len(flow.steps) - 1
    left = flow.uses
    tables = {0: Table(None, Counts.one())}
    held, done = 0, 0
    for at in range(1, last + 1):
        shifted = [(weight, tables[target], factor) for (weight,), target, factor in flow.steps[at]]
        offered = sum(len(table) for _, table, _ in shifted)
        dense = spans[at] < FILLED * offered
        row = max(len(table.counts.rows) for _, table, _ in shifted)
        need = 8 * (spans[at] + 1) * (row + 1) if dense else TEMPORARY * 8 * offered * (row + 1)
        if held + need > limits.memory:
            raise TooLarge(f"it would take more than {limits.memory // 2**20} MiB")
        done += offered * (1 if dense else SORTING)
        if done > limits.additions:
            raise TooLarge(f"it would take more than {limits.additions:,} additions")
        tables[at] = _dense(spans[at], shifted) if dense else _sparse(shifted)
        held += tables[at].bytes
        for _, target, _ in flow.steps[at]:
            left[target] -= 1
            if not left[target] and target not in keep:
                held -= tables.pop(target).bytes
    return tables


def _dense(span: int, steps: Sequence[tuple[int, Table, int]]) -> Table:
    parts = [
        (slice(weight, weight + len(table)) if table.keys is None else table.keys + weight, table.counts, factor)
        for weight, table, factor in steps
    ]
    return Table(None, gathered(span + 1, parts))


def _sparse(steps: Sequence[tuple[int, Table, int]]) -> Table:
    compressed = [(weight, *table.compressed(), factor) for weight, table, factor in steps]
    keys, where = np.unique(np.concatenate([found + weight for weight, found, _, _ in compressed]), return_inverse=True)
    places = np.split(where, np.cumsum([len(found) for _, found, _, _ in compressed])[:-1])
    parts = [(place, counts, factor) for place, (_, _, counts, factor) in zip(places, compressed, strict=True)]
    return Table(keys, gathered(len(keys), parts))

"""The exact joint distribution of several additive quantities: every point that occurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sqsem_dsl.analysis.costs.counts import Counts
from sqsem_dsl.analysis.costs.quantities import Quantity, factors_of, weigher
from sqsem_dsl.analysis.costs.suffix_classes import Futures, SuffixGraph, Weights
from sqsem_dsl.analysis.costs.tables import LIMITS, Keys, Limits, tabulate
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram


@dataclass(frozen=True, eq=False)
class Joint:
    """Distinct points start + step * slots on each axis, and the exact number of assignments at each."""

    starts: tuple[int, ...]
    steps: tuple[int, ...]
    slots: tuple[Keys, ...]
    bins: Counts

    def __len__(self) -> int:
        """The number of distinct points."""
        return len(self.bins)

    @cached_property
    def total(self) -> int:
        """The number of assignments."""
        return self.bins.total()

    def values(self, axis: int) -> npt.NDArray[Any]:
        """The coordinates of the points: 64 bits if they fit, otherwise Python integers."""
        start, step = self.starts[axis], self.steps[axis]
        fits = max(abs(start), abs(start + step * int(self.slots[axis].max()))) < 2**63
        return self.slots[axis].astype(np.int64 if fits else object) * step + start

    @property
    def counts(self) -> npt.NDArray[Any]:
        """The number of assignments at each point: unsigned 64 bits if they fit, otherwise Python integers."""
        return self.bins.integers()


def joint(diagram: DecisionDiagram, quantities: Sequence[Quantity], limits: Limits = LIMITS) -> Joint:
    """The joint distribution of additive quantities.

    Raises TooLarge if it exceeds the limits, and ValueError for a diagram without assignments.
    """
    futures = Futures(diagram, weigher([factors_of(q) for q in quantities]), len(quantities))
    if futures.root is None:
        raise ValueError("there are no assignments")
    steps, slots, counts = points(futures.flow, limits)
    return Joint(futures.root.offset, steps, slots, counts.times(futures.root.factor))


def points(flow: SuffixGraph, limits: Limits) -> tuple[Weights, tuple[Keys, ...], Counts]:
    """Every point of a flow: the step on each axis, the slots, and the number of paths to each. Raises TooLarge."""
    packed, lattice, strides = flow.packed()
    table = tabulate(packed, limits)[len(packed.steps) - 1]
    keys, counts = table.compressed()
    slots = []
    for stride in reversed(strides):
        high, keys = np.divmod(keys, stride)
        slots.append(high)
    return lattice, tuple(reversed(slots)), counts

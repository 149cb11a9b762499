"""The costs of many assignments at once: the plan of a diagram with costs as arrays, and all assignments together
through it. A step follows one edge of every assignment of a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sqsem_dsl.analysis.costs.quantities import ADDITIVE, COUNTED, DEPTH, LARGEST
from sqsem_dsl.analysis.costs.unrank_arrays import NEVER, Ints, Options
from sqsem_dsl.analysis.costs.walk_plan import DEAD, WalkPlan
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, DecisionDiagram, Vertex

Walks = tuple[Ints, Ints, npt.NDArray[Any], npt.NDArray[Any]]
"""The state of each walk and the column of its assignment, with the sum of its costs and its largest size so far."""


class CostArrays:
    """The places of a plan, one after another in arrays. A place has a slot for each option, after one for a choice
    that is not active, and is known by the slot of option 0. Its state is that slot and its choice in one number."""

    def __init__(
        self, diagram: DecisionDiagram, depths: Mapping[Vertex, int], domains: Sequence[int], timed: bool = False
    ) -> None:
        """`depths` has the weighted layers at each end, `domains` the number of options of each choice of the graph.
        With `timed`, costs have a latency."""
        plan, free = WalkPlan(diagram, domains), len(domains)
        self._bits = free.bit_length()
        rows = [free if place.choice == EPSILON else place.choice for place in plan.places]
        widths = [1 + (1 if row == free else domains[row]) for row in rows]
        firsts = (1 + np.cumsum([0, *widths])).tolist()
        states = [first << self._bits | row for first, row in zip(firsts, rows, strict=False)]
        size = firsts[-1] - 1
        self._start, self._longest = states[plan.start], plan.longest
        self._forks, self._depths = np.zeros(size, np.int64), np.full(size, -1)
        """Of the place of each slot; the depth of an end, -1 of any other."""
        adding = ADDITIVE if timed else COUNTED
        self._adding = len(adding)
        steps: list[tuple[int, ...]] = [(*FREE[: self._adding], states[DEAD])] * size
        sizes = [0] * size
        for place, first in zip(plan.places, firsts, strict=False):
            self._forks[first] = place.forks
            for option, (target, cost, largest) in place.moves.items():
                steps[first + option], sizes[first + option] = (*cost[: self._adding], states[target]), largest
        for at, end in plan.ends.items():
            self._depths[firsts[at]] = depths.get(end, 0)
        self._places = np.array(states)
        self._numbers = np.zeros(size, np.int64)
        """The place of each slot of option 0."""
        self._numbers[firsts[:-1]] = np.arange(len(plan.places))
        fits = max(_most(diagram)) <= NEVER
        self._steps = np.array(steps, np.int64 if fits else object)
        """The costs of each slot, and the state after it: rows of four numbers are copied fastest."""
        self._sizes = np.array(sizes, self._steps.dtype)
        self.dtype = np.dtype([(name, self._steps.dtype) for name in (*adding, LARGEST, DEPTH)])
        """Of the costs: Python's whole numbers if some do not fit into 64 bits."""

    def costs(self, options: Options) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """The costs of assignments, and which of them are in the space; the costs of others are zero."""
        count, mask = options.shape[1], (1 << self._bits) - 1
        flat, forked = options.reshape(-1), bool(self._forks.any())
        state, columns = np.full(count, self._start), np.arange(count)
        total, largest = np.zeros((count, self._adding + 1), self._steps.dtype), np.zeros(count, self._steps.dtype)
        for _ in range(self._longest):
            if forked:
                state, columns, total, largest = self._forked(state, columns, total, largest)
            cell = state & mask
            cell *= count
            cell += columns
            slot = state >> self._bits
            slot += flat.take(cell)
            step = self._steps.take(slot, axis=0)
            total += step  # the sum of the states is of no use
            np.maximum(largest, self._sizes.take(slot), out=largest)
            state = step[:, self._adding].astype(np.int64)
        depth = self._depths.take(state >> self._bits)
        reached = depth >= 0
        found, present = np.zeros(count, self.dtype), np.zeros(count, bool)
        at = columns[reached]
        present[at] = True
        for name, values in zip(self.dtype.names or (), (*total.T[: self._adding], largest, depth), strict=True):
            found[name][at] = values[reached]
        return found, present

    def _forked(self, *walks: Any) -> Walks:
        """The walks that are not dead, each with a copy for every further place to which it goes."""
        place = self._numbers.take(walks[0] >> self._bits)
        copies = self._forks.take(walks[0] >> self._bits) + 1
        copies[place == DEAD] = 0
        if (copies == 1).all():
            return walks
        back = np.arange(int(copies.sum())) - np.repeat(np.cumsum(copies) - copies, copies)
        places = np.repeat(place, copies) - back
        columns, total, largest = (np.repeat(each, copies, axis=0) for each in walks[1:])
        return self._places.take(places), columns, total, largest


def _most(diagram: DecisionDiagram) -> list[int]:
    """Upper bounds of the sums of costs over a path, and of the largest size."""
    most = [[0] * (len(FREE) + 1) for _ in range(diagram.size)]
    for vertex in range(diagram.size - 1, -1, -1):
        for edge in diagram.out.get(vertex, ()):
            for at, cost in enumerate((*edge.cost, edge.size)):
                most[vertex][at] = max(most[vertex][at], cost + most[edge.target][at])
    return most[0]

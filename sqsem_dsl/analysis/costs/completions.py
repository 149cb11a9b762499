"""Counts the paths from a vertex that keep a sum within a bound. Vertices where paths meet have tables; the others add
up the tables of those that follow."""

from __future__ import annotations

from collections import Counter

from sqsem_dsl.analysis.costs.quantities import Factors, weigher
from sqsem_dsl.analysis.costs.suffix_classes import Futures, Place, Step, Steps, SuffixGraph
from sqsem_dsl.analysis.costs.tables import Limits, Table, tabulate
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge, Vertex

MAX_FOLLOWING = 64
"""Tables that are added up instead of storing one more."""


class Completions:
    """The sums of a diagram's paths in slots: start + step * slot is the sum of a whole path.

    With a `width` above 1, the weights are rounded to multiples of so many slots: a slot then stands for sums that
    differ from slot * width by `least` to `most`. Raises TooLarge. The diagram must have an assignment and be
    contracted.
    """

    def __init__(self, diagram: DecisionDiagram, factors: Factors, limits: Limits, width: int = 1) -> None:
        self._futures = Futures(diagram, weigher([factors]), 1)
        root = self._futures.root
        assert root is not None
        self.start, self.step = root.offset[0], self._futures.flow.lattice[0] or 1
        self.width = width
        self._weigh = weigher([factors])
        coarse = SuffixGraph(self._futures.steps, 1).mapped(lambda weights: (self._slot(weights[0]),), 1)
        self._steps: Steps = coarse.steps
        self.least, self.most = self._farthest()
        met = Counter(edge.target for edge in diagram.edges)
        kept = self._kept({self.place(vertex).of for vertex, edges in met.items() if edges > 1})
        flow, number = coarse.reduced(root.of, kept)
        tables = tabulate(flow, limits, {number[of] for of in kept})
        self._tables = {of: tables.pop(number[of]).cumulated() for of in kept}

    def place(self, vertex: Vertex) -> Place:
        """The class of a vertex."""
        place = self._futures.places[vertex]
        assert place is not None
        return place

    def weight(self, edge: Edge) -> int:
        """The slots that an edge adds."""
        offset, after = self.place(edge.source).offset[0], self.place(edge.target).offset[0]
        return self._slot(self._weigh(edge)[0] + after - offset)

    def upto(self, of: int, slot: int) -> int:
        """The number of paths from a class whose sum is at most a slot."""
        table = self._tables.get(of)
        if table is not None:
            return table.upto(slot)
        return sum(
            factor * self._tables[target].upto(slot - weight)
            for (weight,), target, factor in self._following[of]
            if slot >= weight
        )

    def table(self, of: int) -> Table | None:
        """The counts up to each slot, for a class where paths meet."""
        return self._tables.get(of)

    def _kept(self, joints: set[int]) -> set[int]:
        """The classes with tables: those where paths meet, and those that would otherwise depend on too many of
        these."""
        kept = joints | {0}
        self._following: list[list[Step]] = []
        """For each class without a table, the steps to classes with one."""
        for of, steps in enumerate(self._steps):
            found: list[Step] = []
            for (weight,), target, factor in steps:
                if target in kept:
                    found.append(((weight,), target, factor))
                else:
                    found += (((weight + w,), t, factor * f) for (w,), t, f in self._following[target])
            if len(found) > MAX_FOLLOWING:
                kept.add(of)
            self._following.append([] if of in kept else found)
        return kept

    def _slot(self, weight: int) -> int:
        return (2 * (weight // self.step) + self.width - 1) // (2 * self.width)

    def _farthest(self) -> tuple[int, int]:
        """The difference between the sum of a path and its rounded sum, in slots of width 1."""
        least, most = [0], [0]
        for exact, rounded in zip(self._futures.steps[1:], self._steps[1:], strict=True):
            off = [
                (weight // self.step - slot * self.width, target)
                for ((weight,), target, _), ((slot,), _, _) in zip(exact, rounded, strict=True)
            ]
            least.append(min(error + least[target] for error, target in off))
            most.append(max(error + most[target] for error, target in off))
        root = self.place(0).of
        return least[root], most[root]

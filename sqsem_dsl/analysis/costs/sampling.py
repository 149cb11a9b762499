"""Uniform samples of assignments within the budgets.

Budgets on the activations and the weighted layers alone cut the diagram itself. Of the sums with effective budgets, the
most restrictive one is sampled directly: at every vertex, the probability of an edge is proportional to its number of
completions within the rest of the budget, in exact integers. Samples that violate the other budgets are rejected and
sampled again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.analysis.costs.budgeted import Budgeted
from sqsem_dsl.analysis.costs.completions import Completions
from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.feasibility import within
from sqsem_dsl.analysis.costs.quantities import NO_FACTORS, Factors
from sqsem_dsl.analysis.costs.tables import LIMITS, Limits, TooLarge
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, DecisionDiagram, Edge, Vertex, added
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.utils.permutation import Permutation

MAX_TRIES = 1_000_000
"""Consecutive proposals that may be outside the budgets."""
WIDEST = 2**30
"""The maximum number of slots that are combined."""


class NothingFeasible(ValueError):
    """No assignment is within the budgets, or none was found."""


@dataclass(frozen=True)
class Sample:
    """An assignment: the option of each choice that is active in it, and its costs."""

    options: Mapping[int, int]
    params: int
    trainable_params: int
    macs: int
    activations: int
    latency: int = 0


class Sampler:
    """Samples the assignments within the budgets.

    It proposes assignments with the distinct numbers 0 .. `proposals` - 1 and leaves out those outside some budget.
    `tried` and `accepted` count proposals over all samples so far.
    """

    def __init__(
        self,
        diagram: DecisionDiagram,
        budgets: Sequence[Budget] = (),
        depths: Mapping[Vertex, int] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """`depths` gives the weighted layers at each end, for budgets that read these.

        Raises NothingFeasible if it is certain that no assignment is feasible, ValueError for a budget on weighted
        layers without `depths` or on memory, and KeyError for an unknown quantity.
        """
        self._budgeted = Budgeted.of(diagram, budgets, depths)
        if self._budgeted.single:
            raise ValueError("a budget reads memory, which no diagram knows")
        if self._budgeted.unknown:
            raise ValueError("a budget reads weighted_layers, and these are not given")
        axes = self._budgeted.axes()
        if axes is None:
            raise NothingFeasible("no assignment is within the budgets")
        ways = [_Ways(self._budgeted.diagram, factors, slots, limits) for factors, slots in axes.items()]
        self._ways = min(
            ways or [_Ways(self._budgeted.diagram, NO_FACTORS, Slots(0, 0), limits)], key=lambda w: w.total
        )
        self.proposals = self._ways.total
        """The number of assignments that may be proposed."""
        self.exact = len(ways) <= 1 and self._ways.exact and not self._budgeted.mixed
        """Whether every proposal is within the budgets."""
        if not self.proposals or (not self.exact and not within(self._budgeted, limits).high):
            raise NothingFeasible("no assignment is within the budgets")
        self.tried = self.accepted = 0

    @property
    def acceptance(self) -> float | None:
        """The fraction of the proposals so far that was within all budgets; None before the first."""
        return self.accepted / self.tried if self.tried else None

    def at(self, index: int) -> Sample | None:
        """The proposal with a number, 0 <= index < proposals; None if it is outside some budget."""
        if not 0 <= index < self.proposals:
            raise IndexError(f"{index} is not among the {self.proposals} proposals")
        spent, largest, vertex = FREE, 0, 0
        options = {}
        for edge in self._ways.unrank(index):
            if edge.choice != EPSILON:
                options[edge.choice] = edge.option
            spent = added(spent, edge.cost)
            largest, vertex = max(largest, edge.size), edge.target
        params, trainable, macs, latency = spent
        sample = Sample(options, params, trainable, macs, largest, latency)
        self.tried += 1
        if not self.exact and not self._allowed(sample, vertex):
            return None
        self.accepted += 1
        return sample

    def draw(self, generator: random.Random) -> Sample:
        """One assignment. Raises NothingFeasible if too many proposals in a row are outside the budgets."""
        for _ in range(MAX_TRIES):
            sample = self.at(generator.randrange(self.proposals))
            if sample is not None:
                return sample
        raise NothingFeasible(f"none of {MAX_TRIES:,} proposals was within the budgets")

    def shuffled(self, seed: int = 0) -> Iterator[Sample]:
        """All assignments within the budgets in a random order, without replacement."""
        for index in Permutation(self.proposals, seed):
            sample = self.at(index)
            if sample is not None:
                yield sample

    def _allowed(self, sample: Sample, end: Vertex) -> bool:
        depth = 0 if self._budgeted.depths is None else self._budgeted.depths[end]
        cost = sample.params, sample.trainable_params, sample.macs, sample.latency
        return all(
            constraint.holds(cost, sample.activations, depth)
            for constraint in (*self._budgeted.sums, *self._budgeted.mixed)
        )


class _Ways:
    """The paths of a diagram with one sum in allowed slots, in order; includes a few others if exact tables would need
    too much memory."""

    def __init__(self, diagram: DecisionDiagram, factors: Factors, allowed: Slots, limits: Limits) -> None:
        width = 1
        while True:
            try:
                self._completions = Completions(diagram, factors, limits, width)
                break
            except TooLarge:
                if width > WIDEST:
                    raise
                width *= 2
        known = self._completions
        self.exact = width == 1 and not allowed.holes
        self._high = (allowed.high - known.least) // width
        self._low = -((known.most - allowed.low) // width)
        self._moves: list[list[tuple[Edge, int, int, int]]] = [[] for _ in range(diagram.size)]
        for edge in diagram.edges:
            place = known.place(edge.target)
            self._moves[edge.source].append((edge, known.weight(edge), place.of, place.factor))
        root = known.place(0)
        self.total = root.factor * (known.upto(root.of, self._high) - known.upto(root.of, self._low - 1))

    def unrank(self, index: int) -> Iterator[Edge]:
        """The edges of the path with a number, 0 <= index < total."""
        upto = self._completions.upto
        high, below, vertex = self._high, self._low - 1, 0
        while moves := self._moves[vertex]:
            selected, slots = moves[0][:2]
            for edge, weight, of, factor in moves:
                ways = upto(of, high - weight)
                if below >= weight:
                    ways -= upto(of, below - weight)
                ways *= factor
                if index < ways:
                    selected, slots = edge, weight
                    break
                index -= ways
            yield selected
            high, below, vertex = high - slots, below - slots, selected.target

"""A diagram without its draws: only the number of paths to each sum of weights.

Vertices whose outgoing paths differ by a constant sum and by a common factor of their number form one class, regardless
of their choices. Each class is computed once; a space of 10^20 assignments often has a few dozen classes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge

Weights = tuple[int, ...]
"""The weights that an edge adds to each of some sums."""
Step = tuple[Weights, int, int]
"""Weights, the class that follows, and the number of such edges: at least one."""
Steps = tuple[tuple[Step, ...], ...]
"""The steps from each class. They lead to earlier classes, and for each sum some path from each class adds nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """The class of a vertex: its outgoing paths are those of the class, `factor` times, with `offset` added to each
    sum."""

    of: int
    offset: Weights
    factor: int


class Futures:
    """The classes of a diagram's vertices for some additive weights; class 0 is the end."""

    def __init__(self, diagram: DecisionDiagram, weigh: Callable[[Edge], Weights], axes: int) -> None:
        self.axes = axes
        self.places: list[Place | None] = [None] * diagram.size
        """For each vertex; None if it reaches no end."""
        known: dict[tuple[Step, ...], int] = {(): 0}
        for end in diagram.ends:
            self.places[end] = Place(0, (0,) * axes, 1)
        for vertex in range(diagram.size - 1, -1, -1):
            found = [
                (tuple(w + o for w, o in zip(weigh(edge), place.offset, strict=True)), place.of, place.factor)
                for edge in diagram.out.get(vertex, ())
                if (place := self.places[edge.target]) is not None
            ]
            if found:
                self.places[vertex] = _place(found, known)
        self.steps: Steps = tuple(known)

    @property
    def root(self) -> Place | None:
        """The place of the start; None for a diagram without assignments."""
        return self.places[0]

    @cached_property
    def flow(self) -> SuffixGraph:
        """The classes that the start needs."""
        assert self.root is not None
        return SuffixGraph(self.steps, self.axes).reduced(self.root.of)[0]


def _place(found: Sequence[Step], known: dict[tuple[Step, ...], int]) -> Place:
    offset = tuple(map(min, zip(*(weights for weights, _, _ in found), strict=True)))
    ways: dict[tuple[Weights, int], int] = {}
    for weights, target, factor in found:
        key = tuple(w - o for w, o in zip(weights, offset, strict=True)), target
        ways[key] = ways.get(key, 0) + factor
    common = gcd(*ways.values())
    if len(ways) == 1:
        [(_, only)] = ways
        return Place(only, offset, common)
    steps = tuple(sorted((weights, target, factor // common) for (weights, target), factor in ways.items()))
    return Place(known.setdefault(steps, len(known)), offset, common)


@dataclass(frozen=True)
class SuffixGraph:
    """Only the classes; paths start at the last of them."""

    steps: Steps
    axes: int

    @cached_property
    def count(self) -> int:
        """The number of paths from the last class to the end."""
        ways = [1]
        for steps in self.steps[1:]:
            ways.append(sum(factor * ways[target] for _, target, factor in steps))
        return ways[-1]

    @property
    def uses(self) -> list[int]:
        """For each class, the number of steps to it."""
        found = [0] * len(self.steps)
        for steps in self.steps:
            for _, target, _ in steps:
                found[target] += 1
        return found

    @cached_property
    def spans(self) -> tuple[Weights, ...]:
        """For each class, the largest sums of its paths; the smallest are 0."""
        largest: list[Weights] = [(0,) * self.axes]
        for steps in self.steps[1:]:
            sums = (tuple(w + s for w, s in zip(ws, largest[t], strict=True)) for ws, t, _ in steps)
            largest.append(tuple(map(max, zip(*sums, strict=True))))
        return tuple(largest)

    @cached_property
    def lattice(self) -> Weights:
        """For each sum, the greatest common divisor of its differences; 0 if the sum is constant."""
        columns = zip(*(weights for steps in self.steps for weights, _, _ in steps), strict=True)
        return tuple(gcd(*column) for column in columns) or (0,) * self.axes

    def mapped(self, change: Callable[[Weights], Weights], axes: int) -> SuffixGraph:
        """The same with other weights. They must be at least 0, with one step of weight 0 on each sum."""
        steps = tuple(tuple((change(ws), target, factor) for ws, target, factor in steps) for steps in self.steps)
        return SuffixGraph(steps, axes)

    def unit(self) -> SuffixGraph:
        """With every sum in steps of its lattice."""
        lattice = tuple(step or 1 for step in self.lattice)
        return self.mapped(lambda ws: tuple(w // step for w, step in zip(ws, lattice, strict=True)), self.axes)

    def reflected(self, axis: int) -> SuffixGraph:
        """The same with a sum counted down from its largest value."""
        steps = tuple(
            tuple((_with(ws, axis, span[axis] - ws[axis] - self.spans[t][axis]), t, factor) for ws, t, factor in steps)
            for steps, span in zip(self.steps, self.spans, strict=True)
        )
        return SuffixGraph(steps, self.axes)

    def packed(self) -> tuple[SuffixGraph, Weights, Weights]:
        """All sums packed into one: each is divided by its lattice and multiplied by its stride. Returns these, too."""
        lattice = tuple(step or 1 for step in self.lattice)
        strides = [1]
        for span, step in zip(self.spans[-1], lattice, strict=True):
            strides.append(strides[-1] * (span // step + 1))
        terms = tuple(zip(lattice, strides, strict=False))

        def pack(weights: Weights) -> Weights:
            return (sum(w // step * stride for w, (step, stride) in zip(weights, terms, strict=True)),)

        return self.mapped(pack, 1), lattice, tuple(strides[:-1])

    def reduced(self, start: int, keep: Container[int] = ()) -> tuple[SuffixGraph, dict[int, int]]:
        """The classes needed from one on, and their new numbers. A class with a single incoming step is left out unless
        it must be kept: that step skips it."""
        uses = _uses(self.steps, start)
        fresh: dict[int, list[Step]] = {0: []}
        for at in sorted(uses):
            found: list[Step] = []
            for weights, target, factor in self.steps[at]:
                if target and uses[target] == 1 and target not in keep:
                    found += ((_sum(weights, w), t, factor * f) for w, t, f in fresh.pop(target))
                else:
                    found.append((weights, target, factor))
            fresh[at] = found
        number = {old: new for new, old in enumerate(fresh)}
        steps = tuple(_gathered((w, number[t], f) for w, t, f in steps) for steps in fresh.values())
        return SuffixGraph(steps, self.axes), number


def _uses(steps: Steps, start: int) -> dict[int, int]:
    """For each class needed from one on, the number of steps to it."""
    uses = {start: 0, 0: 0}
    for at in range(start, 0, -1):
        if at in uses:
            for _, target, _ in steps[at]:
                uses[target] = uses.get(target, 0) + 1
    return uses


def _gathered(steps: Iterable[Step]) -> tuple[Step, ...]:
    ways: dict[tuple[Weights, int], int] = {}
    for weights, target, factor in steps:
        ways[weights, target] = ways.get((weights, target), 0) + factor
    return tuple((weights, target, factor) for (weights, target), factor in sorted(ways.items()))


def _sum(one: Weights, other: Weights) -> Weights:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _with(weights: Weights, axis: int, weight: int) -> Weights:
    return (*weights[:axis], weight, *weights[axis + 1 :])

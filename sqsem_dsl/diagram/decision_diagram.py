"""All assignments of a space as one decision diagram.

The evaluation adds a vertex for each state in which it draws a choice, and an edge for each option. Edges lead from
lower to higher numbers, so one pass over the vertices answers every question: the number of assignments, the options
that some of them use, or the faulty assignment with the fewest choices off their default.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

Vertex = int
EPSILON = -1
"""The choice of an edge that draws nothing: two states became equal, or layers were added."""
Cost = tuple[int, int, int, int]
"""The costs that layers add to a network: parameters, trainable parameters, multiply-accumulates, and nanoseconds of
latency, which are 0 without a table of measured layers."""
FREE: Cost = (0, 0, 0, 0)


def added(one: Cost, other: Cost) -> Cost:
    """The sum of the costs of two parts of a path."""
    if one is FREE:  # often: the edges of a large diagram then share a cost
        return other
    if other is FREE:
        return one
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def beyond(cost: Cost, least: Cost) -> Cost:
    """What a cost has beyond another one."""
    if least is FREE:
        return cost
    if cost == least:
        return FREE
    return cost[0] - least[0], cost[1] - least[1], cost[2] - least[2], cost[3] - least[3]


def least_of(costs: Collection[Cost]) -> Cost:
    """The minimum of each cost over some, none of them negative, each cost by itself."""
    if FREE in costs:
        return FREE
    return min(c[0] for c in costs), min(c[1] for c in costs), min(c[2] for c in costs), min(c[3] for c in costs)


@dataclass(slots=True)
class Edge:
    """From a state to the next one. The cost is that of the layers added on this edge, and `size` is the number of
    elements of the largest tensor among them. Both stay zero if only shapes are evaluated."""

    source: Vertex
    choice: int
    option: int
    target: Vertex
    cost: Cost = FREE
    size: int = 0


@dataclass
class DiagramBuilder:
    """A decision diagram under construction. Vertex 0 is where the evaluation starts."""

    edges: list[Edge] = field(default_factory=list)
    size: int = 1

    def vertex(self) -> Vertex:
        self.size += 1
        return self.size - 1

    def draw(self, source: Vertex, choice: int, option: int, target: Vertex) -> None:
        self.edges.append(Edge(source, choice, option, target))

    def join(self, vertices: Iterable[Vertex]) -> Vertex:
        """One vertex for states that became equal."""
        several = list(dict.fromkeys(vertices))
        if len(several) == 1:
            return several[0]
        joined = self.vertex()
        for vertex in several:
            self.draw(vertex, EPSILON, 0, joined)
        return joined

    def finish(self, ends: Sequence[Vertex]) -> DecisionDiagram:
        return DecisionDiagram(self.size, tuple(self.edges), tuple(ends))


@dataclass(frozen=True)
class DecisionDiagram:
    """A finished decision diagram. `ends` are the vertices at which an assignment is complete and allowed."""

    size: int
    edges: tuple[Edge, ...]
    ends: tuple[Vertex, ...]

    @cached_property
    def out(self) -> Mapping[Vertex, tuple[Edge, ...]]:
        """The edges from each vertex, with options in the order of their domain."""
        found: dict[Vertex, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        for edges in found.values():
            if len(edges) > 1:
                edges.sort(key=attrgetter("option"))
        return {vertex: tuple(edges) for vertex, edges in found.items()}

    @cached_property
    def completions(self) -> list[int]:
        """For each vertex, the number of paths to an end."""
        ways = [0] * self.size
        for end in self.ends:
            ways[end] = 1
        for vertex in range(self.size - 1, -1, -1):
            for edge in self.out.get(vertex, ()):
                ways[vertex] += ways[edge.target]
        return ways

    @property
    def count(self) -> int:
        """The number of assignments; a continuous choice counts once."""
        return self.completions[0]

    def reached(self, ends: Iterable[Vertex]) -> frozenset[tuple[int, int]]:
        """The (choice, option) pairs on some path to the given ends."""
        alive = set(ends)
        pairs = set()
        for edge in sorted(self.edges, key=lambda e: -e.target):
            if edge.target in alive:
                alive.add(edge.source)
                if edge.choice != EPSILON:
                    pairs.add((edge.choice, edge.option))
        return frozenset(pairs)

    def shortest(self, ends: Iterable[Vertex]) -> tuple[tuple[int, int], ...]:
        """The draws on the path to one of the ends with the fewest options other than the first. Ties go to the smaller
        number."""
        far = len(self.edges) + 1
        cost = [far] * self.size
        for end in ends:
            cost[end] = 0
        best: dict[Vertex, Edge] = {}
        for vertex in range(self.size - 1, -1, -1):
            for edge in self.out.get(vertex, ()):
                step = int(edge.choice != EPSILON and edge.option > 0)
                if cost[edge.target] + step < cost[vertex]:
                    cost[vertex] = cost[edge.target] + step
                    best[vertex] = edge
        draws = []
        vertex = 0
        while vertex in best:
            edge = best[vertex]
            if edge.choice != EPSILON:
                draws.append((edge.choice, edge.option))
            vertex = edge.target
        return tuple(draws)

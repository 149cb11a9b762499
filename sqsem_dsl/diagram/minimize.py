"""A smaller diagram with the same paths: the same draws, and the same cost and largest tensor on each path.

A diagram from an evaluation has many edges that draw nothing, and vertices whose outgoing paths differ only by a
constant. Costs move along the edges towards the start (weight pushing: M. Mohri, "Minimization algorithms for
sequential transducers", Theoretical Computer Science 234, 2000), so that such vertices become equal and merge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from operator import attrgetter

from sqsem_dsl.diagram.decision_diagram import (
    EPSILON,
    FREE,
    Cost,
    DecisionDiagram,
    Edge,
    Vertex,
    added,
    beyond,
    least_of,
)

Ways = dict[Vertex, list[Edge]]
"""The edges from each vertex; every edge is on a path to an end."""


def contracted(
    diagram: DecisionDiagram, labels: Mapping[Vertex, Hashable] | None = None
) -> tuple[DecisionDiagram, Mapping[Vertex, Vertex]]:
    """An equivalent diagram and its ends, as a mapping from the reachable ends.

    Paths to ends keep their draws, their sum of costs and their maximum size. The cost of a single edge and the numbers
    of assignments may change. Ends with the same label become one; without labels, all ends do.
    """
    kept, ends = _alive(diagram)
    while True:
        before = sum(map(len, kept.values()))
        kept = _spliced(_skipped(kept))
        kept = _lowered(_raised(_pushed(kept, ends)))
        kept, merged = _merged(kept, ends, labels or {})
        ends = {end: merged[at] for end, at in ends.items()}
        if sum(map(len, kept.values())) == before:
            return _numbered(kept, ends)


def _alive(diagram: DecisionDiagram) -> tuple[Ways, dict[Vertex, Vertex]]:
    """The edges on paths from the start to an end, and the ends of these."""
    seen = {0}
    for vertex in range(diagram.size):
        if vertex in seen:
            seen.update(edge.target for edge in diagram.out.get(vertex, ()))
    ends = {end: end for end in diagram.ends if end in seen}
    alive = set(ends)
    kept: Ways = {}
    for vertex in sorted(seen, reverse=True):
        edges = [edge for edge in diagram.out.get(vertex, ()) if edge.target in alive]
        if edges:
            alive.add(vertex)
            kept[vertex] = edges
    return kept, ends


def _skipped(kept: Ways) -> Ways:
    """Removes vertices with a single outgoing edge that draws nothing: their incoming edges skip them."""
    past: dict[Vertex, Edge] = {}
    fresh: Ways = {}
    for vertex in sorted(kept, reverse=True):
        edges = [_joined(edge, past[edge.target]) if edge.target in past else edge for edge in kept[vertex]]
        if vertex != 0 and len(edges) == 1 and edges[0].choice == EPSILON:
            past[vertex] = edges[0]
        else:
            fresh[vertex] = edges
    return fresh


def _spliced(kept: Ways) -> Ways:
    """Removes vertices with a single incoming edge that draws nothing: their outgoing edges start at its source."""
    uses = Counter(edge.target for edges in kept.values() for edge in edges)
    fresh: Ways = {}
    for vertex in sorted(kept, reverse=True):
        fresh[vertex] = []
        for edge in kept[vertex]:
            if edge.choice == EPSILON and uses[edge.target] == 1 and edge.target in fresh:
                fresh[vertex].extend(_joined(edge, after) for after in fresh.pop(edge.target))
            else:
                fresh[vertex].append(edge)
    return fresh


def _joined(first: Edge, second: Edge) -> Edge:
    """Two edges, one of them without a draw, as one."""
    chosen = first if second.choice == EPSILON else second
    cost, size = added(first.cost, second.cost), max(first.size, second.size)
    return Edge(first.source, chosen.choice, chosen.option, second.target, cost, size)


def _pushed(kept: Ways, ends: Mapping[Vertex, Vertex]) -> Ways:
    """Moves the minimum cost of all paths from a vertex to the edges into it."""
    least: dict[Vertex, Cost] = dict.fromkeys(ends.values(), FREE)
    fresh: Ways = {}
    for vertex in sorted(kept, reverse=True):
        costs = [added(edge.cost, least[edge.target]) for edge in kept[vertex]]
        low = least_of(costs) if vertex else FREE
        least[vertex] = low
        fresh[vertex] = [
            Edge(vertex, e.choice, e.option, e.target, beyond(c, low), e.size)
            for e, c in zip(kept[vertex], costs, strict=True)
        ]
    return fresh


def _raised(kept: Ways) -> Ways:
    """Moves the size of a tensor that occurs on all paths from a vertex to the edges into it."""
    sure: dict[Vertex, int] = {}
    fresh: Ways = {}
    for vertex in sorted(kept, reverse=True):
        fresh[vertex] = [_sized(e, max(e.size, sure.get(e.target, 0))) for e in kept[vertex]]
        sure[vertex] = min(edge.size for edge in fresh[vertex])
    return fresh


def _sized(edge: Edge, size: int) -> Edge:
    """The edge with another size; itself if it has that size."""
    return edge if size == edge.size else Edge(edge.source, edge.choice, edge.option, edge.target, edge.cost, size)


def _lowered(kept: Ways) -> Ways:
    """Sets a size to zero if all paths to it have a tensor at least as large."""
    met: dict[Vertex, int] = {0: 0}
    fresh: Ways = {}
    for vertex in sorted(kept):
        fresh[vertex] = []
        for e in kept[vertex]:
            size = e.size if e.size > met[vertex] else 0
            fresh[vertex].append(_sized(e, size))
            largest = max(met[vertex], size)
            met[e.target] = min(met.get(e.target, largest), largest)
    return fresh


def _merged(
    kept: Ways, ends: Mapping[Vertex, Vertex], labels: Mapping[Vertex, Hashable]
) -> tuple[Ways, dict[Vertex, Vertex]]:
    """Merges vertices with the same paths into the last of them. Also returns the new vertex of each vertex."""
    into: dict[Vertex, Vertex] = {}
    known: dict[Hashable, Vertex] = {}
    for end, vertex in sorted(ends.items(), reverse=True):
        into[vertex] = known.setdefault(("end", labels.get(end)), vertex)
    fresh: Ways = {}
    for vertex in sorted(kept, reverse=True):
        edges = [
            e if into[e.target] == e.target else Edge(vertex, e.choice, e.option, into[e.target], e.cost, e.size)
            for e in kept[vertex]
        ]
        key = tuple(sorted((e.choice, e.option, e.target, e.cost, e.size) for e in edges))
        into[vertex] = known.setdefault(key, vertex)
        if into[vertex] == vertex:
            fresh[vertex] = edges
    return fresh, into


def _numbered(kept: Ways, ends: Mapping[Vertex, Vertex]) -> tuple[DecisionDiagram, Mapping[Vertex, Vertex]]:
    order = sorted({0, *kept, *ends.values()})
    number = {vertex: i for i, vertex in enumerate(order)}
    edges = tuple(
        Edge(number[vertex], e.choice, e.option, number[e.target], e.cost, e.size)
        for vertex in order
        for e in sorted(kept.get(vertex, ()), key=attrgetter("option"))
    )
    places = {end: number[vertex] for end, vertex in ends.items()}
    return DecisionDiagram(len(order), edges, tuple(sorted(set(places.values())))), places

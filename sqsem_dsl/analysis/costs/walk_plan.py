"""A diagram with costs as a plan by which an assignment is followed without guessing.

The edges that match the options of an assignment may be several at a vertex, of which only one leads to an end: choices
of wide spaces are decided after they are read (`diagram.deferred`). The plan then asks for choices that are decided
later, until one edge is left. Where no choice decides, walks fork, and all but one of them come to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import compress

from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, Cost, DecisionDiagram, Edge, Vertex

NOT_ACTIVE = -1
"""The option of a choice that is not active."""
DEAD = 0
"""The first place, from which nothing leads to an end."""
Move = tuple[int, Cost, int]
"""The place after a step, the cost of the step, and the size of its largest tensor."""
Needs = Mapping[int, int]
"""Choices that are certain to be drawn, each with its possible options as bits."""


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a walk: the next place for each option of a choice, or for option 0 if it reads none (EPSILON). Options
    that are not here lead to DEAD. A walk that comes here also goes to the `forks` places before this one."""

    choice: int
    moves: Mapping[int, Move]
    forks: int = 0


@dataclass
class WalkPlan:
    """The places of all vertices. `start` is that of vertex 0, and `ends` has those of the diagram's ends. `domains` is
    the number of options of each choice of the graph."""

    diagram: DecisionDiagram
    domains: Sequence[int]
    places: list[Place] = field(default_factory=lambda: [Place(EPSILON, {0: (DEAD, FREE, 0)})])
    of_vertex: dict[Vertex, int] = field(default_factory=dict)
    longest: int = 0
    """The steps of the longest walk."""

    def __post_init__(self) -> None:
        steps, ends = [0], frozenset(self.diagram.ends)
        needs = _needs(self.diagram) if any(len(_ways(edges)) > 1 for edges in self.diagram.out.values()) else {}
        for vertex in range(self.diagram.size - 1, -1, -1):
            edges = [] if vertex in ends else self.diagram.out.get(vertex, ())
            edges = [edge for edge in edges if self.of_vertex[edge.target] != DEAD]
            if vertex in ends:
                self.of_vertex[vertex] = self._add(Place(EPSILON, {0: (len(self.places), FREE, 0)}))
            else:
                self.of_vertex[vertex] = self._decided(edges, needs, frozenset()) if edges else DEAD
            while len(steps) < len(self.places):
                at, place = len(steps), self.places[len(steps)]
                further = [1 + steps[move[0]] for move in place.moves.values() if move[0] < at]
                steps.append(max([0, *further, *steps[at - place.forks : at]]))
        self.longest = max(steps)

    @property
    def start(self) -> int:
        return self.of_vertex[0]

    @property
    def ends(self) -> Mapping[int, Vertex]:
        """The end of each place that is one."""
        return {self.of_vertex[end]: end for end in self.diagram.ends}

    def _add(self, place: Place) -> int:
        self.places.append(place)
        return len(self.places) - 1

    def _decided(self, edges: Sequence[Edge], needs: Mapping[Vertex, Needs], asked: frozenset[int]) -> int:
        """A place from which the edge is followed that can lead to an end."""
        ways = _ways(edges)
        if len(ways) == 1:
            return self._add(self._place(ways[0]))
        parts = _parts(edges, [_with(needs[edge.target], edge) for edge in edges], self.domains, asked)
        if parts is None:
            for at, way in enumerate(ways):
                place = self._add(self._place(way, at if at == len(ways) - 1 else 0))
            return place
        choice, by_option = parts
        known: dict[tuple[int, ...], int] = {}
        moves = {}
        for option, left in by_option.items():
            key = tuple(map(id, left))
            if key not in known:
                known[key] = self._decided(left, needs, asked | {choice})
            moves[option] = (known[key], FREE, 0)
        return self._add(Place(choice, moves))

    def _place(self, way: Iterable[Edge], forks: int = 0) -> Place:
        edges = list(way)
        moves = {
            edge.option if edge.choice != EPSILON else 0: (self.of_vertex[edge.target], edge.cost, edge.size)
            for edge in edges
        }
        return Place(edges[0].choice, moves, forks)


def _ways(edges: Iterable[Edge]) -> list[list[Edge]]:
    """The edges in parts with a single choice and at most one edge for each option."""
    ways: list[list[Edge]] = []
    for edge in edges:
        for way in ways:
            if way[0].choice == edge.choice and all(known.option != edge.option for known in way):
                way.append(edge)
                break
        else:
            ways.append([edge])
    return ways


def _needs(diagram: DecisionDiagram) -> Mapping[Vertex, Needs]:
    """For each vertex, the choices that all paths from it to an end draw, with the options that some path draws."""
    found: dict[Vertex, Needs | None] = {end: {} for end in diagram.ends}
    for vertex in range(diagram.size - 1, -1, -1):
        if vertex in found:
            continue
        together: dict[int, int] | None = None
        for edge in diagram.out.get(vertex, ()):
            below = found[edge.target]
            if below is not None:
                with_it = _with(below, edge)
                if together is None:
                    together = dict(with_it)
                else:
                    together = {c: bits | with_it[c] for c, bits in together.items() if c in with_it}
        found[vertex] = together
    return {vertex: needs for vertex, needs in found.items() if needs is not None}


def _with(needs: Needs, edge: Edge) -> Needs:
    return needs if edge.choice == EPSILON else {**needs, edge.choice: 1 << edge.option}


def _parts(
    edges: Sequence[Edge], needs: Sequence[Needs], domains: Sequence[int], asked: frozenset[int]
) -> tuple[int, dict[int, list[Edge]]] | None:
    """The choice that excludes most edges, with the edges that each of its options leaves; None if no choice excludes
    any. Options that leave none are missing."""
    best, fewest = None, Fraction(len(edges))
    for choice in sorted({choice for each in needs for choice in each} - asked):
        masks = [each.get(choice) for each in needs]
        parts = {}
        for option in range(NOT_ACTIVE, domains[choice]):
            fits = [mask is None or (option >= 0 and bool(mask >> option & 1)) for mask in masks]
            parts[option] = list(compress(edges, fits))
        mean = Fraction(sum(map(len, parts.values())), len(parts))
        if max(map(len, parts.values())) < len(edges) and mean < fewest:
            best, fewest = (choice, {option: left for option, left in parts.items() if left}), mean
    return best

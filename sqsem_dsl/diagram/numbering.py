"""Assignments by number and numbers of assignments: a decision diagram prepared for many queries.

Number 0 uses the first option everywhere; the choice decided first is the most significant. Both directions take one
step per draw, for any size of the space.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram, Vertex
from sqsem_dsl.ir.priors import option_at


@dataclass(frozen=True, slots=True)
class Junction:
    """A vertex at which a choice is decided. `starts[k]` is the first number of the k-th option among those that pass
    here, `options[k]` is its name, and `targets[k]` is the junction it leads to. `count` assignments pass here."""

    choice: int
    count: int
    options: tuple[int, ...]
    starts: tuple[int, ...]
    targets: tuple[Vertex, ...]
    position: Mapping[int, int]


class Numbering:
    """The numbers of a diagram's assignments, 0 to `count` - 1."""

    def __init__(self, diagram: DecisionDiagram) -> None:
        ways = diagram.completions
        self.count = ways[0]
        passing: dict[Vertex, Vertex] = {}

        def end_of(vertex: Vertex) -> Vertex:
            """The end of a chain of edges that draw nothing."""
            first = vertex
            while (edges := diagram.out.get(vertex)) and edges[0].choice == EPSILON:
                vertex = passing.get(edges[0].target, edges[0].target)
            passing[first] = vertex
            return vertex

        self.junctions: dict[Vertex, Junction] = {}
        """By vertex. A vertex that is not here is an end."""
        self.root = end_of(0)
        for vertex, edges in diagram.out.items():
            if edges[0].choice == EPSILON:
                continue
            kept = [edge for edge in edges if ways[edge.target]]
            starts, total = [], 0
            for edge in kept:
                starts.append(total)
                total += ways[edge.target]
            options = tuple(edge.option for edge in kept)
            self.junctions[vertex] = Junction(
                edges[0].choice,
                total,
                options,
                tuple(starts),
                tuple(end_of(edge.target) for edge in kept),
                {option: k for k, option in enumerate(options)},
            )

    def unrank(self, index: int) -> list[tuple[int, int]]:
        """The draws (choice, option), in order, of the assignment with this number, 0 <= index < count."""
        draws = []
        junction = self.junctions.get(self.root)
        while junction is not None:
            k = bisect_right(junction.starts, index) - 1
            index -= junction.starts[k]
            draws.append((junction.choice, junction.options[k]))
            junction = self.junctions.get(junction.targets[k])
        return draws

    def rank(self, options: Mapping[int, int]) -> int | None:
        """The number of the assignment with exactly these options; None if there is none."""
        index = met = 0
        junction = self.junctions.get(self.root)
        while junction is not None:
            option = options.get(junction.choice)
            k = None if option is None else junction.position.get(option)
            if k is None:
                return None
            index += junction.starts[k]
            met += 1
            junction = self.junctions.get(junction.targets[k])
        return index if met == len(options) and self.count else None

    def by_choices(
        self, generator: Random, shares: Mapping[int, Sequence[Fraction]] | None = None
    ) -> list[tuple[int, int]]:
        """The draws of an assignment sampled as a tuner without counts does: each choice in turn, from the options that
        the rules allow; uniformly, or in proportion to the `shares` of its options."""
        draws = []
        junction = self.junctions.get(self.root)
        while junction is not None:
            weights = (shares or {}).get(junction.choice)
            if weights is None:
                k = generator.randrange(len(junction.options))
            else:
                k = option_at([weights[option] for option in junction.options], generator.random())
            draws.append((junction.choice, junction.options[k]))
            junction = self.junctions.get(junction.targets[k])
        return draws

"""Random diagrams with costs, all paths of a diagram one by one, and a chain of 7371^5 of them.

Every analysis of costs is compared with the plain list of paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, Cost, DecisionDiagram, Edge, Vertex
from sqsem_dsl.ir.graph import Budget


class Path(NamedTuple):
    """One assignment, found by following edges."""

    draws: tuple[tuple[int, int], ...]
    params: int
    trainable_params: int
    macs: int
    activations: int
    end: Vertex
    latency: int = 0


def paths(diagram: DecisionDiagram) -> Iterator[Path]:
    """All paths from the start to an end."""
    pending = [Path((), 0, 0, 0, 0, 0)]
    while pending:
        path = pending.pop()
        if path.end in diagram.ends:
            yield path
        for edge in diagram.out.get(path.end, ()):
            added = ((edge.choice, edge.option),) if edge.choice != EPSILON else ()
            params, trainable, macs, latency = edge.cost
            pending.append(
                Path(
                    path.draws + added,
                    path.params + params,
                    path.trainable_params + trainable,
                    path.macs + macs,
                    max(path.activations, edge.size),
                    edge.target,
                    path.latency + latency,
                )
            )


def assignments(diagram: DecisionDiagram) -> dict[frozenset[tuple[int, int]], Path]:
    """All paths by their choices; each assignment has one."""
    found = {frozenset(path.draws): path for path in paths(diagram)}
    assert len(found) == diagram.count
    return found


@st.composite
def diagrams(draw: Any, layers: int = 5, largest: int = 12, ends: int = 2) -> DecisionDiagram:
    """A diagram of up to 3^layers paths, with vertices that merge, epsilon edges, dead ends, and vertices with two ways
    on of which the next option excludes one."""
    costs = st.tuples(*[st.integers(0, largest)] * 4)

    def edge(choice: int, option: int, target: int) -> tuple[int, int, int, Cost, int]:
        cost = draw(costs) if draw(st.booleans()) else FREE
        return choice, option, target, cost, draw(st.integers(0, 6))

    # Built from the ends to the start; vertices are reversed at the end. The vertex after the ends is a dead end.
    below: list[list[tuple[int, int, int, Cost, int]]] = [[] for _ in range(ends + 1)]
    for layer in range(draw(st.integers(0, layers))):
        before = len(below)
        for _ in range(draw(st.integers(1, 3))):
            options = [
                edge(layer, option, draw(st.integers(0, before - 1))) for option in range(draw(st.integers(1, 3)))
            ]
            match draw(st.sampled_from(("plain", "plain", "passed", "guessed"))):
                case "plain":
                    below.append(options)
                case "passed":
                    below.append(options)
                    below.append([edge(EPSILON, 0, len(below) - 1)])
                case "guessed":
                    left = [o for o in options if draw(st.booleans())]
                    below += [left, [o for o in options if o not in left]]
                    below.append([edge(EPSILON, 0, len(below) - 2), edge(EPSILON, 0, len(below) - 1)])
    last = len(below) - 1
    edges = [
        Edge(last - vertex, choice, option, last - target, cost, size)
        for vertex in range(last, -1, -1)
        for choice, option, target, cost, size in below[vertex]
    ]
    return DecisionDiagram(last + 1, tuple(edges), tuple(last - end for end in range(ends) if end <= last))


QUANTITIES = ("params", "trainable_params", "macs", "latency", "activations", "weighted_layers")
RELATIONS = ("<", "<=", ">", ">=", "==", "!=")


def budget(relation: str, bound: Any, **terms: Any) -> Budget:
    """`budget("<=", 5, params=2)` is 2 * params <= 5."""
    return Budget(tuple(terms.items()), -bound, relation, "", NOWHERE)


def is_feasible(path: Path, budgets: Any, depths: Any = None) -> bool:
    """Whether a path is within all budgets."""
    for one in budgets:
        values = {**path._asdict(), "weighted_layers": 0 if depths is None else depths[path.end]}
        total = one.constant + sum(factor * values[name] for name, factor in one.terms)
        holds = {"<": total < 0, "<=": total <= 0, ">": total > 0, ">=": total >= 0, "==": total == 0, "!=": total != 0}
        if not holds[one.relation]:
            return False
    return True


def chain(stages: int = 5, scale: int = 1) -> DecisionDiagram:
    """Stages of two to four layers, each with three kernels and three expansions: 7371^stages assignments. The cost of
    a layer is that of an inverted bottleneck of as many channels as its stage has."""
    edges: list[Edge] = []
    size = 1
    here = 0
    width = 16
    for stage in range(stages):
        wide = 16 * (stage + 2)
        branches, size = [size, size + 1, size + 2], size + 3
        edges += [Edge(here, 10 * stage, option, vertex) for option, vertex in enumerate(branches)]
        closing = []
        for layers, vertex in enumerate(branches, 2):
            for layer in range(layers):
                channels, choice = (width if layer == 0 else wide), 10 * stage + 1 + 2 * layer
                kernels, after, size = [size, size + 1, size + 2], size + 3, size + 4
                for k, kernel in enumerate(kernels):
                    edges.append(Edge(vertex, choice, k, kernel))
                    for e, expand in enumerate((3, 4, 6)):
                        weights = expand * channels * (channels + (2 * k + 3) ** 2 + wide) * scale
                        edges.append(
                            Edge(
                                kernel,
                                choice + 1,
                                e,
                                after,
                                (weights + 2 * wide, weights, weights * 49 >> stage, 0),
                                expand,
                            )
                        )
                vertex = after
            closing.append(vertex)
        here, size, width = size, size + 1, wide
        edges += [Edge(vertex, EPSILON, 0, here) for vertex in closing]
    return DecisionDiagram(size, tuple(sorted(edges, key=lambda edge: edge.source)), (here,))

"""The minimum and maximum costs over all assignments, each with an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqsem_dsl.analysis.costs.quantities import ADDITIVE, COUNTED, DEPTH, LARGEST
from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram, Edge, Vertex


@dataclass(frozen=True)
class Extreme:
    """A value, and the draws (choice, option) of the first assignment that has it."""

    value: int
    draws: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Range:
    """The extremes of one quantity."""

    low: Extreme
    high: Extreme


def ranges(
    diagram: DecisionDiagram, depths: Mapping[Vertex, int] | None = None, timed: bool = False
) -> dict[str, Range]:
    """The range of each quantity by name; of weighted layers if `depths` gives these for every end, of latency if the
    diagram is `timed`.

    Raises ValueError for a diagram without assignments.
    """
    extends: dict[str, Callable[[Edge, int], int]] = {
        name: lambda edge, after, i=i: edge.cost[i] + after  # type: ignore[misc]
        for i, name in enumerate(ADDITIVE if timed else COUNTED)
    }
    extends[LARGEST] = lambda edge, after: max(edge.size, after)
    if depths is not None:
        extends[DEPTH] = lambda edge, after: after
    found = {}
    for name, extend in extends.items():
        start = depths if name == DEPTH and depths is not None else dict.fromkeys(diagram.ends, 0)
        low, high = (_extreme(diagram, start, extend, sign) for sign in (1, -1))
        found[name] = Range(low, high)
    return found


def _extreme(
    diagram: DecisionDiagram, start: Mapping[Vertex, int], extend: Callable[[Edge, int], int], sign: int
) -> Extreme:
    """The minimum with sign 1, the maximum with sign -1. `extend` adds an edge before the value of a path from its
    target, and must preserve the order of values."""
    value = {end: start[end] for end in diagram.ends}
    best: dict[Vertex, Edge] = {}
    for vertex in range(diagram.size - 1, -1, -1):
        for edge in diagram.out.get(vertex, ()):
            if edge.target in value:
                reached = extend(edge, value[edge.target])
                if vertex not in value or sign * reached < sign * value[vertex]:
                    value[vertex], best[vertex] = reached, edge
    if 0 not in value:
        raise ValueError("there are no assignments")
    draws, vertex = [], 0
    while vertex in best:
        edge = best[vertex]
        if edge.choice != EPSILON:
            draws.append((edge.choice, edge.option))
        vertex = edge.target
    return Extreme(value[0], tuple(draws))

"""A diagram cut down to the assignments whose largest tensor and depth are allowed, exactly.

How large the largest tensor has been so far becomes a part of the state, as coarsely as the question needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge, Vertex


def levels(diagram: DecisionDiagram) -> tuple[int, ...]:
    """The numbers of elements that a largest tensor may have, ascending; 0 where no edge has any."""
    return tuple(sorted({0, *(edge.size for edge in diagram.edges)}))


def restricted(
    diagram: DecisionDiagram, keep: Callable[[int, int], bool], depths: Mapping[Vertex, int] | None = None
) -> tuple[DecisionDiagram, dict[Vertex, Vertex]]:
    """The assignments for whose activations and depth `keep` says so, and which end each of its ends was. The depth is
    0 where none is given."""
    depth = {end: 0 if depths is None else depths[end] for end in diagram.ends}
    wanted = sorted(set(depth.values()))
    rank: dict[int, int] = {}
    verdicts: list[frozenset[int]] = []
    for size in levels(diagram):
        allowed = frozenset(d for d in wanted if keep(size, d))
        if not verdicts or verdicts[-1] != allowed:
            verdicts.append(allowed)
        rank[size] = len(verdicts) - 1
    while verdicts and not verdicts[-1]:
        verdicts.pop()  # too large for good
    states: list[list[int]] = [[] for _ in range(diagram.size)]
    if verdicts:
        states[0].append(0)
    number: dict[tuple[Vertex, int], Vertex] = {}
    moves: list[tuple[Vertex, Edge, int]] = []
    for vertex in range(diagram.size):
        for state in states[vertex]:
            source = number[vertex, state] = len(number)
            for edge in diagram.out.get(vertex, ()):
                after = max(state, rank[edge.size])
                if after < len(verdicts):
                    moves.append((source, edge, after))
                    if after not in states[edge.target]:
                        states[edge.target].append(after)
    edges = (Edge(v, e.choice, e.option, number[e.target, s], e.cost, e.size) for v, e, s in moves)
    ends = {number[end, s]: end for end in diagram.ends for s in states[end] if depth[end] in verdicts[s]}
    return DecisionDiagram(max(1, len(number)), tuple(edges), tuple(ends)), ends

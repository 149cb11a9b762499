"""A space under all assignments at once: their number, the choices that are ever active, and the faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.confirmed import confirmed
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Vertex
from sqsem_dsl.diagram.domains import Shapes
from sqsem_dsl.diagram.dont_care import DontCareElimination
from sqsem_dsl.diagram.effort import MAX_FAULTY_STEPS, MAX_STEPS
from sqsem_dsl.diagram.evaluate import Evaluator
from sqsem_dsl.diagram.exceeded import Long, StateLimitExceeded
from sqsem_dsl.diagram.frontier import MAX_EDGES, MAX_STATES, ErrorValue, Frontier, Received
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.faults import BadOperand, Fault, TooLong, TooWide
from sqsem_dsl.ir.graph import Draw, Graph, ItemId
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.ir.settings import setting_items
from sqsem_dsl.operators.row import Shape
from sqsem_dsl.utils.effort import NORMAL, Effort, Level
from sqsem_dsl.utils.recursion import with_recursion_limit

MAX_PASSES = 64
FEW_STATES, FEW_EDGES = 1_000, 10_000
"""The limits of the first attempt, which remembers every choice."""


@dataclass(frozen=True)
class ShapeAnalysis:
    """The results for all assignments. If the proof reached its limit, `diagram` is None and `wide` names the
    choices."""

    diagram: DecisionDiagram | None
    faults: tuple[Fault, ...]
    active: frozenset[int]
    """Choices that are active in some architecture."""
    order: tuple[int, ...]
    """The choices in the order in which they are first read."""
    unmet: tuple[ItemId, ...] = ()
    """Rules that cut every assignment that reached them."""
    always: tuple[ItemId, ...] = ()
    """Rules that cut none of the assignments that reached them."""
    decided: frozenset[ItemId] = frozenset()
    """Rules that some assignment reached: it has everything that they name."""
    wide: TooWide | TooLong | None = None
    shapes: tuple[frozenset[Shape], ...] = ()
    """The shapes that each output has in some architecture."""
    applied: Mapping[ItemId, Mapping[Received, object]] = field(default_factory=dict, compare=False, repr=False)
    """All shapes that operators, bypasses and merges received and produced, in every architecture and perhaps in some
    that a rule cuts."""


@with_recursion_limit
def analyze_shapes(
    graph: Graph, rule_spans: Mapping[ItemId, Span], settings: bool = False, level: Level = NORMAL
) -> ShapeAnalysis:
    """Evaluate the space's outputs (and with `settings` its training settings) under all assignments, within the limits
    of a level."""
    roots = _roots(graph, settings)
    liveness = Liveness(graph.items, roots, graph.rules)
    attempts: list[Evaluator[Shape]] = []
    try:
        evaluator, front = _analyzed(graph, roots, liveness, attempts, level)
    except StateLimitExceeded as wide:
        return _too_wide(graph, wide, liveness, confirmed(graph, liveness, attempts), level)
    ends: list[Vertex] = []
    failing: dict[Fault, list[Vertex]] = {}
    for (_, stack), vertex in front.items():
        ends.append(vertex)
        for value in stack:
            if isinstance(value, ErrorValue):
                for fault in value.faults:
                    failing.setdefault(fault, []).append(vertex)
    diagram = evaluator.trace.finish(ends)
    faults = [_witnessed(graph, diagram, fault, vertices) for fault, vertices in failing.items()]
    for rule, message in evaluator.rules.faults.items():
        faults.append(BadOperand(rule_spans[rule], None, message))
    pairs = diagram.reached(ends)
    order = dict.fromkeys(edge.choice for edge in diagram.edges if edge.choice >= 0)
    rules = evaluator.rules
    return ShapeAnalysis(
        diagram,
        tuple(_distinct(faults)),
        frozenset(choice for choice, _ in pairs),
        tuple(order),
        tuple(rule for rule in rules.broken if rule not in rules.met),
        tuple(rule for rule in rules.met if rule not in rules.broken),
        frozenset(rules.met | rules.broken),
        shapes=tuple(
            frozenset(shape for _, stack in front if isinstance(shape := stack[i], tuple))
            for i in range(len(graph.outputs))
        ),
        applied=evaluator.applied,
    )


def _analyzed(
    graph: Graph, roots: Sequence[ItemId], liveness: Liveness, attempts: list[Evaluator[Shape]], level: Level
) -> tuple[Evaluator[Shape], Frontier]:
    """The states at the end. Raises `StateLimitExceeded` if a frontier is too large.

    In most spaces every choice can be remembered until its last reader. In others, choices that make no difference are
    forgotten; finding them takes a few attempts.
    """

    effort = Effort(level.steps(MAX_STEPS))

    def evaluator(remembered: set[ItemId]) -> tuple[Evaluator[Shape], DontCareElimination]:
        memory = DontCareElimination(graph, liveness, remembered)
        made = Evaluator(graph, Shapes(), lambda c: options(graph, c), liveness, memory, effort)
        made.most = level.stored(MAX_STATES), level.stored(MAX_EDGES)
        attempts.append(made)
        return made, memory

    first, _ = evaluator(liveness.reachable)
    first.most = min(FEW_STATES, first.most[0]), min(FEW_EDGES, first.most[1])
    try:
        return first, first.run(roots)
    except Long:
        raise
    except StateLimitExceeded:
        if first.met:
            effort.left = min(effort.left, level.steps(MAX_FAULTY_STEPS))
    remembered: set[ItemId] = set()
    for _ in range(MAX_PASSES):
        attempt, memory = evaluator(remembered)
        front = attempt.run(roots)
        if not memory.disagreed:
            return attempt, front
        remembered |= memory.disagreed
    last, _ = evaluator(liveness.reachable)
    return last, last.run(roots)


def _roots(graph: Graph, settings: bool) -> tuple[ItemId, ...]:
    outputs = tuple(item for _, item in graph.outputs)
    return outputs + (tuple(i for _, value in graph.train for i in setting_items(value)) if settings else ())


def _witnessed(graph: Graph, diagram: DecisionDiagram, fault: Fault, ends: Sequence[Vertex]) -> Fault:
    """The fault with the assignment that has the fewest choices off their first value."""
    if DecisionDiagram(diagram.size, diagram.edges, tuple(ends)).count == diagram.count:
        return fault  # it always happens: no choice matters
    off = tuple((graph.choices[c].path, show(options(graph, c)[o][1])) for c, o in diagram.shortest(ends) if o > 0)
    return fault.at(off)


def _distinct(faults: Sequence[Fault]) -> list[Fault]:
    """One fault for each place and kind: the one with the fewest choices off their default."""
    best: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        key = (type(fault), fault.span)
        known = best.get(key)
        if known is None or len(fault.choices or ()) < len(known.choices or ()):
            best[key] = fault
    return list(best.values())


def _too_wide(
    graph: Graph, wide: StateLimitExceeded, liveness: Liveness, faults: Sequence[Fault], level: Level
) -> ShapeAnalysis:
    paths = []
    for key in sorted(wide.keys):
        node = graph.items[key] if 0 <= key < len(graph.items) else None
        if isinstance(node, Draw):
            paths.append(graph.choices[node.choice].path)
    place = getattr(graph.items[wide.at], "span", None)
    draws = {n.choice for i in liveness.reachable if isinstance(n := graph.items[i], Draw)}
    span = place if isinstance(place, Span) else graph.choices[0].span
    limit: TooLong | TooWide
    if wide.what == "steps":
        limit = TooLong(span, wide.most, level.more_steps)
    else:
        limit = TooWide(span, tuple(paths), wide.most, wide.what, level.more_stored)
    return ShapeAnalysis(None, tuple(faults), frozenset(draws), tuple(sorted(draws)), wide=limit)

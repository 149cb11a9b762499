"""The interval of a budget's sum, over all assignments and over those with an option.

Sums of parameters and multiply-accumulates are bounded exactly, by the cheapest and most expensive paths through the
diagram. So are activations (a maximum) and weighted layers (known at the ends). A budget that adds these up is bounded
by the sum of their bounds, which is never too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge, Vertex
from sqsem_dsl.diagram.rule_bounds import compared
from sqsem_dsl.diagram.rule_nodes import Bounds as Interval
from sqsem_dsl.diagram.rule_nodes import Number
from sqsem_dsl.ir.graph import Budget

ADDED = ("params", "trainable_params", "macs", "latency")
NOTHING: Interval = (0, 0)


@dataclass(frozen=True)
class Sums:
    """The intervals of one budget: over all assignments, and over those through each edge on a path to an end."""

    every: Interval
    through: Mapping[int, Interval]
    """By the position of the edge in the diagram."""


def sums(diagram: DecisionDiagram, depths: Mapping[Vertex, int], budget: Budget) -> Sums | None:
    """Bounds on the value that a budget compares with 0; None if there are no assignments. `depths` has the weighted
    layers at each end.

    Raises KeyError if the budget reads weighted layers and they are not known.
    """
    factors = {name: _number(factor) for name, factor in budget.terms}
    scaled = [(factors[name], position) for position, name in enumerate(ADDED) if name in factors]
    constant = _number(budget.constant)

    def weight(edge: Edge) -> Number:
        return sum(factor * edge.cost[position] for factor, position in scaled)

    added = _ways(diagram, weight, adds=True)
    largest = _ways(diagram, _size, adds=False) if "activations" in factors else None
    layers = _depths(diagram, depths) if "weighted_layers" in factors else None
    if 0 not in added.after:
        return None

    def total(of_added: Interval, of_largest: Interval, of_layers: Interval) -> Interval:
        found = of_added[0] + constant, of_added[1] + constant
        found = _plus(found, factors.get("activations", 0), of_largest)
        return _plus(found, factors.get("weighted_layers", 0), of_layers)

    through: dict[int, Interval] = {}
    for position, edge in enumerate(diagram.edges):
        if edge.source in added.before and edge.target in added.after:
            through[position] = total(
                added.through(edge, weight(edge)),
                NOTHING if largest is None else largest.through(edge, _size(edge)),
                NOTHING if layers is None else layers[edge.target],
            )
    every = total(
        added.after[0], NOTHING if largest is None else largest.after[0], NOTHING if layers is None else layers[0]
    )
    return Sums(every, through)


def holds(relation: str, interval: Interval) -> bool | None:
    """Whether every value of an interval is in this relation to 0, or none is (False); None if neither is certain."""
    return compared(relation, interval, NOTHING)


def _number(value: object) -> Number:
    """A whole number as int, whose arithmetic is much faster."""
    exact: Fraction = Fraction(value)  # type: ignore[call-overload]
    return exact.numerator if exact.denominator == 1 else exact


def _size(edge: Edge) -> Number:
    return edge.size


def _plus(one: Interval, factor: Number, other: Interval) -> Interval:
    """The bounds of a sum, the second multiplied by a factor."""
    low, high = sorted((factor * other[0], factor * other[1]))
    return one[0] + low, one[1] + high


# ---- paths through a diagram


@dataclass(frozen=True)
class _Ways:
    """Bounds on paths from the start to each vertex, and from there to an end, for sums or for maxima."""

    before: Mapping[Vertex, Interval]
    after: Mapping[Vertex, Interval]
    adds: bool

    def through(self, edge: Edge, weight: Number) -> Interval:
        """Bounds on the paths through an edge."""
        return _followed(
            _followed(self.before[edge.source], (weight, weight), self.adds), self.after[edge.target], self.adds
        )


def _ways(diagram: DecisionDiagram, weight: Callable[[Edge], Number], adds: bool) -> _Ways:
    before: dict[Vertex, Interval] = {0: NOTHING}
    for vertex in range(diagram.size):
        for edge in diagram.out.get(vertex, ()) if vertex in before else ():
            reached = _followed(before[vertex], (weight(edge),) * 2, adds)
            before[edge.target] = _either(before.get(edge.target), reached)
    after: dict[Vertex, Interval] = dict.fromkeys(diagram.ends, NOTHING)
    for vertex in range(diagram.size - 1, -1, -1):
        for edge in diagram.out.get(vertex, ()):
            if edge.target in after:
                reached = _followed((weight(edge),) * 2, after[edge.target], adds)
                after[vertex] = _either(after.get(vertex), reached)
    return _Ways(before, after, adds)


def _depths(diagram: DecisionDiagram, depths: Mapping[Vertex, int]) -> Mapping[Vertex, Interval]:
    """Bounds on the weighted layers at the ends reachable from each vertex."""
    after: dict[Vertex, Interval] = {end: (depths[end],) * 2 for end in diagram.ends}
    for vertex in range(diagram.size - 1, -1, -1):
        for edge in diagram.out.get(vertex, ()):
            if edge.target in after:
                after[vertex] = _either(after.get(vertex), after[edge.target])
    return after


def _followed(one: Interval, other: Interval, adds: bool) -> Interval:
    if adds:
        return one[0] + other[0], one[1] + other[1]
    return max(one[0], other[0]), max(one[1], other[1])


def _either(one: Interval | None, other: Interval) -> Interval:
    return other if one is None else (min(one[0], other[0]), max(one[1], other[1]))

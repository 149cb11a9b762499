"""The cost of one assignment, looked up in a diagram with costs, and whether it meets a budget. Looking a cost up takes
microseconds, where building its network takes milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from sqsem_dsl.diagram.decision_diagram import EPSILON, Cost, DecisionDiagram, Vertex
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.network.architecture import Architecture

NOT_GIVEN = -2
"""No option has this number."""
LATE = ("weighted_layers", "memory")
"""Quantities that a path does not add up."""
Move = tuple[Vertex, int, int, int, int, int]
"""The target of an edge, its costs, and its size."""


class PathCost(NamedTuple):
    """The cost of a whole assignment; `activations` is the number of elements of its largest tensor."""

    params: int
    trainable_params: int
    macs: int
    activations: int
    end: Vertex
    latency: int = 0
    """Nanoseconds; 0 without a table of measured layers."""


class PathCosts:
    """The costs of a diagram's assignments, one at a time."""

    def __init__(self, diagram: DecisionDiagram, numbers: Mapping[str, int] | None = None) -> None:
        self.numbers = numbers or {}
        """The number of each choice by its path, if they are given."""
        self._ends = frozenset(diagram.ends)
        self._moves: list[list[tuple[int, dict[int, list[Move]]]]] = [[] for _ in range(diagram.size)]
        """For each vertex, the choices on its edges, each with the edges of every option."""
        for vertex, edges in diagram.out.items():
            choices: dict[int, dict[int, list[Move]]] = {}
            for edge in edges:
                option = edge.option if edge.choice != EPSILON else EPSILON
                options = choices.setdefault(edge.choice, {})
                options.setdefault(option, []).append((edge.target, *edge.cost, edge.size))
            self._moves[vertex] = list(choices.items())
        self._steps = list(map(_step, self._moves))
        """The same of a vertex with one choice and one edge for each option; None for any other."""

    def of(self, options: Mapping[int, int]) -> PathCost | None:
        """The cost of the assignment with these options (choice numbers to option numbers); None if the space has no
        such assignment. Choices that are not active in it may be given, too.

        Several edges may match the options, but only one leads to an end; the others are wrong guesses.
        """
        found = self._straight(options)
        return self._searched(options) if found is None else found

    def _straight(self, options: Mapping[int, int]) -> PathCost | None:
        """The cost if each vertex has at most one edge for the options; None if one has several, or none."""
        steps, vertex, params, trainable, macs, latency, largest = self._steps, 0, 0, 0, 0, 0, 0
        while vertex not in self._ends:
            step = steps[vertex]
            move = None if step is None else step[1].get(options.get(step[0], EPSILON))
            if move is None:
                return None
            vertex, p, t, m, ns, size = move
            params, trainable, macs, latency = params + p, trainable + t, macs + m, latency + ns
            largest = max(largest, size)
        return PathCost(params, trainable, macs, largest, vertex, latency)

    def _searched(self, options: Mapping[int, int]) -> PathCost | None:
        moves, tried = self._moves, set[Vertex]()
        pending: list[Move] = [(0, 0, 0, 0, 0, 0)]
        while pending:
            vertex, params, trainable, macs, latency, largest = pending.pop()
            if vertex in self._ends:
                return PathCost(params, trainable, macs, largest, vertex, latency)
            if vertex in tried:
                continue
            tried.add(vertex)
            for choice, found in moves[vertex]:
                option = EPSILON if choice == EPSILON else options.get(choice, NOT_GIVEN)
                for target, p, t, m, ns, size in found.get(option, ()):
                    most = size if size > largest else largest
                    pending.append((target, params + p, trainable + t, macs + m, latency + ns, most))
        return None


def _step(choices: list[tuple[int, dict[int, list[Move]]]]) -> tuple[int, dict[int, Move]] | None:
    if len(choices) != 1 or any(len(moves) > 1 for moves in choices[0][1].values()):
        return None
    return choices[0][0], {option: moves[0] for option, moves in choices[0][1].items()}


def cost_of(diagram: DecisionDiagram, options: Mapping[int, int]) -> tuple[Cost, int] | None:
    """The costs that add up of one assignment, and the number of elements of its largest tensor; None if the space has
    no such assignment. `PathCosts` is faster for many."""
    found = PathCosts(diagram).of(options)
    return None if found is None else ((*found[:3], found.latency), found.activations)


def all_within(budgets: Sequence[Budget], architecture: Architecture, lookup: Callable[[], PathCost | None]) -> bool:
    """Whether an architecture meets every budget. Its network is made only if a budget reads what no lookup knows, or
    if the lookup finds nothing, and only if it meets the others."""
    late = [budget for budget in budgets if any(name in LATE for name, _ in budget.terms)]
    early = [budget for budget in budgets if budget not in late]
    costs = (lookup() if early else None) or architecture
    return all(within(budget, costs) for budget in early) and all(within(budget, architecture) for budget in late)


def within(budget: Budget, costs: Architecture | PathCost) -> bool:
    """Whether an architecture, or these costs of one, meets one budget. One on `latency` is not met if the table of
    measured layers lacks a layer."""
    total = Fraction(budget.constant)  # type: ignore[arg-type]
    for quantity, factor in budget.terms:
        value = getattr(costs, quantity)
        if value is None:  # a latency with a layer that the table lacks
            return False
        total += Fraction(factor) * value  # type: ignore[arg-type]
    match budget.relation:
        case "<":
            return total < 0
        case "<=":
            return total <= 0
        case ">":
            return total > 0
        case ">=":
            return total >= 0
        case "==":
            return total == 0
        case _:
            return total != 0

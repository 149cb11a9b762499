"""Quantities that are lower bounds: custom layers may have more parameters or MACs than can be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqsem_dsl.analysis.observations import Met
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.elaborate.errors.domains import NotCounted
from sqsem_dsl.elaborate.errors.latency import NoLayerTimes
from sqsem_dsl.elaborate.layer_times import reads_latency
from sqsem_dsl.ir.graph import Budget, Graph, Op
from sqsem_dsl.ir.settings import place_of, plain_setting
from sqsem_dsl.operators import lower_bounds as bounds_of
from sqsem_dsl.operators.extern import EXTERN
from sqsem_dsl.operators.layer_times import LayerTimes


@dataclass(frozen=True)
class LowerBound:
    """The reason why a quantity is a lower bound: the first layer that makes it so."""

    target: str
    reason: str
    span: Span


def lower_bounds(graph: Graph, shape_analysis: ShapeAnalysis) -> Mapping[str, LowerBound]:
    """The quantities that are lower bounds in some architecture; empty if the proof over all architectures reached its
    limit."""
    found: dict[str, LowerBound] = {}
    met = Met(graph.items, shape_analysis.applied)
    for item in sorted(shape_analysis.applied):
        node = graph.items[item]
        if isinstance(node, Op) and node.row.name == EXTERN:
            target = str(node.row.attributes[0].default)
            for meeting in met.of_operator(item):
                for quantity, reason in bounds_of(node.row, meeting.inputs, meeting.attributes).items():
                    found.setdefault(quantity, LowerBound(target, reason, node.span))
    return found


def check_counts(graph: Graph, shape_analysis: ShapeAnalysis) -> Iterator[Diagnostic]:
    """Budgets and objectives on quantities that are lower bounds."""
    budgets, objective = graph.budgets, dict(graph.search).get("objective")
    if not budgets and objective is None:
        return
    bounds = lower_bounds(graph, shape_analysis)
    yield from exact_enough(budgets, bounds)
    if objective is None or not bounds:
        return
    plain = plain_setting(graph.items, objective, {})
    for i, one in enumerate(plain if isinstance(plain, list) else [plain]):
        quantity = one.get("metric") if isinstance(one, dict) else None
        if isinstance(quantity, str) and (bound := bounds.get(quantity)) is not None:
            where = (i, "metric") if isinstance(plain, list) else ("metric",)
            span = place_of(graph.items, objective, where, {})
            yield NotCounted(span, "objective", quantity, bound.target, bound.reason, bound.span)


def not_known(
    budgets: Iterable[Budget], bounds: Mapping[str, LowerBound], times: LayerTimes | None
) -> Iterator[Diagnostic]:
    """An error for each quantity of a condition that is a lower bound, or that needs a table of measured layers."""
    for budget in budgets:
        yield from exact_enough([budget], bounds)
        if times is None and reads_latency(budget):
            yield NoLayerTimes(budget.span, "condition")


def exact_enough(budgets: Iterable[Budget], bounds: Mapping[str, LowerBound]) -> Iterator[Diagnostic]:
    """An error for each quantity of a budget that is a lower bound."""
    for budget in budgets:
        for quantity, _ in budget.terms:
            if (bound := bounds.get(quantity)) is not None:
                yield NotCounted(budget.span, "budget", quantity, bound.target, bound.reason, bound.span)

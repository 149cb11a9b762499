"""The results of the evaluation over all assignments as diagnostics: shapes, unused choices, rules, unused inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.elaborate.errors.choices import DeadChoice, NothingAllowed, RuleAlwaysHolds
from sqsem_dsl.elaborate.errors.statements import UnusedInput
from sqsem_dsl.ir.graph import Graph, Input, ItemId
from sqsem_dsl.ir.liveness import Liveness


def check_space(graph: Graph, shape_analysis: ShapeAnalysis, rule_spans: Mapping[ItemId, Span]) -> Iterator[Diagnostic]:
    """Faults that occur in some architecture, choices that are never active, rules that always or never hold. Assumes
    that the space elaborated without an error."""
    yield from shape_analysis.faults
    if shape_analysis.wide is not None:
        yield shape_analysis.wide
        return
    assert shape_analysis.diagram is not None
    if shape_analysis.diagram.count == 0:
        faulty = {fault.span for fault in shape_analysis.faults}
        rules = [span for rule in shape_analysis.unmet or tuple(rule_spans) if (span := rule_spans[rule]) not in faulty]
        if rules and not shape_analysis.faults:
            others = tuple(span for span in rule_spans.values() if span not in rules)
            # A rule that cuts everything that reached it may be right: other rules may have cut the rest.
            yield NothingAllowed(rules[0], tuple(rules[1:]) + others)
        return
    # A rule in a repeat or a block is one item for each instance: it may cut in only one of them.
    cutting = {span for rule, span in rule_spans.items() if rule not in shape_analysis.always}
    for span in dict.fromkeys(rule_spans[rule] for rule in shape_analysis.always):
        if span not in cutting:
            yield RuleAlwaysHolds(span)
    if not shape_analysis.faults:
        for number, choice in enumerate(graph.choices):
            if choice.section == "architecture" and number not in shape_analysis.drawn:
                yield DeadChoice(choice.span, choice.path)


def check_inputs(graph: Graph, spans: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Inputs that no output can need."""
    reachable = Liveness(graph.items, tuple(item for _, item in graph.outputs)).reachable
    used = {node.name for item in reachable if isinstance(node := graph.items[item], Input)}
    for node in graph.inputs:
        if node.name not in used:
            yield UnusedInput(spans[node.name], node.name)

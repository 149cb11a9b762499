"""Lints of outputs: constant ones, which no input reaches. Training cannot make them depend on the sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqsem_dsl.ast import outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.ir.graph import Input, ItemId, Op
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.requires import ConstantOutput
from sqsem_dsl.lint.space_index import SpaceIndex
from sqsem_dsl.network.architecture import Architecture


def check_reached(subject: LintContext) -> Iterator[Diagnostic]:
    """Outputs that no input reaches in any architecture, according to the graph."""
    for _, facts in subject.spaces:
        for name, item in facts.graph.outputs:
            if not _reached(facts, item):
                total = facts.total
                yield ConstantOutput(_span(subject, facts, name), None, name, total, total)


def _reached(facts: SpaceIndex, output: ItemId) -> bool:
    """Whether values flow from an input to a tensor."""
    pending, seen = [output], {output}
    while pending:
        item = pending.pop()
        if isinstance(facts.items[item], Input):
            return True
        fresh = {child for child, _ in facts.values_of(item)} - seen
        seen |= fresh
        pending.extend(fresh)
    return False


def check_fed(subject: LintContext) -> Iterator[Diagnostic]:
    """Outputs that no input reaches in some architecture, by the evaluation over all assignments. For a space that is
    too large for it, in the default architecture."""
    for space, facts in subject.spaces:
        if not any(isinstance(node := facts.items[i], Op) and node.row.name == "zero" for i in facts.tensors):
            continue  # every operator except this one passes values on
        costed = facts.costed
        for position, (name, item) in enumerate(facts.graph.outputs):
            if not _reached(facts, item):
                continue
            span = _span(subject, facts, name)
            if costed is None or costed.diagram is None:
                if not _alive(space.default(), name):
                    yield ConstantOutput(span, None, name)
                continue
            ends = tuple(end for end in costed.diagram.ends if not costed.fed[end][position])
            cut = replace(costed.diagram, ends=ends)
            if cut.count:
                choices = tuple(
                    (facts.graph.choices[choice].path, show(domain.values[option]))
                    for choice, option in cut.shortest(ends)
                    if option and isinstance(domain := facts.graph.choices[choice].domain, Categorical)
                )
                yield ConstantOutput(span, None, name, cut.count, costed.diagram.count, choices)


def _alive(architecture: Architecture, output: str) -> bool:
    """Whether an input reaches an output of one network."""
    alive: list[bool] = []
    for layer in architecture.layers:
        alive.append(layer.operator == "input" or any(alive[i] for i in layer.inputs))
    return alive[architecture.outputs[output]]


def _span(subject: LintContext, facts: SpaceIndex, output: str) -> Span:
    """The place where an output is named."""
    for space in subject.spec.definitions:
        if isinstance(space, outline.Space) and space.name == facts.name:
            for item in space.items:
                if isinstance(item, outline.Output) and item.name == output:
                    return item.span
    return Span(subject.source, 0, 0)

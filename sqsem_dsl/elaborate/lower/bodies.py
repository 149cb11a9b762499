"""Bodies: statements, and a tensor that comes out."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.hints.structures import CONDITIONAL
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.names import IgnoredFlow
from sqsem_dsl.elaborate.flow import names_it, uses_it
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.expected import as_tensor
from sqsem_dsl.elaborate.lower.scope import Scope, Tensor, layer_path
from sqsem_dsl.elaborate.lower.statements import lower_statements
from sqsem_dsl.ir.graph import Guard, ItemId
from sqsem_dsl.ir.region import RegionKind


def lower_body(builder: Builder, body: nodes.Body, scope: Scope, flow: ItemId | None) -> ItemId:
    """A body: stages, or statements and then `out`. The input tensor goes to the first stage automatically unless
    the body has used its name before."""
    builder.enter()
    inner = scope if flow is None else replace(scope, it=flow)
    inner, rules = lower_statements(builder, body.statements, inner)
    head = body.out.source if isinstance(body.out, nodes.Pipe) else body.out
    if flow is not None and not names_it(body):
        if isinstance(head, nodes.Name) and _is_tensor(head.name, inner):
            rest = body.out.stages if isinstance(body.out, nodes.Pipe) else ()
            if any(uses_it(stage) for stage in rest):
                out = as_tensor(builder, builder.value(body.out, inner), body.out.span, CONDITIONAL)
            else:
                out = builder.report(IgnoredFlow(head.span, head.name))
        else:
            out = as_tensor(builder, builder.stage(body.out, inner, flow), body.out.span, CONDITIONAL)
    else:
        out = as_tensor(builder, builder.value(body.out, inner), body.out.span, CONDITIONAL)
    return _guard(builder, flow, rules, out, body.out.span)


def lower_outs(builder: Builder, kind: RegionKind, body: nodes.Body, scope: Scope, span: Span) -> tuple[ItemId, ...]:
    """All values of a body into which no tensor flows, in its own region."""
    with builder.regions.inside(kind, layer_path(scope.trail), span):
        builder.enter()
        inner, rules = lower_statements(builder, body.statements, scope)
        outs = [(as_tensor(builder, builder.value(out, inner), out.span), out.span) for out in body.outs]
        return tuple(_guard(builder, None, rules, out, span) for out, span in outs)


def lower_body_in(
    builder: Builder, kind: RegionKind, body: nodes.Body, scope: Scope, flow: ItemId | None, span: Span
) -> ItemId:
    """A body with its own region; `scope` is its scope."""
    with builder.regions.inside(kind, layer_path(scope.trail), span):
        return lower_body(builder, body, scope, flow)


def _is_tensor(name: str, scope: Scope) -> bool:
    bound = scope.names.get(name)
    return bound is not None and isinstance(bound.meaning, Tensor)


def _guard(builder: Builder, flow: ItemId | None, rules: tuple[ItemId, ...], out: ItemId, span: Span) -> ItemId:
    if not rules or out == builder.broken:
        return out
    return builder.make(Guard(flow, rules, out, span))

"""Repeats: a body unrolled as often as its count allows."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import NotStatic, RealReaches
from sqsem_dsl.elaborate.lower.bind import bind, may_bind
from sqsem_dsl.elaborate.lower.bodies import lower_body_in
from sqsem_dsl.elaborate.lower.builder import MAX_STEPS, Builder
from sqsem_dsl.elaborate.lower.declare import declare
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_scalar, possible_values, undefined
from sqsem_dsl.elaborate.lower.priors import lower_prior
from sqsem_dsl.elaborate.lower.scope import Scalar, Scope
from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.ir.faults import NotWhole
from sqsem_dsl.ir.graph import ItemId, Loop
from sqsem_dsl.ir.path import Segment


def lower_repeat(builder: Builder, node: nodes.Repeat, scope: Scope, flow: ItemId) -> ItemId:
    inner, count, name = _count(builder, node, scope)
    if count == builder.broken:
        return builder.broken
    values = possible_values(builder, count, scope.context)
    span = node.span if node.count is None else node.count.span
    if values is None:
        remedy = (
            "a count may use numbers, constants and choices, but not shapes: write `param n in …` and `repeat n { … }`"
        )
        return builder.report(NotStatic(span, "the count of a repeat", remedy))
    if not values:
        return builder.report(undefined(builder, count) or NotStatic(span, "the count of a repeat"))
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return builder.report(NotWhole(span, None, "the count of a repeat", show(value), 0))
    most = max((v for v in values if isinstance(v, int)), default=0)
    if most > MAX_STEPS:
        return builder.report(TooLarge(span, f"a repeat of {most:,} iterations", MAX_STEPS))
    steps = [flow]
    for k in range(most):
        later = tuple(v for v in values if isinstance(v, int) and v > k)
        place = inner.assuming(count, later)
        place = (
            place.within(Segment(name, (k,)))
            if name
            else replace(place, trail=(*place.trail, Segment("repeat", (k,))), unnamed=node.span)
        )
        if node.index is not None:
            place = bind(builder, place, node.index, Scalar(builder.constant(k)), node.index_span)
        steps.append(lower_body_in(builder, "iteration", node.body, place, steps[-1], node.span))
        if steps[-1] == builder.broken:
            return builder.broken
    if len(values) == 1:
        return steps[-1]
    return builder.make(Loop(tuple(steps), count, node.span))


def _count(builder: Builder, node: nodes.Repeat, scope: Scope) -> tuple[Scope, ItemId, str | None]:
    """The body's scope, the count, and the name in the paths of its choices."""
    if node.domain is None:
        assert node.count is not None
        name = node.count.name if isinstance(node.count, nodes.Name) else None
        return scope, as_scalar(builder, builder.value(node.count, scope), node.count.span), name
    assert node.name is not None
    domain = lower_domain(builder, node.domain, scope)
    if domain is None:
        return scope, builder.broken, node.name
    if not isinstance(domain, Categorical):
        return scope, builder.report(RealReaches(node.domain.span, "the count of a repeat")), node.name
    for position, value in enumerate(domain.values):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            listed = node.domain if isinstance(node.domain, nodes.ListOf) else None
            span = node.domain.span if listed is None else listed.items[position].span
            wrong = NotWhole(span, None, "the count of a repeat", show(value), 0)
            return scope, builder.report(wrong), node.name
    if not may_bind(builder, scope, node.name, node.span):
        bind(builder, scope, node.name, Scalar(builder.broken), node.span)
        return scope, builder.broken, node.name
    prior = lower_prior(builder, node.prior, domain, scope)
    count = declare(builder, scope, Segment(node.name), "repeat", domain, node.span, prior)
    return bind(builder, scope, node.name, Scalar(count), node.span), count, node.name

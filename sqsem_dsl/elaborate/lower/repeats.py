"""Repeats: a body unrolled as often as its count allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.carries import WrongOuts
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


@dataclass(frozen=True, slots=True)
class Iterations:
    """The iterations of a repeat: their scope, the count, the values that it can have, and the name in the paths."""

    node: nodes.Repeat
    around: Scope
    count: ItemId
    values: tuple[int, ...]
    name: str | None

    @property
    def most(self) -> int:
        """The number of iterations to unroll."""
        return max(self.values, default=0)

    def scope(self, builder: Builder, k: int) -> Scope:
        """The scope of iteration k."""
        place = self.around.assuming(self.count, tuple(v for v in self.values if v > k))
        place = (
            place.within(Segment(self.name, (k,)))
            if self.name
            else replace(place, trail=(*place.trail, Segment("repeat", (k,))), unnamed=self.node.span)
        )
        if self.node.index is None:
            return place
        return bind(builder, place, self.node.index, Scalar(builder.constant(k)), self.node.index_span)


def lower_repeat(builder: Builder, node: nodes.Repeat, scope: Scope, flow: ItemId) -> ItemId:
    found = lower_iterations(builder, node, scope)
    if node.body.more:
        outs = node.body.outs
        return builder.report(WrongOuts(outs[0].span.to(outs[-1].span), len(outs), (), None))
    if found is None:
        return builder.broken
    steps = [flow]
    for k in range(found.most):
        steps.append(lower_body_in(builder, "iteration", node.body, found.scope(builder, k), steps[-1], node.span))
        if steps[-1] == builder.broken:
            return builder.broken
    if len(found.values) == 1:
        return steps[-1]
    return builder.make(Loop(tuple(steps), found.count, node.span))


def lower_iterations(builder: Builder, node: nodes.Repeat, scope: Scope) -> Iterations | None:
    """What a repeat unrolls to; None if its count has an error."""
    inner, count, name = _count(builder, node, scope)
    if count == builder.broken:
        return None
    values = possible_values(builder, count, scope.context)
    span = node.span if node.count is None else node.count.span
    if values is None:
        remedy = (
            "a count may use numbers, constants and choices, but not shapes: write `param n in …` and `repeat n { … }`"
        )
        builder.report(NotStatic(span, "the count of a repeat", remedy))
        return None
    if not values:
        builder.report(undefined(builder, count) or NotStatic(span, "the count of a repeat"))
        return None
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            builder.report(NotWhole(span, None, "the count of a repeat", show(value), 0))
            return None
    found = Iterations(node, inner, count, tuple(v for v in values if isinstance(v, int)), name)
    if found.most > MAX_STEPS:
        builder.report(TooLarge(span, f"a repeat of {found.most:,} iterations", MAX_STEPS))
        return None
    return found


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

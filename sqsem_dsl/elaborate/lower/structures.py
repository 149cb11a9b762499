"""Slots, alternatives, bypasses and conditions: each becomes one item that selects or combines others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.carries import FlowIntoCarry
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.errors.names import DuplicateName, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import Misplaced, NoFlow, WrongType
from sqsem_dsl.elaborate.flow import Structure
from sqsem_dsl.elaborate.lower.bodies import lower_body, lower_body_in
from sqsem_dsl.elaborate.lower.builder import MAX_STEPS, Builder, Overflow
from sqsem_dsl.elaborate.lower.carries import lower_carry
from sqsem_dsl.elaborate.lower.declare import declare, layer_name
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_condition, possible_values
from sqsem_dsl.elaborate.lower.priors import lower_named_prior, lower_prior
from sqsem_dsl.elaborate.lower.repeats import lower_repeat
from sqsem_dsl.elaborate.lower.scope import Scope
from sqsem_dsl.elaborate.vocabulary import MODES
from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.ir.graph import Const, ItemId, Residual, Switch
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators.row import Value


def lower_structure(builder: Builder, node: Structure, scope: Scope, flow: ItemId | None) -> ItemId:
    """A structure. Most need a tensor that flows in."""
    match node:
        case nodes.Slot():
            if flow is None:
                return builder.report(NoFlow(node.span, "slot"))
            return _slot(builder, node, scope, flow)
        case nodes.Choose():
            return _choose(builder, node, scope, flow)
        case nodes.Repeat(carried=carried) if carried:
            if flow is not None:
                return builder.report(FlowIntoCarry(node.span, tuple(each.name for each in carried)))
            return lower_carry(builder, node, scope)[-1]
        case nodes.Repeat():
            if flow is None:
                return builder.report(NoFlow(node.span, "repeat"))
            return lower_repeat(builder, node, scope, flow)
        case nodes.Bypass():
            if flow is None:
                return builder.report(NoFlow(node.span, "bypass"))
            return _bypass(builder, node, scope, flow)
        case nodes.When():
            return _when(builder, node, scope, flow)
        case nodes.OptionalInput() | nodes.Pick():
            return builder.report(Misplaced(node.span, node.kind))
        case _:
            assert_never(node)


def _select(
    builder: Builder, flow: ItemId | None, test: ItemId, cases: Sequence[tuple[Value, ItemId]], span: Span
) -> ItemId:
    """The case that the test selects; no selection if there is only one case."""
    if test == builder.broken or any(node == builder.broken for _, node in cases):
        return builder.broken
    if len(cases) == 1:
        return cases[0][1]
    return builder.make(Switch(flow, test, tuple(cases), span))


def _slot(builder: Builder, node: nodes.Slot, scope: Scope, flow: ItemId) -> ItemId:
    domain = Categorical((False, True))
    prior = lower_prior(builder, node.prior, domain, scope)
    test = declare(builder, scope, Segment(node.name), "slot", domain, node.span, prior)
    inner = scope.within(Segment(node.name)).assuming(test, (True,))
    body = lower_body_in(builder, "slot", node.body, inner, flow, node.span)
    return _select(builder, flow, test, ((False, flow), (True, body)), node.span)


def _choose(builder: Builder, node: nodes.Choose, scope: Scope, flow: ItemId | None) -> ItemId:
    names = alternative_names(builder, node.alternatives)
    prior = lower_named_prior(builder, node.prior, names, scope)
    test = declare(builder, scope, Segment(node.name), "choose", Categorical(names), node.span, prior)
    cases: list[tuple[Value, ItemId]] = []
    for alternative in node.alternatives:
        inner = scope.within(Segment(node.name), Segment(alternative.name)).assuming(test, (alternative.name,))
        body = lower_body_in(builder, "alternative", alternative.body, inner, flow, alternative.span)
        cases.append((alternative.name, body))
    return _select(builder, flow, test, cases, node.span)


def alternative_names(builder: Builder, alternatives: Sequence[nodes.Alternative]) -> tuple[str, ...]:
    """The names of alternatives, which must differ."""
    first: dict[str, Span] = {}
    if len(alternatives) > MAX_STEPS:
        what = f"a structure of {len(alternatives):,} alternatives"
        builder.report(TooLarge(alternatives[MAX_STEPS].span, what, MAX_STEPS))
        raise Overflow
    for alternative in alternatives:
        if alternative.name in first:
            builder.report(DuplicateName(alternative.span, alternative.name, first[alternative.name], "given"))
        first.setdefault(alternative.name, alternative.span)
    return tuple(first)


def lower_test(builder: Builder, node: nodes.When, scope: Scope) -> tuple[ItemId, tuple[Value, ...]]:
    """The condition of an `if`, and the truth values that it can have here; the broken item if it has an error."""
    test = as_condition(builder, node.test, scope)
    if test != builder.broken and builder.is_real(test):
        test = builder.report(RealReaches(node.test.span, "a condition"))
    if test == builder.broken:
        return test, ()
    # None: it reads a shape. Empty: it is undefined wherever it is reached, which the evaluation reports.
    return test, possible_values(builder, test, scope.context) or (True, False)


def _when(builder: Builder, node: nodes.When, scope: Scope, flow: ItemId | None) -> ItemId:
    test, known = lower_test(builder, node, scope)
    if test == builder.broken:
        return test
    cases: list[tuple[Value, ItemId]] = []
    for decided in (True, False):
        if decided not in known:
            continue
        inner = scope.assuming(test, (decided,))
        if decided:
            cases.append((True, lower_body(builder, node.then, inner, flow)))
        elif isinstance(node.other, nodes.Body):
            cases.append((False, lower_body(builder, node.other, inner, flow)))
        elif isinstance(node.other, nodes.When):
            cases.append((False, _when(builder, node.other, inner, flow)))
        elif flow is not None:
            cases.append((False, flow))
        else:
            return builder.report(NoFlow(node.span, "if"))
    return _select(builder, flow, test, cases, node.span)


def _bypass(builder: Builder, node: nodes.Bypass, scope: Scope, flow: ItemId) -> ItemId:
    name = node.name if node.domain is not None else "bypass"
    if node.domain is None:
        if node.name not in MODES:
            return builder.unresolved()
        mode = builder.constant(node.name)
    else:
        domain = lower_domain(builder, node.domain, scope, MODES)
        if domain is None:
            return builder.broken
        values = domain.values if isinstance(domain, Categorical) else ()
        if not isinstance(domain, Categorical):
            return builder.report(
                WrongType(node.domain.span, "modes", "a continuous range", f"available: {listing(MODES)}")
            )
        for value in values:
            if value not in MODES:
                return builder.report(UnknownSymbol(node.domain.span, show(value), "mode", MODES))
        prior = lower_prior(builder, node.prior, domain, scope)
        mode = declare(builder, scope, Segment(name), "bypass", domain, node.span, prior)
    body = lower_body(builder, node.body, scope, flow)
    if builder.broken in (body, mode):
        return builder.broken
    if isinstance(builder.items[mode], Const) and builder.static(mode) == "none":
        return body
    path, layer, weights = layer_name(builder, scope, name)
    return builder.make(Residual(flow, mode, body, layer, weights, path, node.span))

"""`const`, `param`, `let` and `require`, and the names that they bind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import BadBudget
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.errors.names import DuplicateName, ReservedName
from sqsem_dsl.elaborate.errors.statements import UnknownType
from sqsem_dsl.elaborate.lower.budgets import read_quantity
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.declare import declare
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_condition, as_scalar, settled, undefined
from sqsem_dsl.elaborate.lower.priors import lower_prior
from sqsem_dsl.elaborate.lower.scope import Meaning, Scalar, Scope, Template, Tensor
from sqsem_dsl.elaborate.vocabulary import RESERVED, TYPES, known_symbols
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.syntax.maybe import HOLE


def bind(
    builder: Builder, scope: Scope, name: str, meaning: Meaning | Template, span: Span, hides: bool = False
) -> Scope:
    """The scope with one more name. A name that must not be bound is reported and bound anyway; with `hides`, as an
    argument of a block, it may be bound around the block."""
    if name in RESERVED:
        builder.report(ReservedName(span, name, RESERVED[name]))
        builder.refused.add(name)
        return scope
    if name == HOLE:
        return scope
    if not hides and not may_bind(builder, scope, name, span):
        # It is unknown which of the two is meant: reading it is not a second error.
        meaning = replace(meaning, item=builder.broken) if isinstance(meaning, Tensor | Scalar) else meaning
    return scope.bind(name, meaning, span)


def may_bind(builder: Builder, scope: Scope, name: str, span: Span) -> bool:
    """Whether a name is free here; reports it if not."""
    known = scope.names.get(name)
    if known is not None and known.span != span:
        builder.report(DuplicateName(span, name, known.span))
        return False
    return name not in RESERVED


def check_formals(builder: Builder, block: outline.Block) -> None:
    """The errors of a block that do not depend on a use."""
    first: dict[str, Span] = {}
    for formal in block.formals:
        if formal.name in RESERVED:
            builder.report(ReservedName(formal.span, formal.name, RESERVED[formal.name]))
        if formal.name in first:
            builder.report(DuplicateName(formal.span, formal.name, first[formal.name]))
        first.setdefault(formal.name, formal.span)
        if formal.type is not None and formal.type not in TYPES:
            builder.report(UnknownType(formal.span, formal.type, TYPES))


def lower_statements(
    builder: Builder,
    statements: Sequence[nodes.Local],
    scope: Scope,
    defines: Mapping[str, nodes.Expr | nodes.ListOf] | None = None,
) -> tuple[Scope, tuple[ItemId, ...]]:
    """The scope after the statements, and the conditions of their `require` statements."""
    rules: list[ItemId] = []
    for statement in statements:
        match statement:
            case nodes.Const(name=name, value=value):
                given = (defines or {}).get(name, value)
                scope = bind(builder, scope, name, Scalar(_const(builder, given, scope)), statement.span)
            case nodes.Param(name=name, domain=domain):
                values = lower_domain(builder, domain, scope, known_symbols())
                prior = lower_prior(builder, statement.prior, values, scope)
                free = may_bind(builder, scope, name, statement.span)
                item = builder.broken
                if values is not None and free:
                    item = declare(builder, scope, Segment(name), "param", values, statement.span, prior)
                scope = bind(builder, scope, name, Scalar(item), statement.span)
            case nodes.Let(name=name, value=value):
                scope = bind(builder, scope, name, builder.value(value, scope, known_symbols()), statement.span)
            case nodes.Require(condition=condition):
                rule = lower_rule(builder, condition, scope)
                if rule is not None:
                    rules.append(rule)
    return scope, tuple(rules)


def _const(builder: Builder, node: nodes.Expr | nodes.ListOf | nodes.AnyOf, scope: Scope) -> ItemId:
    item = as_scalar(builder, builder.value(node, scope, known_symbols()), node.span)
    return item if settled(builder, item, node.span, "a constant") is not None else builder.broken


def lower_rule(builder: Builder, condition: nodes.Expr, scope: Scope) -> ItemId | None:
    """A condition over choices and shapes. None if it has an error: its cut is then unknown, and no shape can be
    checked."""
    item = _rule(builder, condition, scope)
    if item == builder.broken:
        builder.lost_rule = True
        return None
    builder.rule_spans.setdefault(item, condition.span)
    return item


def _rule(builder: Builder, condition: nodes.Expr, scope: Scope) -> ItemId:
    quantity = read_quantity(condition, scope)
    if quantity is not None:
        return builder.report(BadBudget(quantity.span, "is allowed only in the space itself"))
    item = as_condition(builder, condition, replace(scope, place="rule"))
    if builder.is_real(item):
        return builder.report(RealReaches(condition.span, "a rule"))
    fault = undefined(builder, item)
    return item if fault is None else builder.report(fault)

"""`const`, `param`, `let` and `require`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.choices import BadBudget
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.lower.bind import bind, may_bind
from sqsem_dsl.elaborate.lower.budgets import read_quantity
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.declare import declare
from sqsem_dsl.elaborate.lower.domains import lower_domain
from sqsem_dsl.elaborate.lower.expected import as_condition, as_scalar, settled, undefined
from sqsem_dsl.elaborate.lower.families import lower_family
from sqsem_dsl.elaborate.lower.priors import lower_prior
from sqsem_dsl.elaborate.lower.scope import Scalar, Scope, Tensor
from sqsem_dsl.elaborate.vocabulary import known_symbols
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment


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
            case nodes.Param(name=name, indices=nodes.Indices() as indices):
                family = lower_family(builder, statement, indices, scope)
                scope = bind(builder, scope, name, family, statement.span)
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
            case nodes.LetSeveral(names=names):
                spans = statement.name_spans or tuple(statement.span for _ in names)
                for name, item, span in zip(names, builder.several(statement, scope), spans, strict=True):
                    scope = bind(builder, scope, name, Tensor(item), span)
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

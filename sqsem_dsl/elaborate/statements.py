"""Statements: the names that they bind, and the names that may be bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.budgets import QUANTITIES, Budgets
from sqsem_dsl.elaborate.errors.choices import BadBudget
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.errors.names import DuplicateName, ReservedName
from sqsem_dsl.elaborate.errors.statements import UnknownType
from sqsem_dsl.elaborate.scope import Meaning, Scalar, Scope, Template, Tensor
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import CALLABLE
from sqsem_dsl.operators import TABLE
from sqsem_dsl.syntax.maybe import HOLE

# `channels`, `width` and the like are not included: they are functions only in calls, and good names for params.
RESERVED = {
    **dict.fromkeys((*TABLE, "merge", "extern"), "an operator"),
    **dict.fromkeys(CALLABLE, "a function"),
    **dict.fromkeys(QUANTITIES, "a quantity of `require`"),
    **dict.fromkeys(("true", "false"), "a truth value"),
    "it": "the tensor that flows in",
}
TYPES = ("tensor", "int", "number", "bool", "symbol", "list")


class Statements(Budgets):
    """Elaborates `const`, `param`, `let` and `require`, and binds names."""

    def bind(self, scope: Scope, name: str, meaning: Meaning | Template, span: Span) -> Scope:
        """The scope with one more name. A name that must not be bound is reported and bound anyway."""
        if name in RESERVED:
            self.report(ReservedName(span, name, RESERVED[name]))
            self.refused.add(name)
            return scope
        if name == HOLE:
            return scope
        if not self.may_bind(scope, name, span):
            # It is unknown which of the two is meant: reading it is not a second error.
            meaning = replace(meaning, item=self.broken) if isinstance(meaning, Tensor | Scalar) else meaning
        return scope.bind(name, meaning, span)

    def may_bind(self, scope: Scope, name: str, span: Span) -> bool:
        """Whether a name is free here; reports it if not."""
        known = scope.names.get(name)
        if known is not None and known.span != span:
            self.report(DuplicateName(span, name, known.span))
            return False
        return name not in RESERVED

    def statements(
        self,
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
                    scope = self.bind(scope, name, Scalar(self.const(given, scope)), statement.span)
                case nodes.Param(name=name, domain=domain):
                    values = self.domain(domain, scope, self.known_symbols())
                    free = self.may_bind(scope, name, statement.span)
                    item = self.broken
                    if values is not None and free:
                        item = self.declare(scope, Segment(name), "param", values, statement.span)
                    scope = self.bind(scope, name, Scalar(item), statement.span)
                case nodes.Let(name=name, value=value):
                    scope = self.bind(scope, name, self.value(value, scope, self.known_symbols()), statement.span)
                case nodes.Require(condition=condition):
                    rule = self.rule(condition, scope)
                    if rule is not None:
                        rules.append(rule)
        return scope, tuple(rules)

    def const(self, node: nodes.Expr | nodes.ListOf | nodes.AnyOf, scope: Scope) -> ItemId:
        item = self.scalar(self.value(node, scope, self.known_symbols()), node.span)
        return item if self.settled(item, node.span, "a constant") is not None else self.broken

    def rule(self, condition: nodes.Expr, scope: Scope) -> ItemId | None:
        """A condition over choices and shapes. None if it has an error: its cut is then unknown, and no shape can be
        checked."""
        item = self._rule(condition, scope)
        if item == self.broken:
            self.lost_rule = True
            return None
        self.rule_spans.setdefault(item, condition.span)
        return item

    def _rule(self, condition: nodes.Expr, scope: Scope) -> ItemId:
        quantity = self.quantity(condition)
        if quantity is not None:
            return self.report(BadBudget(quantity.span, "is allowed only in the space itself"))
        item = self.condition(condition, scope)
        if self.is_real(item):
            return self.report(RealReaches(condition.span, "a rule"))
        fault = self.undefined(item)
        return item if fault is None else self.report(fault)

    lost_rule = False
    rule_spans: dict[ItemId, Span]

    # ---- blocks

    def check_formals(self, block: outline.Block) -> None:
        """The errors of a block that do not depend on a use."""
        first: dict[str, Span] = {}
        for formal in block.formals:
            if formal.name in RESERVED:
                self.report(ReservedName(formal.span, formal.name, RESERVED[formal.name]))
            if formal.name in first:
                self.report(DuplicateName(formal.span, formal.name, first[formal.name]))
            first.setdefault(formal.name, formal.span)
            if formal.type is not None and formal.type not in TYPES:
                self.report(UnknownType(formal.span, formal.type, TYPES))

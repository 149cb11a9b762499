"""Statements: what they bind, and which names may be bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqsem_dsl.source import Span
from sqsem_dsl.space import errors
from sqsem_dsl.space.elaborate.budgets import QUANTITIES, Budgets
from sqsem_dsl.space.elaborate.scope import Meaning, Scalar, Scope, Template
from sqsem_dsl.space.graph import ItemId
from sqsem_dsl.space.operators import TABLE
from sqsem_dsl.space.scalars import AXES, CALLABLE
from sqsem_dsl.spec import model

RESERVED = {
    **{name: "an operator" for name in (*TABLE, "merge", "extern")},
    **{name: "a function" for name in (*AXES, *CALLABLE)},
    **{name: "a quantity of `require`" for name in QUANTITIES},
    **{name: "a truth value" for name in ("true", "false")},
    "it": "the tensor that flows in",
}
TYPES = ("tensor", "int", "number", "bool", "symbol", "list")


class Statements(Budgets):
    """Elaborates `const`, `param`, `let` and `require`, and binds names."""

    def bind(self, scope: Scope, name: str, meaning: Meaning | Template, span: Span) -> Scope:
        """The scope with one more name; a name that may not be bound is reported and bound all the same."""
        if name in RESERVED:
            self.report(errors.ReservedName(span, name, RESERVED[name]))
            return scope
        known = scope.names.get(name)
        if known is not None and known.span != span:
            self.report(errors.DuplicateName(span, name, known.span))
        return scope.bind(name, meaning, span)

    def statements(
        self, statements: Sequence[model.Local], scope: Scope, defines: Mapping[str, model.Expr | model.ListOf] | None = None
    ) -> tuple[Scope, tuple[ItemId, ...]]:
        """The scope after the statements, and the conditions that their `require`s put."""
        rules: list[ItemId] = []
        for statement in statements:
            match statement:
                case model.Const(name=name, value=value):
                    given = (defines or {}).get(name, value)
                    scope = self.bind(scope, name, Scalar(self.const(given, scope)), statement.span)
                case model.Param(name=name, domain=domain):
                    values = self.domain(domain, scope, self.known_symbols())
                    item = self.broken if values is None else self.declare(scope, name, "param", values, statement.span)
                    scope = self.bind(scope, name, Scalar(item), statement.span)
                case model.Let(name=name, value=value):
                    scope = self.bind(scope, name, self.value(value, scope, self.known_symbols()), statement.span)
                case model.Require(condition=condition):
                    rule = self.rule(condition, scope)
                    if rule is not None:
                        rules.append(rule)
        return scope, tuple(rules)

    def const(self, node: model.Expr | model.ListOf | model.AnyOf, scope: Scope) -> ItemId:
        item = self.scalar(self.value(node, scope, self.known_symbols()), node.span)
        if item != self.broken and not self.is_static(item):
            return self.report(errors.NotStatic(node.span, "a constant"))
        return item

    def rule(self, condition: model.Expr, scope: Scope) -> ItemId | None:
        """A condition over choices and shapes; None where it is in error."""
        quantity = self.quantity(condition)
        if quantity is not None:
            self.report(errors.BadBudget(quantity.span, "may stand only in the space itself"))
            return None
        item = self.scalar(self.value(condition, scope), condition.span)
        if item == self.broken:
            return None
        if self.is_real(item):
            self.report(errors.RealReaches(condition.span, "a rule"))
            return None
        self.rule_spans.setdefault(item, condition.span)
        if self.is_static(item):
            value = self.static(item)
            if not isinstance(value, bool):
                self.report(errors.WrongType(condition.span, "a condition", self.describe(item), "compare it with something"))
                return None
        return item

    rule_spans: dict[ItemId, Span]

    # ---- blocks

    def check_formals(self, block: model.Block) -> None:
        """What can be said of a block before it is used."""
        first: dict[str, Span] = {}
        for formal in block.formals:
            if formal.name in RESERVED:
                self.report(errors.ReservedName(formal.span, formal.name, RESERVED[formal.name]))
            if formal.name in first:
                self.report(errors.DuplicateName(formal.span, formal.name, first[formal.name]))
            first.setdefault(formal.name, formal.span)
            if formal.type is not None and formal.type not in TYPES:
                self.report(errors.UnknownType(formal.span, formal.type, TYPES))




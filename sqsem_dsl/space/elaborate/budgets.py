"""Budgets: linear comparisons over the quantities of an architecture."""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.space import errors
from sqsem_dsl.space.elaborate.scope import Scope
from sqsem_dsl.space.elaborate.structures import Structures
from sqsem_dsl.space.graph import Budget
from sqsem_dsl.space.scalars import is_number
from sqsem_dsl.spec import model

QUANTITIES = ("params", "trainable_params", "macs", "activations", "weighted_layers")
RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
Linear = tuple[dict[str, Fraction], Fraction]


class NotLinear(Exception):
    def __init__(self, node: model.Node, reason: str) -> None:
        super().__init__(reason)
        self.node, self.reason = node, reason


class Budgets(Structures):
    """Elaborates `require`s that read quantities."""

    def quantity(self, node: object) -> model.Name | None:
        """The first name of a quantity in an expression."""
        match node:
            case model.Name(name=name):
                return node if name in QUANTITIES else None
            case model.Node():
                values = (getattr(node, field) for field in type(node).model_fields if field != "span")
                return next((found for value in values if (found := self.quantity(value)) is not None), None)
            case tuple():
                return next((found for value in node if (found := self.quantity(value)) is not None), None)
            case _:
                return None

    def budgets(self, node: model.Expr, scope: Scope) -> tuple[Budget, ...]:
        """The budgets in a condition: comparisons joined by `and`."""
        try:
            return tuple(self._comparison(part, scope) for part in self._conjuncts(node))
        except NotLinear as wrong:
            self.report(errors.BadBudget(wrong.node.span, wrong.reason))
            return ()

    def _conjuncts(self, node: model.Expr) -> tuple[model.Expr, ...]:
        match node:
            case model.Binary(operator="and", left=left, right=right):
                return (*self._conjuncts(left), *self._conjuncts(right))
            case _:
                return (node,)

    def _comparison(self, node: model.Expr, scope: Scope) -> Budget:
        match node:
            case model.Binary(operator=relation, left=left, right=right) if relation in RELATIONS:
                terms, constant = self._linear(left, scope)
                others, subtracted = self._linear(right, scope)
                for name, factor in others.items():
                    terms[name] = terms.get(name, Fraction(0)) - factor
                kept = tuple((name, factor) for name, factor in terms.items() if factor)
                if not kept:
                    raise NotLinear(node, "compares no quantity")
                return Budget(kept, constant - subtracted, relation, node.span.text, node.span)
            case _:
                raise NotLinear(node, "is a comparison, or several joined by `and`")

    def _linear(self, node: model.Expr, scope: Scope) -> Linear:
        match node:
            case model.Name(name=name) if name in QUANTITIES:
                return {name: Fraction(1)}, Fraction(0)
            case model.Unary(operator="-", operand=operand):
                return self._scaled(self._linear(operand, scope), Fraction(-1))
            case model.Binary(operator="+" | "-" as sign, left=left, right=right):
                terms, constant = self._linear(left, scope)
                others, more = self._scaled(self._linear(right, scope), Fraction(1 if sign == "+" else -1))
                return {n: terms.get(n, Fraction(0)) + others.get(n, Fraction(0)) for n in {**terms, **others}}, constant + more
            case model.Binary(operator="*" | "/" as sign, left=left, right=right) if self.quantity(node) is not None:
                a, b = self._linear(left, scope), self._linear(right, scope)
                if sign == "*" and not a[0]:
                    return self._scaled(b, a[1])
                if not b[0] and (sign == "*" or b[1]):
                    return self._scaled(a, b[1] if sign == "*" else 1 / b[1])
                raise NotLinear(node, "is linear: a quantity times a number")
            case _:
                if (inner := self.quantity(node)) is not None:
                    raise NotLinear(inner, "is a sum of quantities times numbers")
                item = self.scalar(self.value(node, scope), node.span)
                value = self.static(item)
                if item != self.broken and not self.is_static(item):
                    raise NotLinear(node, "reads no choice: its bound is a number")
                if not is_number(value):
                    raise NotLinear(node, "compares numbers")
                return {}, Fraction(value)

    @staticmethod
    def _scaled(linear: Linear, factor: Fraction) -> Linear:
        return {name: f * factor for name, f in linear[0].items()}, linear[1] * factor

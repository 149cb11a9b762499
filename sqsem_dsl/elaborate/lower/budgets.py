"""Budgets: linear comparisons over the quantities of an architecture."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.choices import BadBudget
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.expected import as_number, undefined
from sqsem_dsl.elaborate.lower.scope import Scope
from sqsem_dsl.elaborate.resolve.names import choice_names
from sqsem_dsl.elaborate.vocabulary import LATER_QUANTITIES, QUANTITIES
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.ir.scalars import is_number
from sqsem_dsl.network.memory import BYTES

RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
BUDGET = "compare a sum of quantities with a number, in the space itself: `require params <= 1.25M`"
Linear = tuple[dict[str, Fraction], Fraction]


class NotLinear(Exception):
    """A term that is not allowed in a budget; the reason is empty if it is already reported."""

    def __init__(self, node: nodes.Node, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.node, self.reason, self.remedy = node, reason, remedy


def quantities(bound: Collection[str], home: object) -> frozenset[str]:
    """The names that are quantities at a place in the text, where some names are bound or symbols. `home` is the space
    or the block around it, whose choices have names, too."""
    hidden = {name for name in LATER_QUANTITIES if name in bound}
    if len(hidden) < len(LATER_QUANTITIES):
        hidden |= set(LATER_QUANTITIES) & set(choice_names(home))
    return frozenset(QUANTITIES) - hidden


def quantity_in(node: object, known: Collection[str]) -> nodes.Name | None:
    """The first name of a quantity in an expression, of those `known` at its place."""
    match node:
        case nodes.Name(name=name):
            return node if name in known else None
        case nodes.ChoicePath(steps=steps):
            return quantity_in(tuple(step.indices for step in steps if isinstance(step, nodes.Item)), known)
        case nodes.Node():
            return next((found for value in node.parts() if (found := quantity_in(value, known)) is not None), None)
        case tuple():
            return next((found for value in node if (found := quantity_in(value, known)) is not None), None)
        case _:
            return None


def read_quantity(node: nodes.Expr, scope: Scope) -> nodes.Name | None:
    """The first name of a quantity in a condition of a `require`."""
    return quantity_in(node, _known(scope))


def _known(scope: Scope) -> frozenset[str]:
    return quantities({*scope.names, *scope.symbols}, scope.home)


def lower_budgets(builder: Builder, node: nodes.Expr, scope: Scope) -> tuple[Budget, ...]:
    """The budgets in a condition: comparisons joined by `and`."""
    try:
        known = _known(scope)
        return tuple(_comparison(builder, part, scope, known) for part in _conjuncts(node, known))
    except NotLinear as wrong:
        if wrong.reason:
            builder.report(BadBudget(wrong.node.span, wrong.reason, wrong.remedy or BUDGET))
        return ()


def _conjuncts(node: nodes.Expr, known: Collection[str]) -> tuple[nodes.Expr, ...]:
    match node:
        case nodes.Binary(operator="and", left=left, right=right):
            for side in (left, right):
                if quantity_in(side, known) is None:
                    remedy = "write the rule in a separate `require`"
                    raise NotLinear(side, "must not be joined with a rule", remedy)
            return (*_conjuncts(left, known), *_conjuncts(right, known))
        case _:
            return (node,)


def _comparison(builder: Builder, node: nodes.Expr, scope: Scope, known: Collection[str]) -> Budget:
    match node:
        case nodes.Binary(operator=relation, left=left, right=right) if relation in RELATIONS:
            terms, constant = _linear(builder, left, scope, known)
            others, subtracted = _linear(builder, right, scope, known)
            for name, factor in others.items():
                terms[name] = terms.get(name, Fraction(0)) - factor
            kept = tuple((name, factor) for name, factor in terms.items() if factor)
            if not kept:
                remedy = "write the rule in a separate `require`" if quantity_in(node, known) is None else None
                raise NotLinear(node, "must compare a quantity", remedy)
            return Budget(kept, constant - subtracted, relation, node.span.text, node.span)
        case _:
            raise NotLinear(node, "must be a comparison, or several joined by `and`")


def _linear(builder: Builder, node: nodes.Expr, scope: Scope, known: Collection[str]) -> Linear:
    match node:
        case nodes.Name(name="flash") if "flash" in known:
            return {"params": Fraction(BYTES)}, Fraction(0)
        case nodes.Name(name=name) if name in known:
            return {name: Fraction(1)}, Fraction(0)
        case nodes.Unary(operator="-", operand=operand):
            return _scaled(_linear(builder, operand, scope, known), Fraction(-1))
        case nodes.Binary(operator="+" | "-" as sign, left=left, right=right):
            terms, constant = _linear(builder, left, scope, known)
            others, more = _scaled(_linear(builder, right, scope, known), Fraction(1 if sign == "+" else -1))
            return {
                n: terms.get(n, Fraction(0)) + others.get(n, Fraction(0)) for n in {**terms, **others}
            }, constant + more
        case nodes.Binary(operator="*" | "/" as sign, left=left, right=right) if quantity_in(node, known) is not None:
            a, b = _linear(builder, left, scope, known), _linear(builder, right, scope, known)
            if sign == "*" and not a[0]:
                return _scaled(b, a[1])
            if not b[0] and (sign == "*" or b[1]):
                return _scaled(a, b[1] if sign == "*" else 1 / b[1])
            raise NotLinear(node, "must be linear: quantities times numbers, added up")
        case _:
            if (inner := quantity_in(node, known)) is not None:
                raise NotLinear(inner, "must be linear: quantities times numbers, added up")
            item = as_number(builder, node, scope)
            if item == builder.broken:
                raise NotLinear(node, "")
            fault = undefined(builder, item)
            if fault is not None:
                builder.report(fault)
                raise NotLinear(node, "")
            value = builder.static(item)
            if not is_number(value):
                raise NotLinear(node, "must compare with a number that does not depend on a choice")
            return {}, Fraction(value)


def _scaled(linear: Linear, factor: Fraction) -> Linear:
    return {name: f * factor for name, f in linear[0].items()}, linear[1] * factor

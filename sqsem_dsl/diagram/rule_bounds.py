"""Bounds on the numbers of a rule. They decide most comparisons before all numbers are known: `count(…) <= 4` is broken
by the fifth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeGuard

from sqsem_dsl.diagram.rule_nodes import Applied, Bounds, Known, Number, Read, Sum, Term, Total
from sqsem_dsl.ir.approximate import Approximate
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.context import Context, assignments, value_of
from sqsem_dsl.ir.graph import Declared, Draw, Item, ItemId
from sqsem_dsl.ir.scalars import Undefined, compute, is_number
from sqsem_dsl.operators.row import Value
from sqsem_dsl.utils.effort import Effort

MAX_TERM_STEPS = 20_000
"""Steps to find the values of one term."""
SMALL = 10**6
MAX_SUM = 10**12
"""Sums within this number are far from the largest number, so that they are defined."""
COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))


class Ranges:
    """The least and the greatest values of choices and of terms."""

    def __init__(self, items: Sequence[Item], choices: Sequence[Declared]) -> None:
        self.items, self.choices = items, choices
        self._known: dict[ItemId, tuple[int, int] | None] = {}

    def of(self, item: ItemId) -> tuple[int, int] | None:
        """Those of a choice of whole numbers that are not large; None for another item."""
        if item not in self._known:
            node = self.items[item]
            domain = self.choices[node.choice].domain if isinstance(node, Draw) else None
            values = domain.values if isinstance(domain, Categorical) else ()
            whole = [value for value in values if type(value) is int and abs(value) <= SMALL]
            self._known[item] = (min(whole), max(whole)) if whole and len(whole) == len(values) else None
        return self._known[item]

    def added(self, term: ItemId) -> Bounds | None:
        """The least and the most that a term of a `count(…)` or `sum(…)` adds, 0 included; None if it is not known, or
        if the term may be undefined."""
        ways = assignments(self.items, self.choices, term, Context(), Effort(MAX_TERM_STEPS))
        if ways is None:
            return None
        values: list[Number] = [0]
        for way in ways:
            try:
                value = value_of(self.items, term, way)
            except Undefined:
                return None
            if not is_exact(value):
                return None
            values.append(value)
        return min(values), max(values)

    def decided(self, comparison: str, one: Term, other: Term) -> bool | None:
        """Whether a comparison with a sum holds, if all values of its sums agree."""
        if not isinstance(one, Sum | Total | Applied) and not isinstance(other, Sum | Total | Applied):
            return None
        left, right = self._bounds(one), self._bounds(other)
        return None if left is None or right is None else compared(comparison, left, right)

    def _bounds(self, term: Term) -> Bounds | None:
        """The least and the greatest value of a term; None if they are not known, or if it may have no value."""
        match term:
            case Known(value=value):
                return (value, value) if is_exact(value) else None
            case Read(item=item):
                return self.of(item)
            case Sum(low=low, high=high):
                return low, high
            case Total(bounds=bounds):
                return bounds
            case Applied(function="+" | "-" as sign, arguments=(one, more)):
                left, right = self._bounds(one), self._bounds(more)
                if right is not None and sign == "-":
                    right = -right[1], -right[0]
                return summed((left, right))
            case _:
                return None


def is_exact(value: object) -> TypeGuard[Number]:
    return not isinstance(value, Approximate) and is_number(value)  # type: ignore[arg-type]


def plus(so_far: Value | Undefined, value: Value) -> Value | Undefined:
    """A total with one value more. It keeps the first reason why there is none."""
    if isinstance(so_far, Undefined):
        return so_far
    try:
        return compute("+", (so_far, value))
    except Undefined as undefined:
        return undefined


def summed(several: Iterable[Bounds | None]) -> Bounds | None:
    """The bounds of a sum; None if they are not known, or if the sum may be too large."""
    low: Number = 0
    high: Number = 0
    for bounds in several:
        if bounds is None:
            return None
        low, high = low + bounds[0], high + bounds[1]
    return (low, high) if low >= -MAX_SUM and high <= MAX_SUM else None


def compared(relation: str, left: Bounds, right: Bounds) -> bool | None:
    """Whether a comparison holds for all values within the bounds, for none, or (None) for some."""
    (a, b), (c, d) = left, right
    match relation:
        case "<":
            return True if b < c else False if a >= d else None
        case "<=":
            return True if b <= c else False if a > d else None
        case ">":
            return compared("<", right, left)
        case ">=":
            return compared("<=", right, left)
        case _:
            apart = b < c or d < a
            same = a == b == c == d
            truth = False if apart else True if same else None
            return truth if relation == "==" or truth is None else not truth

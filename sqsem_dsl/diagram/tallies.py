"""The `count(…)` and `sum(…)` of rules in force: a total so far, and the terms that are still open.

A term is added as soon as all that it reads is known; one that reads something that can no longer become active counts
0. States with the same total and the same open terms are one, so the states do not grow with the choices that are
counted. Bounds on the open terms decide most rules early: `count(…) <= 4` is broken by the fifth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import TypeGuard

from sqsem_dsl.diagram.rule_readers import Failed
from sqsem_dsl.ir.approximate import Approximate
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.context import Context, assignments, value_of
from sqsem_dsl.ir.graph import Apply, Declared, If, Item, ItemId, Tally
from sqsem_dsl.ir.scalars import Undefined, compute, is_number
from sqsem_dsl.utils.effort import Effort

MAX_TERM_STEPS = 20_000
"""Steps to find the values of one term."""
Number = int | Fraction | float
Bounds = tuple[Number, Number]
EVERY: Bounds = (-inf, inf)
Totals = Mapping[ItemId, tuple[object, tuple[ItemId, ...]]]
"""Tallies, each with its total and its open terms."""
Read = Callable[[ItemId], object]
"""Returns the value of a scalar of which all that it reads is known. May raise."""


Left = tuple[tuple[ItemId, ...], ...]
"""The open terms of each tally of a rule."""


@dataclass(frozen=True, slots=True)
class Open:
    """The tallies of a rule in force, in order: for each its total, or why there is none, and its open terms."""

    totals: tuple[object, ...]
    left: Left

    @property
    def terms(self) -> frozenset[ItemId]:
        """The open terms of all tallies."""
        return frozenset(term for left in self.left for term in left)


class Tallies:
    """The tallies of the rules of a graph, and what they come to."""

    def __init__(self, items: Sequence[Item], choices: Sequence[Declared]) -> None:
        self.items, self.choices = items, choices
        self.some = any(isinstance(item, Tally) for item in items)
        """Whether any rule has one."""
        self._below: dict[ItemId, tuple[ItemId, ...]] = {}
        self._ranges: dict[ItemId, Bounds] = {}
        self._sums: dict[tuple[ItemId, ...], Bounds] = {}

    def of(self, rule: ItemId) -> tuple[ItemId, ...]:
        """The tallies that a scalar reads."""
        known = self._below.get(rule)
        if known is None:
            pending, found = {rule: None}, [rule]
            for item in found:
                node = self.items[item]
                if isinstance(node, Apply | If):
                    fresh = [child for child in dict.fromkeys(children(node)) if child not in pending]
                    pending.update(dict.fromkeys(fresh))
                    found.extend(fresh)
            known = self._below[rule] = tuple(item for item in found if isinstance(self.items[item], Tally))
        return known

    def opened(self, rule: ItemId) -> Open:
        """The tallies of a rule that comes into force."""
        several = [self.items[item] for item in self.of(rule)]
        return Open((0,) * len(several), tuple(tally.terms for tally in several if isinstance(tally, Tally)))

    # ---- terms

    def added(self, state: Open, known: Callable[[ItemId], bool], read: Read) -> Open:
        """The tallies after the terms that are known now are added."""
        totals, lefts = [], []
        for total, left in zip(state.totals, state.left, strict=True):
            rest = []
            for term in left:
                if known(term):
                    total = self._plus(total, term, read)
                else:
                    rest.append(term)
            totals.append(total)
            lefts.append(tuple(rest))
        return Open(tuple(totals), tuple(lefts))

    def without(self, state: Open, terms: frozenset[ItemId]) -> Open:
        """The tallies without open terms that can no longer be active."""
        return Open(state.totals, tuple(tuple(term for term in left if term not in terms) for left in state.left))

    def _plus(self, total: object, term: ItemId, read: Read) -> object:
        """The total with a term. A term that reads a tensor that failed outweighs one that is undefined."""
        try:
            value = read(term)
            return total if isinstance(total, Exception) else compute("+", (total, value))  # type: ignore[arg-type]
        except Undefined as undefined:
            return total if isinstance(total, Exception) else undefined
        except Failed as failed:
            return total if isinstance(total, Exception) and not isinstance(total, Undefined) else failed

    # ---- bounds

    def decided(self, rule: ItemId, state: Open, read: Read) -> bool | None:
        """Whether a rule holds whatever the open terms are; None if that depends on them. All else that the rule reads
        is known."""
        totals = dict(zip(self.of(rule), zip(state.totals, state.left, strict=True), strict=True))
        return self._truth(rule, totals, read)

    def _truth(self, item: ItemId, totals: Totals, read: Read) -> bool | None:
        match self.items[item]:
            case _ if not self.of(item):
                value = self._plain(item, read)
                return value if isinstance(value, bool) else None
            case Apply(function="<" | "<=" | ">" | ">=" | "==" | "!=" as relation, arguments=(left, right)):
                return _compared(relation, self._bounds(left, totals, read), self._bounds(right, totals, read))
            case Apply(function="not", arguments=(one,)):
                truth = self._truth(one, totals, read)
                return None if truth is None else not truth
            case If(test=test, then=then, other=other):
                truth = self._truth(test, totals, read)
                return None if truth is None else self._truth(then if truth else other, totals, read)
            case _:
                return None

    def _bounds(self, item: ItemId, totals: Totals, read: Read) -> Bounds:
        match self.items[item]:
            case Tally():
                total, left = totals[item]
                if not _is_exact(total):
                    return EVERY
                bounds = self._sums.get(left)
                if bounds is None:
                    ranges = [self.range(term) for term in left]
                    bounds = self._sums[left] = sum(low for low, _ in ranges), sum(high for _, high in ranges)
                return total + bounds[0], total + bounds[1]
            case _ if not self.of(item):
                value = self._plain(item, read)
                return (value, value) if _is_exact(value) else EVERY
            case Apply(function="+" | "-" as sign, arguments=(left, right)):
                (a, b), (c, d) = self._bounds(left, totals, read), self._bounds(right, totals, read)
                return (a + c, b + d) if sign == "+" else (a - d, b - c)
            case _:
                return EVERY

    def _plain(self, item: ItemId, read: Read) -> object:
        """A value without tallies; None if there is none."""
        try:
            return read(item)
        except (Undefined, Failed):  # decided later, when the rule is read
            return None

    def range(self, term: ItemId) -> Bounds:
        """The least and the most that a term adds, 0 included."""
        known = self._ranges.get(term)
        if known is None:
            known = self._ranges[term] = self._range(term)
        return known

    def _range(self, term: ItemId) -> Bounds:
        ways = assignments(self.items, self.choices, term, Context(), Effort(MAX_TERM_STEPS))
        if ways is None:
            return EVERY
        low: Number = 0
        high: Number = 0
        for way in ways:
            try:
                value = value_of(self.items, term, way)
            except Undefined:
                return EVERY
            if not _is_exact(value):
                return EVERY
            low, high = min(low, value), max(high, value)
        return low, high


def _is_exact(value: object) -> TypeGuard[int | Fraction]:
    return not isinstance(value, Approximate) and is_number(value)  # type: ignore[arg-type]


def _compared(relation: str, left: Bounds, right: Bounds) -> bool | None:
    """Whether a comparison holds for all values within the bounds, for none, or (None) for some."""
    (a, b), (c, d) = left, right
    match relation:
        case "<":
            return True if b < c else False if a >= d else None
        case "<=":
            return True if b <= c else False if a > d else None
        case ">":
            return _compared("<", right, left)
        case ">=":
            return _compared("<=", right, left)
        case _:
            apart = b < c or d < a
            same = a == b == c == d
            truth = False if apart else True if same else None
            return truth if relation == "==" or truth is None else not truth

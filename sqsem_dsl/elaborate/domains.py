"""Domains: lists and ranges that are known before any choice is made."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.core import MAX_VALUES, Core
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import BadRange, EmptyDomain, RepeatedValue
from sqsem_dsl.elaborate.errors.statements import WrongType
from sqsem_dsl.elaborate.scope import Scope
from sqsem_dsl.ir.choices import Categorical, Continuous, Domain, Kind, show
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import is_number
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.row import Value

DEPENDENT = "domains are fixed: write the widest one, and restrict it with a `require` on both choices"
MODES = ("none", "identity", "fit", "project", "auto")


@cache
def _symbols() -> tuple[str, ...]:
    known = {*HOWS, *MODES}
    for row in TABLE.values():
        for attribute in row.attributes:
            known.update(attribute.symbols)
    return tuple(sorted(known))


class Domains(Core):
    """Elaborates domains and their choices."""

    @staticmethod
    def known_symbols() -> tuple[str, ...]:
        """Every symbol of an operator or structure: the possible values of a `const` or a `param`."""
        return _symbols()

    def any_of(
        self, node: nodes.Domain, scope: Scope, symbols: Sequence[str], at: tuple[Segment, ...], span: Span
    ) -> ItemId:
        """`any DOMAIN` in an argument; `at` is the operator (or label) and the argument."""
        if not at:
            remedy = "give it a name: `param NAME in …`, and use the name"
            return self.report(WrongType(span, "a value", "`any` inside an expression", remedy))
        domain = self.domain(node, scope, symbols)
        if domain is None:
            return self.broken
        return self.declare(scope.within(*at[:-1]), at[-1], self._any_kind(), domain, span)

    @staticmethod
    def _any_kind() -> Kind:
        return "any"

    def domain(self, node: nodes.Domain, scope: Scope, symbols: Sequence[str] = ()) -> Domain | None:
        """A domain's values; None if it has an error."""
        match node:
            case nodes.ListOf():
                return self._list(node, scope, symbols)
            case nodes.Range():
                return self._range(node, scope)

    def _list(self, node: nodes.ListOf, scope: Scope, symbols: Sequence[str]) -> Categorical | None:
        if len(node.items) > MAX_VALUES:
            self.report(TooLarge(node.span, f"a domain of {len(node.items):,} values", MAX_VALUES))
            return None
        values: list[Value] = []
        seen: set[tuple[type, Value]] = set()
        failed = False
        for entry in node.items:
            item = self.scalar(self.value(entry, scope, symbols or self.known_symbols()), entry.span)
            known = self.settled(item, entry.span, "a value of a domain", DEPENDENT)
            if known is None:
                failed = True
                continue
            (value,) = known
            if (type(value), value) in seen:
                self.report(RepeatedValue(entry.span, f"`{show(value)}`"))
                failed = True
            seen.add((type(value), value))
            values.append(value)
        return None if failed else Categorical(tuple(values))

    def _bound(self, node: nodes.Expr, scope: Scope) -> int | Fraction | None:
        item = self.scalar(self.value(node, scope), node.span)
        known = self.settled(item, node.span, "a bound of a range", DEPENDENT)
        if known is None:
            return None
        if not is_number(known[0]):
            self.report(WrongType(node.span, "a number", self.describe(item)))
            return None
        return known[0]

    @staticmethod
    def _written_whole(node: nodes.Expr, value: int | Fraction) -> bool:
        if isinstance(node, nodes.Number):
            return node.written_whole
        return Fraction(value).denominator == 1

    def _range(self, node: nodes.Range, scope: Scope) -> Domain | None:
        low, high = self._bound(node.low, scope), self._bound(node.high, scope)
        step = None if node.step is None else self._bound(node.step, scope)
        if low is None or high is None or (node.step is not None and step is None):
            return None
        if low > high:
            self.report(EmptyDomain(node.span, f"{show(low)} is greater than {show(high)}"))
            return None
        whole = self._written_whole(node.low, low) and self._written_whole(node.high, high)
        if node.log and (low <= 0 or step is not None or whole):
            if low <= 0:
                message, remedy = f"a `log` range cannot start at {show(low)}", "start it above 0: `1e-4..1e-2 log`"
            elif step is not None:
                message, remedy = "a range has either a `step` or `log`", "remove one of them, or list the values"
            else:
                message, remedy = "a `log` range is of real numbers", "write its ends with a point: `1.0..64.0 log`"
            self.report(BadRange(node.span, message, remedy))
            return None
        if step is not None and (step <= 0 or (whole and Fraction(step).denominator != 1)):
            self.report(
                BadRange(
                    node.step.span if node.step is not None else node.span,
                    f"the step is {show(step)}",
                    "a step is greater than 0, and whole in a range of whole numbers",
                )
            )
            return None
        if not whole and step is None:
            if low == high:
                return Categorical((low,))
            return Continuous(Fraction(low), Fraction(high), node.log)
        width = Fraction(1 if step is None else step)
        count = int((high - low) // width) + 1
        if count > MAX_VALUES:
            self.report(TooLarge(node.span, f"a domain of {count:,} values", MAX_VALUES))
            return None
        exact = [low + k * width for k in range(count)]
        return Categorical(tuple(v.numerator if Fraction(v).denominator == 1 else v for v in map(Fraction, exact)))

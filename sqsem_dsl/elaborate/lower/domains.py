"""Domains: lists and ranges that are known before any choice is made."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.choices import TooLarge
from sqsem_dsl.elaborate.errors.domains import BadRange, EmptyDomain, RepeatedValue
from sqsem_dsl.elaborate.errors.statements import WrongType
from sqsem_dsl.elaborate.lower.builder import MAX_VALUES, Builder
from sqsem_dsl.elaborate.lower.declare import declare
from sqsem_dsl.elaborate.lower.expected import as_scalar, describe, settled
from sqsem_dsl.elaborate.lower.priors import lower_prior
from sqsem_dsl.elaborate.lower.scope import Scope
from sqsem_dsl.elaborate.vocabulary import known_symbols
from sqsem_dsl.ir.choices import Categorical, Continuous, Domain, show
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import is_number
from sqsem_dsl.operators.row import Value

DEPENDENT = "domains are fixed: write the widest one, and restrict it with a `require` on both choices"


def lower_any(
    builder: Builder, node: nodes.AnyOf, scope: Scope, symbols: Sequence[str], at: tuple[Segment, ...]
) -> ItemId:
    """`any DOMAIN` in an argument; `at` is the operator (or label) and the argument."""
    if not at:
        remedy = "give it a name: `param NAME in …`, and use the name"
        return builder.report(WrongType(node.span, "a value", "`any` inside an expression", remedy))
    domain = lower_domain(builder, node.domain, scope, symbols)
    prior = lower_prior(builder, node.prior, domain, scope)
    if domain is None:
        return builder.broken
    return declare(builder, scope.within(*at[:-1]), at[-1], "any", domain, node.span, prior)


def lower_domain(builder: Builder, node: nodes.Domain, scope: Scope, symbols: Sequence[str] = ()) -> Domain | None:
    """A domain's values; None if it has an error."""
    match node:
        case nodes.ListOf():
            return _list(builder, node, scope, symbols)
        case nodes.Range():
            return _range(builder, node, scope)


def _list(builder: Builder, node: nodes.ListOf, scope: Scope, symbols: Sequence[str]) -> Categorical | None:
    if len(node.items) > MAX_VALUES:
        builder.report(TooLarge(node.span, f"a domain of {len(node.items):,} values", MAX_VALUES))
        return None
    values: list[Value] = []
    seen: set[tuple[type, Value]] = set()
    failed = False
    for entry in node.items:
        item = as_scalar(builder, builder.value(entry, scope, symbols or known_symbols()), entry.span)
        known = settled(builder, item, entry.span, "a value of a domain", DEPENDENT)
        if known is None:
            failed = True
            continue
        (value,) = known
        if (type(value), value) in seen:
            builder.report(RepeatedValue(entry.span, f"`{show(value)}`"))
            failed = True
        seen.add((type(value), value))
        values.append(value)
    return None if failed else Categorical(tuple(values))


def _bound(builder: Builder, node: nodes.Expr, scope: Scope) -> int | Fraction | None:
    item = as_scalar(builder, builder.value(node, scope), node.span)
    known = settled(builder, item, node.span, "a bound of a range", DEPENDENT)
    if known is None:
        return None
    if not is_number(known[0]):
        builder.report(WrongType(node.span, "a number", describe(builder, item)))
        return None
    return known[0]


def _written_whole(node: nodes.Expr, value: int | Fraction) -> bool:
    if isinstance(node, nodes.Number):
        return node.written_whole
    return Fraction(value).denominator == 1


def _range(builder: Builder, node: nodes.Range, scope: Scope) -> Domain | None:
    low, high = _bound(builder, node.low, scope), _bound(builder, node.high, scope)
    step = None if node.step is None else _bound(builder, node.step, scope)
    if low is None or high is None or (node.step is not None and step is None):
        return None
    if low > high:
        builder.report(EmptyDomain(node.span, f"{show(low)} is greater than {show(high)}"))
        return None
    whole = _written_whole(node.low, low) and _written_whole(node.high, high)
    if node.log and (low <= 0 or step is not None or whole):
        if low <= 0:
            message, remedy = f"a `log` range cannot start at {show(low)}", "start it above 0: `1e-4..1e-2 log`"
        elif step is not None:
            message, remedy = "a range has either a `step` or `log`", "remove one of them, or list the values"
        else:
            message, remedy = "a `log` range is of real numbers", "write its ends with a point: `1.0..64.0 log`"
        builder.report(BadRange(node.span, message, remedy))
        return None
    if step is not None and (step <= 0 or (whole and Fraction(step).denominator != 1)):
        builder.report(
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
        builder.report(TooLarge(node.span, f"a domain of {count:,} values", MAX_VALUES))
        return None
    exact = [low + k * width for k in range(count)]
    return Categorical(tuple(v.numerator if Fraction(v).denominator == 1 else v for v in map(Fraction, exact)))

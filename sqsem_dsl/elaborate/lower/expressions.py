"""Names, arithmetic, conditions, comparisons, lists, and functions of scalars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.choices import SeveralEntries, TooLarge
from sqsem_dsl.elaborate.errors.names import NoIt, UnknownName, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import MissingArgument, TooManyArguments, WrongType
from sqsem_dsl.elaborate.lower.builder import MAX_VALUES, Builder
from sqsem_dsl.elaborate.lower.choice_paths import lower_choice_name, lower_unknown
from sqsem_dsl.elaborate.lower.expected import (
    TENSORS,
    as_condition,
    as_number,
    as_numeric,
    as_scalar,
    as_tensor,
    describe,
    kinds_of,
)
from sqsem_dsl.elaborate.lower.families import lower_family_name, lower_member_of
from sqsem_dsl.elaborate.lower.scope import Family, Meaning, Scalar, Scope, Template, Tensor
from sqsem_dsl.elaborate.vocabulary import known_symbols, signature_of
from sqsem_dsl.ir.faults import BadOperand
from sqsem_dsl.ir.graph import Dim, Input, ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.row import Value


def lower_name(builder: Builder, node: nodes.Name, scope: Scope, symbols: Sequence[str] = ()) -> Meaning:
    """The meaning of a bare name where a value is expected."""
    bound = scope.names.get(node.name)
    match bound.meaning if bound is not None else None:
        case Family() as family:
            return Scalar(lower_family_name(builder, node, family))
        case Tensor() | Scalar() as meaning:
            return meaning
        case _:
            pass
    if node.name in builder.refused:
        return Scalar(builder.broken)
    if node.name == "it":
        if scope.it is None:
            return Tensor(builder.report(NoIt(node.span)))
        return Tensor(scope.it)
    if node.name in ("true", "false"):
        return Scalar(builder.constant(node.name == "true"))
    if node.name in symbols or (node.name in scope.symbols and set(symbols) >= set(known_symbols())):
        return Scalar(builder.constant(node.name))
    if (choice := lower_choice_name(builder, node, scope)) is not None:
        return Scalar(choice)
    if bound is None and builder.maybe.value(node.name) and node.name not in TABLE:
        return Tensor(builder.broken)
    if bound is not None or node.name in TABLE:
        kind = "a block" if bound is not None else "an operator"
        remedy = f"write `x -> {node.name}(…)` to apply it to a tensor"
        return Scalar(builder.report(WrongType(node.span, "a value", f"{kind}, `{node.name}`", remedy)))
    if node.name not in known_symbols() and node.name not in scope.symbols:
        return Scalar(lower_unknown(builder, node, scope))
    return Scalar(builder.report(_misplaced(builder, node, scope, symbols)))


def _misplaced(builder: Builder, node: nodes.Name, scope: Scope, symbols: Sequence[str]) -> Diagnostic:
    """A symbol where it means nothing. `resolve` accepts every symbol, since it does not know all types."""
    if symbols and set(symbols) != set(known_symbols()):
        return UnknownSymbol(node.span, node.name, "symbol", tuple(symbols))
    known = tuple(name for name, bound in scope.names.items() if not isinstance(bound.meaning, Template))
    return UnknownName(node.span, node.name, known, remedy=builder.elsewhere.remedy(node.name, bool(scope.calls)))


MAX_OPTIONS = 512
"""Values on the right of `in`."""


def lower_item(builder: Builder, node: nodes.Item, scope: Scope) -> ItemId:
    """An entry of a list, `widths[i]`, or a choice of a family, `edge[i][j]`."""
    bound = scope.names.get(node.name)
    if bound is not None and isinstance(bound.meaning, Family):
        return lower_member_of(builder, node, bound.meaning, scope)
    place = Span(node.span.source, node.span.start, node.span.start + len(node.name))
    table = nodes.Name.model_construct(name=node.name, span=place, whole=place)
    item = as_scalar(builder, lower_name(builder, table, scope), place)
    if item == builder.broken:
        return item
    for index in node.indices:
        if isinstance(index, nodes.Every | nodes.Range):
            return builder.report(SeveralEntries(index.span, node.name))
        item = builder.apply("item", (item, as_number(builder, index, scope)), node.span)
    return item


def lower_unary(builder: Builder, node: nodes.Unary, scope: Scope) -> ItemId:
    """`-x` or `not x`."""
    if node.operator == "-":
        return builder.apply("-", (builder.constant(0), as_number(builder, node.operand, scope)), node.span)
    return builder.apply("not", (as_condition(builder, node.operand, scope),), node.span)


def lower_binary(builder: Builder, node: nodes.Binary, scope: Scope) -> ItemId:
    """Two conditions, of which the right one is read only where it is needed; arithmetic, or a comparison."""
    match node.operator:
        case "and" | "or" as sign:
            test = as_condition(builder, node.left, scope)
            if builder.static(test) is (sign == "or"):
                return test  # the right side may name what is not there: `i == 0 or fires[i - 1].se`
            right = as_condition(builder, node.right, scope)
            if sign == "and":
                return builder.branch(test, right, builder.constant(False), node.span)
            return builder.branch(test, builder.constant(True), right, node.span)
        case _:
            return _arithmetic(builder, node, scope)


def _arithmetic(builder: Builder, node: nodes.Binary, scope: Scope) -> ItemId:
    """Arithmetic or a comparison. Two tensors in it are one error."""
    operator, known = node.operator, known_symbols()
    meanings = [(builder.value(side, scope, known), side.span) for side in (node.left, node.right)]
    tensor = next((span for m, span in meanings if isinstance(m, Tensor) and m.item != builder.broken), None)
    if tensor is not None:
        combined = {"+": "add", "*": "multiply"}.get(operator)
        of_two = all(isinstance(m, Tensor) for m, _ in meanings) and combined is not None
        written = f"`{combined}({node.left.span.text}, {node.right.span.text})`" if of_two else ""
        remedy = f"combine tensors with an operator: {written}" if of_two and len(written) < 60 else TENSORS
        return builder.report(WrongType(tensor, f"a number beside `{operator}`", "a tensor", remedy))
    items = [(as_scalar(builder, m, span), span) for m, span in meanings]
    if operator not in ("==", "!="):
        left, right = (as_numeric(builder, item, span) for item, span in items)
        return builder.apply(operator, (left, right), node.span)
    (left, _), (right, _) = items
    if builder.broken not in (left, right) and not kinds_of(builder, left) & kinds_of(builder, right):
        message = f"{describe(builder, left)}, is compared with {describe(builder, right)}"
        return builder.report(BadOperand(node.span, None, message))
    return builder.apply(operator, (left, right), node.span)


def lower_member(builder: Builder, node: nodes.Member, scope: Scope) -> ItemId:
    """`x in [a, b]`."""
    options = node.options.items
    if len(options) > MAX_OPTIONS:
        what = f"a list of {len(options):,} values to compare with"
        return builder.report(TooLarge(node.options.span, what, MAX_OPTIONS))
    sides = (node.item, *options)
    values = tuple(as_scalar(builder, builder.value(side, scope, known_symbols()), side.span) for side in sides)
    return builder.apply("in", values, node.span)


def lower_list(
    builder: Builder, node: nodes.ListOf, scope: Scope, symbols: Sequence[str], at: tuple[Segment, ...]
) -> ItemId:
    """A list of scalars or lists."""
    entries = [
        as_scalar(builder, builder.value(entry, scope, symbols, _entry(at, i)), entry.span)
        for i, entry in enumerate(node.items)
    ]
    if sum(_leaves(builder.static(entry)) for entry in entries) > MAX_VALUES:
        return builder.report(TooLarge(node.span, "a list of lists", MAX_VALUES))
    return builder.apply("list", tuple(entries), node.span)


def _entry(at: tuple[Segment, ...], index: int) -> tuple[Segment, ...]:
    """The position of a list entry, if it has one."""
    return (*at[:-1], replace(at[-1], indices=(*at[-1].indices, index))) if at else ()


def _leaves(value: Value) -> int:
    """The number of values in a list, including nested lists; the count stops soon after `MAX_VALUES`."""
    count, pending = 0, [value]
    while pending and count <= MAX_VALUES:
        each = pending.pop()
        count += 1
        if isinstance(each, tuple):
            pending.extend(each)
    return count


def lower_function(builder: Builder, node: nodes.Call, scope: Scope, symbols: Sequence[str] = ()) -> ItemId:
    """Calls of `min`, `round`, `where` and other functions of `CALLABLE`, and the dimensions of a tensor."""
    name = node.name
    if any(argument.name is not None for argument in node.arguments):
        return builder.unresolved()
    values = [argument.value for argument in node.arguments]
    if name in AXES:
        if len(values) != 1:
            return _arity(builder, node, len(values), 1, 1)
        remedy = f"`{name}` reads the size of a tensor: `{name}(it)`"
        of = as_tensor(builder, builder.value(values[0], scope), values[0].span, remedy)
        if of == builder.broken:
            return of
        match builder.items[of]:
            case Input(extents=(*_, _) as extents) if name != "length":  # a chosen resolution: the choice itself
                return extents[AXES[name]]
            case _:
                return builder.make(Dim(of, name, node.span))
    least, most = CALLABLE[name]
    if len(values) < least or (most is not None and len(values) > most):
        return _arity(builder, node, len(values), least, most)
    if name == "where":
        test = as_condition(builder, values[0], scope)
        known = symbols or known_symbols()
        decided = builder.static(test)
        if isinstance(decided, bool):  # the other side may name what is not there: `where(j > i, edge[i][j], 0)`
            side = values[1 if decided else 2]
            return as_scalar(builder, builder.value(side, scope, known), side.span)
        then, other = (as_scalar(builder, builder.value(v, scope, known), v.span) for v in values[1:])
        return builder.branch(test, then, other, node.span)
    return builder.apply(name, tuple(as_number(builder, v, scope) for v in values), node.span)


def _arity(builder: Builder, node: nodes.Call, given: int, least: int, most: int | None) -> ItemId:
    if most is not None and given > most:
        return builder.report(TooManyArguments(node.span, node.name, given, most, signature_of(node.name)))
    missing = f"{least - given} argument" + ("s" if least - given > 1 else "")
    return builder.report(MissingArgument(node.span, node.name, missing, signature_of(node.name)))

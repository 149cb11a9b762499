"""Names in expressions, stages and bodies. Each function adds what it finds to the `Resolver`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.hints import quantity_hint
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.names import UnknownArgument, UnknownName, UnknownOperator, UnknownSymbol
from sqsem_dsl.elaborate.flow import Structure, is_part, names_it
from sqsem_dsl.elaborate.imports import std_index
from sqsem_dsl.elaborate.resolve.arguments import named_arguments, positional_symbols, sort_of
from sqsem_dsl.elaborate.resolve.names import Names, Resolver, symbols_outside
from sqsem_dsl.elaborate.symbols import names_alone
from sqsem_dsl.elaborate.vocabulary import MODES, QUANTITIES, known_symbols, name_span
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.reshaping import AXIS

# ---- bodies and statements


def resolve_statement(resolver: Resolver, statement: nodes.Local, names: Names) -> Names:
    """The names after a statement."""
    match statement:
        case nodes.Const(name=name, value=value):
            resolve_value(resolver, value, names)
            return names.bind(name, "scalar")
        case nodes.Let(name=name, value=value):
            resolve_value(resolver, value, names)
            return names.bind(name, sort_of(value, names))
        case nodes.LetSeveral(names=several, value=value):
            resolve_value(resolver, value, names)
            return names.bind_tensors(several)
        case nodes.Param(name=name, indices=indices, domain=domain, prior=prior):
            inner = names if indices is None else _resolve_indices(resolver, indices, names)
            resolve_value(resolver, domain, inner)
            resolve_prior(resolver, prior, inner)
            listed = names_alone(domain)
            return names.bind(name, "scalar", listed if listed and all(map(names.is_symbol, listed)) else None)
        case nodes.Require(condition=condition):
            resolve_value(resolver, condition, replace(names, quantities=True, reads_choices=True))
            return names
        case _:
            assert_never(statement)


def _resolve_indices(resolver: Resolver, indices: nodes.Indices, names: Names) -> Names:
    """The names that the domain of a family of choices reads: its indices, too."""
    inner = names
    for axis in indices.axes:
        resolve_value(resolver, axis.domain, names)
        inner = inner.bind(axis.name, "scalar")
    if indices.where is not None:
        resolve_value(resolver, indices.where, inner)
    return inner


def resolve_body(resolver: Resolver, body: nodes.Body, names: Names, flows: bool) -> None:
    """A body; `flows` if a tensor flows into it, so that it may start with a stage."""
    for statement in body.statements:
        names = resolve_statement(resolver, statement, names)
    if flows and not names_it(body):
        _stage(resolver, body.out, names)
    else:
        resolve_value(resolver, body.out, names)
    _values(resolver, body.more, names)


def _stage(resolver: Resolver, node: nodes.Expr | nodes.Group, names: Names) -> None:
    match node:
        case nodes.Name(name=name):
            if name not in names.values and name != "it":  # a value is not a stage, but not an unknown name either
                _callee(resolver, node, names)
        case nodes.Call():
            _call(resolver, node, names, True)
        case nodes.Group(body=body):
            resolve_body(resolver, body, names, True)
        case nodes.Pipe(source=source, stages=stages):
            for stage in (source, *stages):
                _stage(resolver, stage, names)
        case (
            nodes.Slot()
            | nodes.OptionalInput()
            | nodes.Choose()
            | nodes.Pick()
            | nodes.Repeat()
            | nodes.Bypass()
            | nodes.When()
        ):
            _structure(resolver, node, names, True)
        case _:
            resolve_value(resolver, node, names)


def _structure(resolver: Resolver, node: Structure, names: Names, flows: bool) -> None:
    match node:
        case nodes.Slot(prior=prior, body=body):
            resolve_prior(resolver, prior, names)
            resolve_body(resolver, body, names, True)
        case nodes.OptionalInput(prior=prior, body=body):
            resolve_prior(resolver, prior, names)
            resolve_body(resolver, body, names, False)
        case nodes.Choose(prior=prior, alternatives=alternatives):
            resolve_prior(resolver, prior, names)
            for alternative in alternatives:
                resolve_body(resolver, alternative.body, names, flows)
        case nodes.Pick(domain=domain, alternatives=alternatives):
            resolve_value(resolver, domain, names)
            for alternative in alternatives:
                resolve_body(resolver, alternative.body, names, False)
        case nodes.Repeat(domain=domain, count=count):
            inner = names
            if domain is not None:
                resolve_value(resolver, domain, names)
                resolve_prior(resolver, node.prior, names)
                inner = inner.bind(node.name, "scalar")
            elif count is not None:
                resolve_value(resolver, count, names)
            for each in node.carried:
                resolve_value(resolver, each.value, names)
            inner = inner.bind(node.index, "scalar").bind_tensors(each.name for each in node.carried)
            resolve_body(resolver, node.body, inner, not node.carried)
        case nodes.Bypass(name=name, domain=domain, body=body):
            if domain is not None:
                resolve_value(resolver, domain, names, MODES)
                resolve_prior(resolver, node.prior, names)
            elif name not in MODES:
                resolver.found.append(UnknownSymbol(node.span, name, "mode", MODES))
            resolve_body(resolver, body, names, True)
        case nodes.When(test=test, then=then, other=other):
            resolve_value(resolver, test, names)
            resolve_body(resolver, then, names, flows)
            if isinstance(other, nodes.Body):
                resolve_body(resolver, other, names, flows)
            elif other is not None:
                _structure(resolver, other, names, flows)
        case _:
            assert_never(node)


# ---- expressions


def resolve_value(
    resolver: Resolver, node: nodes.Value | nodes.Domain | nodes.Every, names: Names, symbols: Sequence[str] = ()
) -> None:
    """An expression without an input tensor. `symbols` are the names that may be unbound here, if they are known."""
    match node:
        case nodes.Number() | nodes.Text():
            pass
        case nodes.Name(name=name):
            _name(resolver, name, node.span, names, symbols)
        case nodes.Call():
            _call(resolver, node, names, False, symbols)
        case nodes.Item(name=name, indices=indices):
            _name(resolver, name, Span(node.span.source, node.span.start, node.span.start + len(name)), names)
            _values(resolver, indices, names)
        case nodes.ChoicePath(steps=steps):
            for step in steps:
                _values(resolver, step.indices if isinstance(step, nodes.Item) else (), names)
        case nodes.Every():
            pass
        case nodes.Unary(operand=operand):
            resolve_value(resolver, operand, names)
        case nodes.Binary(operator="==" | "!=", left=left, right=right):
            _compared(resolver, (left, right), names)
        case nodes.Binary(left=left, right=right):
            _values(resolver, (left, right), names)
        case nodes.Member(item=item, options=options):
            _compared(resolver, (item, *options.items), names)
        case nodes.ListOf(items=items):
            _values(resolver, items, names, symbols)
        case nodes.Range(low=low, high=high, step=step):
            _values(resolver, (low, high) if step is None else (low, high, step), names)
        case nodes.AnyOf(domain=domain, prior=prior):
            resolve_value(resolver, domain, names, symbols)
            resolve_prior(resolver, prior, names)
        case nodes.Pipe(source=source, stages=stages):
            resolve_value(resolver, source, names)
            for stage in stages:
                _stage(resolver, stage, names)
        case (
            nodes.Slot()
            | nodes.OptionalInput()
            | nodes.Choose()
            | nodes.Pick()
            | nodes.Repeat()
            | nodes.Bypass()
            | nodes.When()
        ):
            _structure(resolver, node, names, False)
        case _:
            assert_never(node)


def resolve_prior(resolver: Resolver, node: nodes.Weights | None, names: Names) -> None:
    """What follows `prior`. A bare name is a value of the domain or a constant, which the lowering decides."""
    if node is not None and not isinstance(node, nodes.Name):
        resolve_value(resolver, node, names)


def _values(
    resolver: Resolver, values: Iterable[nodes.Value | nodes.Index], names: Names, symbols: Sequence[str] = ()
) -> None:
    for value in values:
        resolve_value(resolver, value, names, symbols)


def _compared(resolver: Resolver, sides: Sequence[nodes.Value], names: Names) -> None:
    """The sides of `==`, `!=` or `in`."""
    outside = symbols_outside(resolver, sides, names)
    _values(resolver, [side for side in sides if all(side is not each for each in outside)], names)


def _name(resolver: Resolver, name: str, span: Span, names: Names, symbols: Sequence[str] = ()) -> None:
    """A bare name. Whether an operator, a block or a symbol may be here is for the lowering to say."""
    meant = name in TABLE or name in ("it", "true", "false") or name in symbols or name in known_symbols()
    if meant or name in names.values or name in names.blocks or resolver.maybe.value(name):
        return
    if (names.quantities and name in QUANTITIES) or (names.reads_choices and name in names.choices):
        return
    if symbols and set(symbols) != set(known_symbols()):
        resolver.found.append(UnknownSymbol(span, name, "symbol", tuple(symbols)))
    elif name not in names.symbols:
        known = (*names.known(), *sorted(names.symbols))
        remedy = names.elsewhere.remedy(name, names.inside)
        if remedy is None and names.quantities:
            remedy = quantity_hint(name)
        resolver.found.append(UnknownName(span, name, known, remedy=remedy))


# ---- applications


def _callee(resolver: Resolver, node: nodes.Name | nodes.Call, names: Names) -> None:
    """What is applied: a block, or an operator."""
    name = node.name
    home = names.blocks.get(name)
    if home is not None:
        resolver.used.append(home)
    elif not (name in names.blocks or name in TABLE or name in ("merge", "extern") or resolver.maybe.block(name)):
        known = (*TABLE, "merge", "extern", *names.blocks)
        remedy = names.elsewhere.remedy(name, names.inside) if name in names.elsewhere.bound else None
        resolver.found.append(UnknownOperator(name_span(node), name, known, tuple(std_index()), remedy))


def _call(resolver: Resolver, node: nodes.Call, names: Names, flows: bool, symbols: Sequence[str] = ()) -> None:
    name = node.name
    if name not in names.values and name != "it" and name not in AXES and name not in CALLABLE:
        _callee(resolver, node, names)
    row = None if name in names.blocks or name in names.values else TABLE.get(name)
    if name in HOWS and any(is_part(a.value) for a in node.arguments):
        row = None
    known = named_arguments(node, row, names)
    wanted = iter(positional_symbols(row, node, names, flows))
    for argument in node.arguments:
        here: Sequence[str] = () if argument.name is not None else next(wanted, ())
        if argument.name is not None and known is not None and argument.name not in known[0]:
            resolver.found.append(UnknownArgument(argument.span, name, argument.name, *known))
            continue  # the value is part of the error
        if row is not None and argument.name is not None and (attribute := row.attribute(argument.name)) is not None:
            here = attribute.symbols
        elif name == "merge" and argument.name == "how":
            here = HOWS
        elif argument.name == AXIS.name and name in ("merge", "concat"):
            here = AXIS.symbols
        elif name == "where" and argument is not node.arguments[0]:
            here = symbols
        counted = name in ("count", "sum")
        resolve_value(resolver, argument.value, replace(names, reads_choices=True) if counted else names, here)

"""Checks names where they are written, used or not: a library is checked like a space.

The elaboration sees a block only where it is used. This pass reads the text instead, with the names that the text
binds, and reports operators, blocks, names and symbols that are wrong in every use. It knows no types: it accepts any
bound name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.names import UnknownArgument, UnknownName, UnknownOperator, UnknownSymbol
from sqsem_dsl.elaborate.imports import Library, std_index
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.arguments import signature
from sqsem_dsl.syntax.maybe import ALL_READ, HOLE, MaybeDefined

MODES = ("none", "identity", "fit", "project", "auto")
OPERATORS = (*TABLE, "merge", "extern", *AXES, *CALLABLE)
OTHERS = frozenset(("true", "false", "it", "params", "trainable_params", "macs", "activations", "weighted_layers"))


@cache
def _symbols() -> frozenset[str]:
    words = {word for row in TABLE.values() for attribute in row.attributes for word in attribute.symbols}
    return frozenset((*words, *HOWS, *MODES))


@dataclass(frozen=True, slots=True)
class _Names:
    """The names bound at a place: blocks and values."""

    blocks: frozenset[str]
    values: frozenset[str] = field(default=frozenset())
    maybe: MaybeDefined = ALL_READ

    def bind(self, *names: str | None) -> _Names:
        return replace(self, values=self.values | {name for name in names if name is not None and name != HOLE})

    def has_block(self, name: str) -> bool:
        return name in self.blocks or self.maybe.block(name)

    def has_value(self, name: str) -> bool:
        return name in self.values or self.maybe.value(name)


def check_blocks(spec: outline.Spec, library: Library, maybe: MaybeDefined = ALL_READ) -> Iterator[Diagnostic]:
    """Names that do not exist, in any block or space of the file. `maybe` are names that may be bound where the file
    could not be read."""
    blocks = frozenset(library.blocks(spec)) | {d.name for d in spec.definitions if isinstance(d, outline.Block)}
    # A name that a `use` does not find is reported there.
    names = _Names(blocks | {name for use in spec.uses for name in use.names}, maybe=maybe)
    for definition in spec.definitions:
        match definition:
            case outline.Block():
                yield from _block(definition, names)
            case outline.Space(items=items):
                yield from _space(items, names)


def _space(items: Iterable[nodes.Node], names: _Names) -> Iterator[Diagnostic]:
    for item in items:
        match item:
            case outline.Settings():
                pass  # settings have their own names, and the elaboration sees all of them
            case outline.Block(name=name):
                names = replace(names, blocks=names.blocks | {name})
                yield from _block(item, names)
            case outline.Input(name=name, shape=shape):
                yield from _value(shape, names)
                names = names.bind(name)
            case outline.Output(value=value):
                yield from _value(value, names)
            case _:
                found, names = _statement(item, names)
                yield from found


def _block(block: outline.Block, names: _Names) -> Iterator[Diagnostic]:
    inner = names
    for formal in block.formals:
        if formal.default is not None:
            yield from _value(formal.default, inner)
        inner = inner.bind(formal.name)
    yield from _body(block.body, inner)


def _body(body: nodes.Body, names: _Names, flows: bool = False) -> Iterator[Diagnostic]:
    for statement in body.statements:
        found, names = _statement(statement, names)
        yield from found
    yield from _first(body.out, names) if flows else _value(body.out, names)


def _first(out: nodes.Expr, names: _Names) -> Iterator[Diagnostic]:
    """The first item of a body into which a tensor flows: a stage, or a separate tensor."""
    match out:
        case nodes.Pipe(source=source, stages=stages):
            yield from _first(source, names)
            for stage in stages:
                yield from _stage(stage, names)
        case nodes.Name(name=name) if name in names.values:
            pass
        case nodes.Name() | nodes.Call():
            yield from _stage(out, names)
        case _:
            yield from _value(out, names)


def _statement(statement: nodes.Node, names: _Names) -> tuple[list[Diagnostic], _Names]:
    match statement:
        case nodes.Const(name=name, value=value) | nodes.Let(name=name, value=value):
            return list(_value(value, names)), names.bind(name)
        case nodes.Param(name=name, domain=domain):
            return list(_value(domain, names)), names.bind(name)
        case nodes.Require(condition=condition):
            return list(_value(condition, names)), names
        case _:
            return [], names


def _stage(stage: nodes.Node, names: _Names) -> Iterator[Diagnostic]:
    match stage:
        case nodes.Name(name=name):
            # A value cannot be a stage, but that is not an unknown name.
            if name not in names.values and name not in OTHERS:
                yield from _callee(stage, name, names)
        case nodes.Group(body=body):
            yield from _body(body, names, True)
        case _:
            yield from _value(stage, names)


def _callee(node: nodes.Node, name: str, names: _Names) -> Iterator[Diagnostic]:
    if not names.has_block(name) and name not in OPERATORS:
        place = Span(node.span.source, node.span.start, node.span.start + len(name))
        known = tuple(sorted({*OPERATORS, *names.blocks}))
        yield UnknownOperator(place, name, known, tuple(std_index()))


def _value(node: object, names: _Names, symbols: Iterable[str] = ()) -> Iterator[Diagnostic]:
    """An expression. `symbols` are the names that may be unbound here, if not all may."""
    match node:
        case nodes.Name(name=name):
            known = frozenset(symbols) or _symbols()
            if names.has_value(name) or name in known or name in OTHERS or name in OPERATORS or name in names.blocks:
                return
            if symbols:
                yield UnknownSymbol(node.span, name, "symbol", tuple(symbols))
            else:
                yield UnknownName(node.span, name, tuple(names.values))
        case nodes.Call(name=name, arguments=arguments):
            if name not in names.values and name not in OTHERS:
                yield from _callee(node, name, names)
            row = TABLE.get(name)
            for argument in arguments:
                attribute = row.attribute(argument.name) if row is not None and argument.name is not None else None
                if row is not None and argument.name is not None and attribute is None:
                    names_of = tuple(a.name for a in row.attributes)
                    yield UnknownArgument(argument.span, name, argument.name, names_of, signature(row))
                    continue  # the value is part of the error
                wanted = attribute.symbols if attribute is not None else ()
                yield from _value(argument.value, names, HOWS if argument.name == "how" else wanted)
        case nodes.Item(name=name, indices=indices):
            if not names.has_value(name):
                place = Span(node.span.source, node.span.start, node.span.start + len(name))
                yield UnknownName(place, name, tuple(names.values))
            for index in indices:
                yield from _value(index, names)
        case nodes.Pipe(source=source, stages=stages):
            yield from _value(source, names)
            for stage in stages:
                yield from _stage(stage, names)
        case nodes.Repeat():
            inner = names
            if node.domain is not None:
                yield from _value(node.domain, names)
                inner = inner.bind(node.name)
            elif node.count is not None:
                yield from _value(node.count, names)
            yield from _body(node.body, inner.bind(node.index), True)
        case nodes.When(test=test, then=then, other=other):
            yield from _value(test, names)
            yield from _body(then, names, True)
            yield from _body(other, names, True) if isinstance(other, nodes.Body) else _value(other, names)
        case nodes.Bypass(name=name, domain=domain, body=body):
            if domain is None and name not in MODES:
                yield UnknownSymbol(node.span, name, "mode", MODES)
            yield from _value(domain, names, MODES)
            yield from _body(body, names, True)
        case nodes.Group(body=body) | nodes.Slot(body=body) | nodes.OptionalInput(body=body):
            yield from _body(body, names, True)
        case nodes.Choose(alternatives=alternatives):
            for alternative in alternatives:
                yield from _body(alternative.body, names, True)
        case nodes.Pick(domain=domain, alternatives=alternatives):
            yield from _value(domain, names)
            for alternative in alternatives:
                yield from _body(alternative.body, names)
        case nodes.AnyOf(domain=domain):
            yield from _value(domain, names, symbols)
        case nodes.ListOf(items=items):
            for item in items:
                yield from _value(item, names, symbols)
        case nodes.Node():
            for name in nodes.part_names(type(node)):
                if name not in ("kind", "operator", "text"):
                    yield from _value(getattr(node, name), names)
        case _:
            return

"""Blocks inlined where they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.statements import (
    EndlessRecursion,
    MisplacedArgument,
    MissingArgument,
    RepeatedArgument,
    TiedArguments,
    TooManyArguments,
    WrongType,
)
from sqsem_dsl.elaborate.lower.bind import bind
from sqsem_dsl.elaborate.lower.bodies import lower_body_in
from sqsem_dsl.elaborate.lower.builder import MAX_CALLS, Builder
from sqsem_dsl.elaborate.lower.expected import describe, kinds_of
from sqsem_dsl.elaborate.lower.scope import Meaning, Scalar, Scope, SharedUse, Template, Tensor, TiedUse, Use
from sqsem_dsl.elaborate.vocabulary import block_signature, known_symbols, name_span
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.kinds import LIST, NUMBER, SYMBOL, TRUTH
from sqsem_dsl.ir.path import Segment


def lower_block(builder: Builder, template: Template, call: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
    """A block inlined: its formals stand for the arguments, and its choices have the path of the use."""
    block = template.block
    if block.span in builder.endless:
        return builder.broken
    if scope.calls.count(block.name) >= MAX_CALLS:
        # The callers fail as well: each might call it twice, and so on for 64 levels.
        builder.endless.add(block.span)
        return builder.report(EndlessRecursion(name_span(call), block.name, MAX_CALLS))
    place = call.label or call.name
    given = _arguments(builder, block, call, scope, flow, place)
    if given is None:
        return builder.broken
    inner = _entered(builder, template, call, scope, place)
    for formal in block.formals:
        meaning, written = given.get(formal.name, (None, name_span(call)))
        if meaning is None:
            if formal.default is None:
                missing = f"`{formal.name}`"
                return builder.report(MissingArgument(name_span(call), block.name, missing, block_signature(block)))
            meaning = builder.value(formal.default, inner, known_symbols())
        if not _fits(builder, formal, meaning):
            found = "a tensor" if isinstance(meaning, Tensor) else describe(builder, meaning.item)
            wanted = {"int": "a whole number", "bool": "`true` or `false`"}.get(formal.type or "", f"a {formal.type}")
            expected = f"{wanted} for `{formal.name}` of `{block.name}`"
            remedy = f"it is written `{block_signature(block)}`"
            return builder.report(WrongType(written, expected, found, remedy))
        inner = bind(builder, inner, formal.name, meaning, formal.span, hides=True)
    if block.sharing == "tied":
        _same_arguments(builder, block, call, given)
    return lower_body_in(builder, "call", block.body, inner, None, name_span(call))


def _arguments(
    builder: Builder, block: outline.Block, call: nodes.Call, scope: Scope, flow: ItemId | None, place: str
) -> dict[str, tuple[Meaning, Span]] | None:
    """The value of each formal and its place in the text; None if an argument has an error."""
    given: dict[str, tuple[Meaning, Span]] = {}
    formals = [f.name for f in block.formals]
    free = list(formals)
    if flow is not None:
        given[free.pop(0)] = Tensor(flow), name_span(call)
    failed = named = False
    for argument in call.arguments:
        if argument.name is None:
            if named:
                builder.report(MisplacedArgument(argument.span, call.name))
                failed = True
                continue
            name = next((n for n in free if n not in given), None)
            if name is None:
                count = len(call.arguments) + (flow is not None)
                signature = block_signature(block)
                takes_tensor = flow is not None and block.formals[0].type in (None, "tensor")
                first = formals[0] if takes_tensor else ""
                builder.report(
                    TooManyArguments(argument.span, call.name, count, len(formals), signature, flows_into=first)
                )
                return None
        else:
            named, name = True, argument.name
            if name not in formals:
                builder.unresolved()
                failed = True
                continue
            if name in given:
                builder.report(RepeatedArgument(argument.span, call.name, name))
                failed = True
                continue
        meaning = builder.value(argument.value, scope, known_symbols(), (Segment(place), Segment(name)))
        given[name] = meaning, argument.value.span
        failed |= meaning.item == builder.broken
    return None if failed else given


def _entered(builder: Builder, template: Template, call: nodes.Call, scope: Scope, place: str) -> Scope:
    """The scope of a block's body: the names of its definition, the position of its use."""
    block = template.block
    inner = replace(
        template.scope,
        it=None,
        path=(*scope.path, Use(place)),
        trail=(*scope.trail, Segment(place)),
        context=scope.context,
        shared=scope.shared,
        tied=scope.tied,
        unnamed=scope.unnamed,
        calls=(*scope.calls, block.name),
        uses=(*scope.uses, name_span(call)),
        home=block,
    )
    if block.sharing is not None:
        inner = replace(inner, path=(Use(block.name),), shared=SharedUse(block.span), unnamed=None)
    if block.sharing == "tied":
        inner = replace(inner, tied=TiedUse(block.name, len(inner.trail)))
    return inner.bind(block.name, template, block.span)


def _fits(builder: Builder, formal: outline.Formal, meaning: Meaning) -> bool:
    match formal.type:
        case None:
            return True
        case "tensor":
            return isinstance(meaning, Tensor)
        case _:
            if isinstance(meaning, Tensor):
                return meaning.item == builder.broken
            value = builder.static(meaning.item)
            wanted = {"int": NUMBER, "number": NUMBER, "bool": TRUTH, "symbol": SYMBOL, "list": LIST}.get(formal.type)
            if wanted is None or meaning.item == builder.broken:
                return True
            if formal.type == "int" and isinstance(value, Fraction):
                return False
            return wanted in kinds_of(builder, meaning.item)


def _same_arguments(
    builder: Builder, block: outline.Block, call: nodes.Call, given: Mapping[str, tuple[Meaning, Span]]
) -> None:
    """Uses of a tied block must have equal arguments, since they share one set of weights."""
    scalars = {name: meaning.item for name, (meaning, _) in given.items() if isinstance(meaning, Scalar)}
    first = builder.tied.setdefault(block.span, (scalars, call.span))
    for name, item in scalars.items():
        if first[0].get(name) != item and builder.broken not in (item, first[0].get(name)):
            builder.report(TiedArguments(name_span(call), block.name, name, first[1]))

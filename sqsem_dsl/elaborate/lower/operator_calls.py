"""Operators applied to tensors and arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.domains import RealReaches
from sqsem_dsl.elaborate.errors.names import UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import (
    MisplacedArgument,
    MissingArgument,
    RepeatedArgument,
    TooManyArguments,
    WrongType,
)
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.declare import layer_name
from sqsem_dsl.elaborate.lower.expected import as_scalar, as_tensor, describe
from sqsem_dsl.elaborate.lower.scope import Scope, Tensor
from sqsem_dsl.elaborate.vocabulary import name_span, signature_of
from sqsem_dsl.ir.choices import Continuous
from sqsem_dsl.ir.faults import BadAttribute
from sqsem_dsl.ir.graph import Draw, ItemId, Op
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators import Misfit
from sqsem_dsl.operators.arguments import check_value
from sqsem_dsl.operators.row import REQUIRED, Attribute, Operator


def lower_operator(builder: Builder, row: Operator, call: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
    """An operator applied: tensors are its inputs, scalars its attributes."""
    inputs = [] if flow is None else [flow]
    others: dict[str, ItemId] = {}
    """Tensors that are given by name, after those that are not."""
    attributes: dict[str, ItemId] = {}
    places: list[tuple[str, Span]] = []
    place = call.label or call.name
    positional = list(row.attributes) if row.tensors[1] is not None else []  # `concat(a, b, …)` takes tensors only
    failed = named = unsure = False
    for argument in call.arguments:
        if argument.name is None:
            if named:
                builder.report(MisplacedArgument(argument.span, call.name))
                failed = True
            attribute = positional[0] if positional else None
        else:
            named = True
            if argument.name in row.named:
                meaning = builder.value(argument.value, scope)
                if argument.name in others:
                    builder.report(RepeatedArgument(argument.span, call.name, argument.name))
                    failed = True
                others[argument.name] = as_tensor(builder, meaning, argument.value.span)
                continue
            attribute = row.attribute(argument.name)
            if attribute is None:
                builder.unresolved()
                failed = True
                continue
        tensor_first = argument.name is None and len(inputs) < row.tensors[0]
        symbols = attribute.symbols if attribute is not None and not tensor_first else ()
        at = (Segment(place), Segment(attribute.name)) if attribute is not None else ()
        meaning = builder.value(argument.value, scope, symbols, at)
        if isinstance(meaning, Tensor) and argument.name is None and meaning.item == builder.broken:
            # It contains a reported error, so whether it should be a tensor or a number is unknown.
            failed = unsure = True
            if positional and row.tensors[1] is not None and len(inputs) >= row.tensors[1]:
                positional.pop(0)
            continue
        if isinstance(meaning, Tensor) and argument.name is None:
            inputs.append(meaning.item)
            continue
        item = as_scalar(builder, meaning, argument.value.span)
        if item == builder.broken:
            failed = True
            unsure |= tensor_first and isinstance(argument.value, nodes.Name)
            if argument.name is None and positional:
                positional.pop(0)
            continue
        if attribute is None:
            failed = True
            if row.tensors[1] is None or len(inputs) < row.tensors[1]:
                remedy = "`x -> rescale(scale, offset)` multiplies a tensor by a number and adds one"
                builder.report(WrongType(argument.value.span, "a tensor", describe(builder, item), remedy))
                continue
            given = sum(not isinstance(a.value, nodes.Pipe) for a in call.arguments) - len(inputs) + (flow is not None)
            signature, what = signature_of(call.name), "argument besides its tensor"
            most = len(row.attributes)
            wrong = TooManyArguments(argument.value.span, call.name, max(given, most + 1), most, signature, what)
            builder.report(wrong)
            continue
        if argument.name is None:
            positional.pop(0)
        if attribute.name in attributes:
            builder.report(RepeatedArgument(argument.span, call.name, attribute.name))
            failed = True
            continue
        if attribute.kind != "number" and builder.is_real(item):
            builder.report(RealReaches(argument.value.span, f"`{attribute.name}` of `{call.name}`"))
            failed = True
        else:
            failed |= not check_attribute(builder, row, attribute, item, argument.value.span)
        attributes[attribute.name] = item
        places.append((attribute.name, argument.value.span))
    failed |= not unsure and _arity_fails(builder, row, call, inputs, attributes, failed)
    inputs += others.values()
    if row.tensors[1] is not None and len(inputs) > row.tensors[1] and not failed:
        several = TooManyArguments(
            name_span(call), call.name, len(inputs), row.tensors[1], signature_of(call.name), "tensor"
        )
        return builder.report(several)
    if failed or builder.broken in inputs:
        return builder.broken
    path, name, weights = layer_name(builder, scope, place)
    span = name_span(call)
    return builder.make(Op(row, tuple(inputs), tuple(attributes.items()), name, weights, path, span, tuple(places)))


def check_attribute(builder: Builder, row: Operator, attribute: Attribute, item: ItemId, span: Span) -> bool:
    """Whether a known value may be the value of an attribute for any tensor. The evaluation checks the rest."""
    value = builder.static(item)
    if value is None:
        return all(check_attribute(builder, row, attribute, end, span) for end in _ends(builder, item))
    if attribute.kind == "symbol" and isinstance(value, str) and value not in attribute.symbols:
        builder.report(UnknownSymbol(span, value, "symbol", attribute.symbols))
        return False
    try:
        check_value(row, attribute, value)
    except Misfit as misfit:
        builder.report(BadAttribute(span, None, row.name, misfit.message, misfit.help))
        return False
    return True


def _ends(builder: Builder, item: ItemId) -> tuple[ItemId, ...]:
    """The two ends of a continuous choice: if both fit, every value between them fits."""
    draw = builder.items[item]
    domain = builder.choices[draw.choice].domain if isinstance(draw, Draw) else None
    return (builder.constant(domain.low), builder.constant(domain.high)) if isinstance(domain, Continuous) else ()


def _arity_fails(
    builder: Builder,
    row: Operator,
    call: nodes.Call,
    inputs: Sequence[ItemId],
    attributes: Mapping[str, ItemId],
    failed: bool,
) -> bool:
    least, most = row.tensors
    signature = signature_of(call.name)
    if len(inputs) < least:
        missing = "a tensor" if least - len(inputs) == 1 else f"{least - len(inputs)} tensors"
        builder.report(MissingArgument(name_span(call), call.name, missing, signature, not (most == 1 and not inputs)))
        return True
    if most is not None and len(inputs) > most:
        builder.report(TooManyArguments(name_span(call), call.name, len(inputs), most, signature, "tensor"))
        return True
    for attribute in row.attributes:
        if attribute.default is REQUIRED and attribute.name not in attributes and not failed:
            builder.report(MissingArgument(name_span(call), call.name, f"`{attribute.name}`", signature))
            return True
    return False

"""The arguments of one use of an operator: checked against its row, and filled in.

After `complete`, every attribute of the row is present: defaults are filled in, whole fractions are `int`, values for
all spatial axes are one number per axis, and an axis has its form of `operators.axis`.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import cast

from sqsem_dsl.diagnostics.diagnostic import closest, listing
from sqsem_dsl.diagnostics.hints import argument_hint
from sqsem_dsl.operators.axis import checked_axis
from sqsem_dsl.operators.row import (
    REQUIRED,
    Attribute,
    Attributes,
    Computed,
    Misfit,
    Operator,
    Shape,
    Value,
    WholeShape,
)
from sqsem_dsl.operators.show import show as show

MAX_DIMENSIONS = 4


def signature(row: Operator) -> str:
    """The call of the operator with its required arguments: `conv(filters, kernel)`."""
    needed = [a.name for a in row.attributes if a.default is REQUIRED]
    return f"{row.name}({', '.join(needed)})" if needed else row.name


# ---- reading complete attributes with their types


def whole(attributes: Attributes, name: str) -> int:
    return cast(int, attributes[name])


def axes(attributes: Attributes, name: str) -> tuple[int, ...]:
    """One number for each spatial axis (or the list itself, for a `wholes`)."""
    return cast("tuple[int, ...]", attributes[name])


def flag(attributes: Attributes, name: str) -> bool:
    return cast(bool, attributes[name])


def symbol(attributes: Attributes, name: str) -> str:
    return cast(str, attributes[name])


# ---- checking and filling in


def complete(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes) -> dict[str, Value]:
    """Every attribute of the row in the order of its signature, checked and with its default filled in.

    Raises `Misfit` for a wrong number of tensors, tensors of no or more than four dimensions, arguments that the row
    does not have or that are missing, and values of the wrong kind or out of bounds. A `number` that is None (a
    continuous value that is not decided yet) passes.
    """
    _check_tensors(row, inputs)
    unknown = {name: value for name, value in attributes.items() if row.attribute(name) is None}
    if unknown and row.name != "extern":  # only a custom layer has arguments that no row lists
        raise _unknown_argument(row, next(iter(unknown)))
    rank = len(inputs[0]) - 1
    filled: dict[str, Value] = {}
    for attribute in row.attributes:
        if attribute.name in attributes:
            filled[attribute.name] = _checked(row, attribute, attributes[attribute.name], rank, inputs[attribute.of])
        elif attribute.default is REQUIRED:
            raise Misfit(
                f"`{row.name}` needs a value for `{attribute.name}`", f"write `{signature(row)}`", attribute.name
            )
        elif isinstance(attribute.default, Computed):
            filled[attribute.name] = attribute.default.compute(inputs, filled)
        elif attribute.kind == "axes" and isinstance(attribute.default, str):
            filled[attribute.name] = filled[attribute.default]  # `stride = size`: the default is another argument
        elif attribute.kind == "axis" and attribute.default in filled:
            given = filled[attribute.default]  # as above, but the axis of another tensor
            filled[attribute.name] = _checked(row, attribute, given, rank, inputs[attribute.of])
        else:
            filled[attribute.name] = _checked(row, attribute, cast(Value, attribute.default), rank, inputs[0])
    return {**filled, **unknown}


def _check_tensors(row: Operator, inputs: tuple[Shape, ...]) -> None:
    least, most = row.tensors
    if len(inputs) < least or (most is not None and len(inputs) > most):
        wanted = (
            "1 tensor" if most == least == 1 else f"{least} tensors" if most == least else f"at least {least} tensor"
        )
        raise Misfit(
            f"`{row.name}` takes {wanted}, but gets {len(inputs)}", "give it exactly the tensors that it combines"
        )
    for shape in inputs:
        if row.whole != isinstance(shape, WholeShape):
            raise _wrong_numbers(row, shape)
        if not 1 <= len(shape) <= MAX_DIMENSIONS:
            raise Misfit(
                f"`{row.name}` gets {show(shape)} of {len(shape)} dimensions, but tensors have 1 to {MAX_DIMENSIONS}",
                "bring it to at most [depth, height, width, channels]",
            )
        if any(extent < 1 for extent in shape):
            raise Misfit(
                f"`{row.name}` gets the shape {show(shape)}, in which an extent is below 1",
                "every extent is at least 1",
            )


def _wrong_numbers(row: Operator, shape: Shape) -> Misfit:
    if row.whole:
        return Misfit(
            f"`{row.name}` needs whole numbers with a bound, but gets {show(shape)}",
            "say at the input what its numbers are below: `input word: [64] below 20K`",
        )
    return Misfit(
        f"`{row.name}` gets whole numbers, {show(shape)}, which stand for categories and only `embedding` takes",
        f"write `embedding(width)` before `{row.name}`, or remove `below` from the input if its numbers are quantities",
    )


def _unknown_argument(row: Operator, name: str) -> Misfit:
    known = [a.name for a in row.attributes]
    near = closest(name, known)
    hint = argument_hint(row.name, name, known)
    if hint is not None:
        remedy = hint
    elif near is not None:
        remedy = f"an argument with a similar name exists: `{near}`"
    else:
        remedy = f"its arguments are {listing(known)}" if known else f"write `{row.name}` alone"
    return Misfit(f"`{row.name}` has no argument `{name}`", remedy, name)


def _checked(row: Operator, attribute: Attribute, value: Value, rank: int, shape: Shape) -> Value:
    where = f"`{attribute.name}` of `{row.name}`"
    match attribute.kind:
        case "whole":
            if isinstance(value, str) and value in attribute.symbols:
                return value
            return _whole(attribute, where, value)
        case "axes":
            return _axes(row, attribute, where, value, rank, shape)
        case "axis":
            if isinstance(value, int) and value < 0:
                message = f"{where} is {value}, but an axis is named, or counted from 0"
                raise Misfit(message, "write `channels` for the last axis", attribute.name)
            given = value if isinstance(value, str) else _whole(attribute, where, value)
            return checked_axis(row, attribute, given, shape)
        case "wholes":
            if not isinstance(value, tuple) or not value:
                raise Misfit(
                    f"{where} is {show(value)}, but must be a list of whole numbers",
                    "write it as `[8, 8]`",
                    attribute.name,
                )
            return tuple(_whole(attribute, where, item) for item in value)
        case "number":
            return _number(attribute, where, value)
        case "flag":
            if not isinstance(value, bool):
                raise Misfit(
                    f"{where} is {show(value)}, but must be `true` or `false`",
                    f"write `{attribute.name} = true`",
                    attribute.name,
                )
            return value
        case "symbol":
            return _symbol(attribute, where, value)
        case "text" | "name":
            if not isinstance(value, str):
                raise Misfit(
                    f"{where} is {show(value)}, but must be a string", 'write it in quotes: `"…"`', attribute.name
                )
            return value


def check_value(row: Operator, attribute: Attribute, value: Value) -> None:
    """Raises `Misfit` for a value that fits no tensor: of the wrong kind, or out of bounds."""
    where = f"`{attribute.name}` of `{row.name}`"
    if attribute.kind == "axes":
        for item in value if isinstance(value, tuple) else (value,):
            _whole(attribute, where, item)
    else:
        _checked(row, attribute, value, 0, ())


def _whole(attribute: Attribute, where: str, value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        remedy = _choice_of(value) or "give it a whole number"
        raise Misfit(f"{where} is {show(value)}, but must be a whole number", remedy, attribute.name)
    if value != int(value):
        raise Misfit(
            f"{where} is {show(value)}, but must be a whole number",
            "use `//` or `round(…)` to make it whole",
            attribute.name,
        )
    if value < attribute.least:
        raise Misfit(
            f"{where} is {show(value)}, but must be at least {attribute.least}",
            f"make it {attribute.least} or more",
            attribute.name,
        )
    return int(value)


def _choice_of(value: object) -> str | None:
    """The remedy for a list in place of one value."""
    return f"to choose one of them, write `any {show(value)}`" if isinstance(value, tuple) and value else None


def _axes(row: Operator, attribute: Attribute, where: str, value: Value, rank: int, shape: Shape) -> tuple[int, ...]:
    if rank == 0:
        raise Misfit(
            f"`{row.name}` needs a map with spatial axes, but gets a vector of shape {show(shape)}",
            f"use `dense` on vectors, or make it a map: `reshape([{shape[0]}, 1]) -> {row.name}(…)`",
        )
    if not isinstance(value, tuple):
        return (_whole(attribute, where, value),) * rank
    if len(value) != rank:
        raise Misfit(
            f"{where} has {len(value)} numbers {show(value)}, but the map {show(shape)} has {rank} spatial axes",
            "give one number, or one for each spatial axis",
            attribute.name,
        )
    return tuple(_whole(attribute, where, item) for item in value)


def _number(attribute: Attribute, where: str, value: Value | float) -> int | Fraction | str | None:
    if value is None or (isinstance(value, str) and value in attribute.symbols):
        return value
    if isinstance(value, float) and isfinite(value):
        value = Fraction(value)  # a sampled continuous value, unchanged
    if isinstance(value, Fraction) and type(value) is not Fraction:
        value = Fraction(float(value))  # an irrational number, in double precision
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        other = f" or {listing(attribute.symbols)}" if attribute.symbols else ""
        remedy = _choice_of(value) or f"give it a number{other}"
        raise Misfit(f"{where} is {show(value)}, but must be a number{other}", remedy, attribute.name)
    low, high = attribute.low, attribute.high
    if low is not None and value < low:
        raise Misfit(
            f"{where} is {show(value)}, but must be at least {show(low)}",
            f"make it {show(low)} or more",
            attribute.name,
        )
    if high is not None and value > high:
        raise Misfit(
            f"{where} is {show(value)}, but must be at most {show(high)}",
            f"make it {show(high)} or less",
            attribute.name,
        )
    return int(value) if value == int(value) else value


def _symbol(attribute: Attribute, where: str, value: Value) -> str:
    if isinstance(value, str) and value in attribute.symbols:
        return value
    near = closest(value, attribute.symbols) if isinstance(value, str) else None
    one_of = "one of " if len(attribute.symbols) > 1 else ""
    remedy = f"a similar one exists: `{near}`" if near else f"use {one_of}{listing(attribute.symbols, 30)}"
    raise Misfit(
        f"{where} is {show(value)}, but must be {one_of}{listing(attribute.symbols, 30)}", remedy, attribute.name
    )

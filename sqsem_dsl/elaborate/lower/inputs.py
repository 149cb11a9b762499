"""Inputs: their shapes, the bound of whole numbers, padding, and the choices that give an image its resolution."""

from __future__ import annotations

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.elaborate.errors.domains import BadPadding, ChosenExtent, RealReaches, TooManyResolutions
from sqsem_dsl.elaborate.errors.statements import BadInputBound, BadInputShape
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.expected import as_scalar, reads_shape, settled, undefined
from sqsem_dsl.elaborate.lower.scope import Scope
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.graph import Apply, Const, Input, ItemId
from sqsem_dsl.ir.input_shapes import extents_of
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators.row import PaddedShape, Shape, Value, WholeShape

MAX_BELOW = 2**24
"""The largest bound of whole numbers: a table gives them as 32-bit floats, which have all whole numbers below it."""
MAX_EXTENT = 10**6
AXES = ("height", "width", "channels")
"""The axes of an image: the names of the choices that are written in its shape."""


def lower_input(builder: Builder, item: outline.Input, scope: Scope) -> Input | None:
    """An input; None if it has an error."""
    shape = _written(builder, item, scope)
    if shape == builder.broken:
        return None
    match builder.items[shape]:
        case Apply(function="list", arguments=extents) if undefined(builder, shape) is None and not any(
            reads_shape(builder, extent) for extent in extents
        ):
            return _image(builder, item, extents)
        case _:
            pass
    known = settled(builder, shape, item.shape.span, "the shape of an input")
    if known is None:
        return None
    extents_known = _fitting(known[0])
    if extents_known is None:
        builder.report(BadInputShape(item.shape.span, item.name, item.shape.span.text))
        return None
    if item.padded and len(extents_known) != (2 if item.below is None else 1):
        builder.report(BadPadding(item.shape.span, item.name, item.shape.span.text))
        return None
    if item.below is None:
        return Input(item.name, PaddedShape(extents_known, item.name) if item.padded else extents_known)
    below = _below(builder, item.name, item.below, scope)
    padded = item.name if item.padded else None
    return None if below is None else Input(item.name, WholeShape(extents_known, below, padded))


def _written(builder: Builder, item: outline.Input, scope: Scope) -> ItemId:
    """The shape as a list. A choice in it is named after the input and the axis: `image.height`."""
    several = item.shape.items
    if len(several) != len(AXES) or not any(isinstance(entry, nodes.AnyOf) for entry in several):
        return as_scalar(builder, builder.value(item.shape, scope, (), (Segment(item.name),)), item.shape.span)
    extents = [
        as_scalar(builder, builder.value(entry, scope, (), (Segment(item.name), Segment(axis))), entry.span)
        for entry, axis in zip(several, AXES, strict=True)
    ]
    return builder.apply("list", tuple(extents), item.shape.span)


def _image(builder: Builder, item: outline.Input, extents: tuple[ItemId, ...]) -> Input | None:
    """An image whose height or width is chosen; None if it has an error."""
    fixed = [isinstance(builder.items[extent], Const) for extent in extents]
    chosen = next(entry.span for entry, known in zip(item.shape.items, fixed, strict=True) if not known)
    if item.below is not None or item.padded or len(extents) != len(AXES):
        whole = "consists of whole numbers" if item.below is not None else None
        kind = whole or ("consists of padded sequences" if item.padded else "is not an image")
        builder.report(ChosenExtent(chosen, item.name, f"`{item.name}` {kind}"))
        return None
    if not fixed[-1]:
        builder.report(ChosenExtent(item.shape.items[-1].span, item.name, "it is the number of channels"))
        return None
    if any(builder.is_real(extent) for extent in extents):
        builder.report(RealReaches(chosen, f"the resolution of the input `{item.name}`"))
        return None
    several = extents_of(builder.items, builder.choices, extents)
    if several is None:
        builder.report(TooManyResolutions(chosen, item.name))
        return None
    shapes = [shape for each in several if (shape := _fitting(each)) is not None]
    if len(shapes) < len(several):
        wrong = next(each for each in several if _fitting(each) is None)
        written = ", ".join("undefined" if value is None else show(value) for value in wrong)
        builder.report(BadInputShape(item.shape.span, item.name, f"[{written}] for some values of its choices"))
        return None
    return Input(item.name, tuple(map(max, zip(*shapes, strict=True))), extents)


def _fitting(value: Value) -> Shape | None:
    """A shape of an input; None if it is none."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= 4:
        return None
    extents = tuple(v for v in value if isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= MAX_EXTENT)
    return extents if len(extents) == len(value) else None


def _below(builder: Builder, name: str, node: nodes.Expr, scope: Scope) -> int | None:
    """What the whole numbers of an input are below; None if it has an error."""
    bound = as_scalar(builder, builder.value(node, scope), node.span)
    known = settled(builder, bound, node.span, "the bound of an input")
    if known is None:
        return None
    (value,) = known
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_BELOW:
        builder.report(BadInputBound(node.span, name, node.span.text))
        return None
    return value

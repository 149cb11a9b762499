"""Operators that combine tensors, and the two trivial ones: `identity` and `zero`.

If several tensors must agree, their shapes must be equal: nothing is broadcast silently. `keeps_zero` of a row here
describes the output if *all* of its tensors are zero; for `broadcast_like`, if its first is. Zeros are not propagated
through `multiply` and `scale`: this would remove the layers before the other tensor.
"""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.operators.arguments import show
from sqsem_dsl.operators.axis import axis_name, axis_position
from sqsem_dsl.operators.reshaping import AXIS
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Weight

WEIGHTED_ADD = "weighted_add"
"""With weights w that start at 1, the sum of relu(w) / (epsilon + all relu(w)) times each tensor: the fast normalized
fusion of M. Tan, R. Pang, Q. V. Le, "EfficientDet", CVPR 2020, arXiv:1911.09070, section 3.3, and its epsilon."""


def _equal_shapes(name: str, inputs: tuple[Shape, ...]) -> Shape:
    first = inputs[0]
    for position, shape in enumerate(inputs[1:], start=2):
        if shape == first:
            continue
        at = "" if len(inputs) == 2 else f" (tensors 1 and {position})"
        raise Misfit(f"`{name}` cannot combine {show(first)} and {show(shape)}{at}", _remedy(name, first, shape))
    return first


def _remedy(name: str, first: Shape, other: Shape) -> str:
    if len(first) != len(other):
        vector = first if len(first) == 1 else other
        if name == "multiply" and len(vector) == 1:
            return "to multiply a map by a gate per channel, use `map -> scale(gate)`"
        return "bring both to the same number of dimensions, with `gap`, `flatten` or `broadcast_like`"
    if first[:-1] == other[:-1]:
        return f"bring both to the same channels: `conv({first[-1]}, 1)` turns {other[-1]} into {first[-1]}"
    return "bring both to the same extents, with strides, pools or `upsample`"


def _equal(name: str, doc: str, keeps_zero: bool = True) -> Operator:
    def shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
        return _equal_shapes(name, inputs)

    return Operator(name, (1, None), (), shape, padding="keeps", keeps_zero=lambda attributes: keeps_zero, doc=doc)


def _concat_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    first, along = inputs[0], axis_position(inputs[0], attributes)
    what = "channels" if along == len(first) - 1 else f"the {axis_name(first, along)}"
    for position, shape in enumerate(inputs[1:], start=2):
        if len(shape) != len(first) or (*shape[:along], *shape[along + 1 :]) != (*first[:along], *first[along + 1 :]):
            at = "" if len(inputs) == 2 else f" (tensors 1 and {position})"
            raise Misfit(
                f"`concat` cannot join {show(first)} and {show(shape)}{at}: they differ in more than {what}",
                _joining(first, shape, along),
            )
    return (*first[:along], sum(shape[along] for shape in inputs), *first[along + 1 :])


def _joining(first: Shape, other: Shape, along: int) -> str:
    if len(first) != len(other):
        return "bring both to the same number of dimensions, with `reshape`"
    if first[-1] != other[-1] and along != len(first) - 1:
        return f"bring both to the same channels: `conv({first[-1]}, 1)` turns {other[-1]} into {first[-1]}"
    return "bring both to the same extents, with strides, pools or `upsample`"


def _scale_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    shape, gate = inputs
    fits = gate == shape[-1:] or (
        len(gate) == len(shape) and all(g in (1, n) for g, n in zip(gate, shape, strict=True))
    )
    if not fits:
        raise Misfit(
            f"`scale` cannot apply a gate of {show(gate)} to {show(shape)}",
            f"the gate needs {shape[-1]} values, one a channel: {show(shape[-1:])}"
            + (f", or {show((*(1,) * (len(shape) - 1), shape[-1]))}" if len(shape) > 1 else ""),
        )
    return shape


def _broadcast_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    shape, like = inputs
    extents = shape[:-1] or (1,) * (len(like) - 1)
    if len(extents) != len(like) - 1 or any(n not in (1, m) for n, m in zip(extents, like, strict=False)):
        raise Misfit(
            f"`broadcast_like` cannot spread {show(shape)} over {show(like)}",
            "each of its extents must be 1, or that of the other tensor; a vector spreads over every map",
        )
    return (*like[:-1], shape[-1])


def _same_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    return inputs[0]


ROWS = (
    _equal("add", "the sum of its tensors (`Add`)"),
    _equal("multiply", "their product, value by value (`Multiply`)", keeps_zero=False),
    Operator(
        "subtract",
        (2, 2),
        (),
        lambda inputs, attributes: _equal_shapes("subtract", inputs),
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="its first tensor minus its second (`Subtract`)",
    ),
    _equal("average", "their average (`Average`)"),
    _equal("maximum", "their maximum (`Maximum`)"),
    Operator(
        WEIGHTED_ADD,
        (2, None),
        (Attribute("epsilon", "number", Fraction(1, 10**4), low=Fraction(1, 10**12), high=Fraction(1)),),
        lambda inputs, attributes: _equal_shapes(WEIGHTED_ADD, inputs),
        lambda inputs, attributes: (Weight("embeddings", (1, len(inputs))),),
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="a learned average: each tensor has a weight, its share of all (`Embedding`, `Multiply` and `Add`)",
    ),
    Operator(
        "concat",
        (1, None),
        (AXIS,),
        _concat_shape,
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="its tensors side by side along the channels, or along another axis (`Concatenate`)",
    ),
    Operator(
        "scale",
        (2, 2),
        (),
        _scale_shape,
        padding="keeps",
        doc="the tensor times a gate, which has one value for each channel (`Multiply`)",
    ),
    Operator(
        "broadcast_like",
        (2, 2),
        (),
        _broadcast_shape,
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="the tensor repeated over the extents of another, of which it reads the shape alone (`UpSampling`)",
    ),
    Operator(
        "identity",
        (1, 1),
        (),
        _same_shape,
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="the tensor itself",
    ),
    Operator(
        "zero",
        (1, 1),
        (),
        _same_shape,
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="zeros in the shape of its tensor",
    ),
)

"""Attention over a sequence `[length, channels]`: each place reads the places of a memory, which may be itself.

In a map it is along one axis: each row, or each column, is a sequence of its own, and all have the same weights (J. Ho
et al., "Axial Attention in Multidimensional Transformers", 2019, arXiv:1912.12180).

With T places of c channels, a memory of S places of m channels, h heads of d values for queries and keys and v values
for what is read, and g heads of the memory, the kernels are those of Keras's layer
(https://keras.io/api/layers/attention_layers/multi_head_attention): c x h x d, m x g x d, m x g x v and h x v x c. The
two products multiply T S h (d + v) numbers (A. Vaswani et al., "Attention Is All You Need", 2017, arXiv:1706.03762,
section 3.2); a causal mask saves none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeVar

from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.operators.arguments import flag, show, whole
from sqsem_dsl.operators.axis import AXIS_NAMES, CHANNELS, NAMES, axis_name, axis_position
from sqsem_dsl.operators.convolution import BIAS
from sqsem_dsl.operators.noise import RATE
from sqsem_dsl.operators.row import Attribute, Attributes, Computed, Misfit, Operator, Part, Shape, Value, Weight

ATTENTION = "attention"
MOST_DIMENSIONS = 3
"""With more, the weights of all places would have six, and TensorFlow's softmax takes at most five."""
Each = TypeVar("Each")


def with_memory(operator: str, tensors: Sequence[Each]) -> tuple[Each, ...]:
    """The tensors of an operator; an attention without a memory reads its own tensor."""
    return (*tensors, *tensors) if operator == ATTENTION and len(tensors) == 1 else tuple(tensors)


def has_groups(attributes: Attributes) -> bool:
    """Whether several heads share the keys and values of one."""
    return attributes["groups"] != attributes["heads"]


def _axis(inputs: tuple[Shape, ...], attributes: Attributes) -> Value:
    """The default: the length of a sequence."""
    for shape in inputs:
        if len(shape) != 2:
            remedy = f"make it one: `reshape([1, {shape[0]}])`"
            if len(shape) > 2:
                remedy = f"make one place of each pixel: `reshape({show((prod(shape[:-1]), shape[-1]))})`"
            if len(shape) == MOST_DIMENSIONS:
                names = listing([f"axis = {name}" for name in NAMES[len(shape)][:-1]])
                remedy += f", or attend along one axis: {names}"
            raise Misfit(f"`attention` needs sequences, [length, channels], but gets {show(shape)}", remedy)
    return 0


def _dim(inputs: tuple[Shape, ...], attributes: Attributes) -> Value:
    channels, heads = inputs[0][-1], whole(attributes, "heads")
    if channels % heads:
        raise Misfit(
            f"`attention` has {heads} heads, which do not divide the {channels} channels of {show(inputs[0])}",
            f"use a number of heads that divides {channels}, or give their width: `dim = {-(-channels // heads)}`",
            "heads",
        )
    return channels // heads


def _shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    first, memory = inputs[0], inputs[-1]
    if attributes["axis"] == CHANNELS:
        raise Misfit("`attention` reads places, but its `axis` is that of the channels", "use another axis", "axis")
    if len(first) > MOST_DIMENSIONS:
        joined = (prod(first[:-2]), *first[-2:])
        raise Misfit(
            f"`attention` along one axis needs [height, width, channels], but gets {show(first)}",
            f"join the axes along which it does not read: `reshape({show(joined)})`",
        )
    at = axis_position(first, attributes)
    if (*first[:at], *first[at + 1 : -1]) != (*memory[:at], *memory[at + 1 : -1]) or len(first) != len(memory):
        raise Misfit(
            f"`attention` along the {axis_name(first, at)} gets {show(first)} and {show(memory)}, which differ in more",
            "give it a memory with the same other extents",
        )
    if flag(attributes, "causal") and first[0] != memory[0]:
        raise Misfit(
            f"`attention` with `causal` reads the places up to the same one, but gets {show(first)} and {show(memory)}",
            "leave out `causal`, or give it a memory of the same length",
            "causal",
        )
    for argument, given in (("causal", flag(attributes, "causal")), ("groups", has_groups(attributes))):
        if given and len(first) > 2:
            message = f"`attention` along one axis of {show(first)} has no `{argument}` in Keras"
            raise Misfit(message, f"leave out `{argument}`", argument)
    _check_groups(first, memory, attributes)
    if attributes["dropout"] == 1:
        remedy = "use a rate below 1"
        raise Misfit("`attention` with a dropout of 1 removes every value, but must keep some", remedy, "dropout")
    return tuple(first)


def _check_groups(first: Shape, memory: Shape, attributes: Attributes) -> None:
    heads, groups = whole(attributes, "heads"), whole(attributes, "groups")
    if heads % groups:
        raise Misfit(
            f"`attention` has {groups} groups, which do not divide its {heads} heads",
            f"use a number of groups that divides {heads}",
            "groups",
        )
    if has_groups(attributes) and attributes["value"] != attributes["dim"]:
        raise Misfit(
            f"`attention` with fewer groups than heads has one width of a head, but `dim` is {attributes['dim']} and "
            f"`value` is {attributes['value']}",
            "leave out `value`, or `groups`",
            "value",
        )
    if has_groups(attributes) and first[-1] != memory[-1]:
        raise Misfit(
            f"`attention` with fewer groups than heads needs a memory of {first[-1]} channels, but gets {show(memory)}",
            f"write `dense({first[-1]})` after the memory, or leave out `groups`",
            "groups",
        )


def _weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    heads, groups, dim, value = (whole(attributes, name) for name in ("heads", "groups", "dim", "value"))
    channels, memory = inputs[0][-1], inputs[-1][-1]
    made: list[Weight] = []
    for kernel, bias in (
        ((channels, heads, dim), (heads, dim)),
        ((memory, groups, dim), (groups, dim)),
        ((memory, groups, value), (groups, value)),
        ((heads, value, channels), (channels,)),
    ):
        made.append(Weight("kernel", kernel))
        if flag(attributes, "bias"):
            made.append(Weight("bias", bias))
    return tuple(made)


def _macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    apart, length, seen = _places(inputs, attributes)
    query, key, value, end = (w.size for w in _weights(inputs, {**attributes, "bias": False}))
    width = whole(attributes, "dim") + whole(attributes, "value")
    return apart * (length * (query + end) + seen * (key + value) + length * seen * whole(attributes, "heads") * width)


def _places(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[int, int, int]:
    """The number of sequences in a tensor, their length, and that of a memory."""
    at = axis_position(inputs[0], attributes)
    length, seen = inputs[0][at], inputs[-1][at]
    return prod(inputs[0][:-1]) // length, length, seen


def _inside(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[int, int]:
    """Two dense layers on the way, and the largest of the projections and of the weights of all places."""
    (apart, length, seen), heads = _places(inputs, attributes), whole(attributes, "heads")
    width = max(whole(attributes, "dim"), whole(attributes, "value"))
    return 2, apart * heads * max(length * seen, length * width, seen * width)


def _parts(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> tuple[Part, ...]:
    """Queries, keys and values of all heads, the weights of all places before and after their softmax, what is read,
    and its projection."""
    (apart, length, seen), heads = _places(inputs, attributes), whole(attributes, "heads")
    dim, value, memory = whole(attributes, "dim"), whole(attributes, "value"), -len(inputs)
    return (
        Part(apart * length * heads * dim, (-1,)),
        Part(apart * seen * heads * dim, (memory,)),
        Part(apart * seen * heads * value, (memory,)),
        Part(apart * length * heads * seen, (0, 1)),
        Part(apart * length * heads * seen, (3,)),
        Part(apart * length * heads * value, (4, 2)),
        Part(prod(output), (5,)),
    )


ROWS = (
    Operator(
        ATTENTION,
        (1, 2),
        (
            Attribute("heads", "whole"),
            Attribute("dim", "whole", Computed("channels / heads", _dim)),
            Attribute("value", "whole", Computed("dim", lambda inputs, attributes: attributes["dim"])),
            Attribute("groups", "whole", Computed("heads", lambda inputs, attributes: attributes["heads"])),
            Attribute("causal", "flag", False),
            Attribute("dropout", "number", 0, low=RATE.low, high=RATE.high),
            BIAS,
            Attribute("axis", "axis", Computed("length", _axis), AXIS_NAMES, least=0, added=True),
        ),
        _shape,
        _weights,
        _macs,
        named=("memory",),
        padding="masks",
        weighted=True,
        inside=_inside,
        parts=_parts,
        random=True,
        keeps_zero=lambda attributes: attributes["bias"] is False,
        doc="each place reads those of a memory (`MultiHeadAttention`, `GroupQueryAttention`)",
    ),
)

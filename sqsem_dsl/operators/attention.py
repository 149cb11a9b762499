"""Attention over a sequence `[length, channels]`: each place reads the places of a memory, which may be itself.

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

from sqsem_dsl.operators.arguments import flag, show, whole
from sqsem_dsl.operators.convolution import BIAS
from sqsem_dsl.operators.noise import RATE
from sqsem_dsl.operators.row import Attribute, Attributes, Computed, Misfit, Operator, Shape, Value, Weight

ATTENTION = "attention"
Each = TypeVar("Each")


def with_memory(operator: str, tensors: Sequence[Each]) -> tuple[Each, ...]:
    """The tensors of an operator; an attention without a memory reads its own tensor."""
    return (*tensors, *tensors) if operator == ATTENTION and len(tensors) == 1 else tuple(tensors)


def has_groups(attributes: Attributes) -> bool:
    """Whether several heads share the keys and values of one."""
    return attributes["groups"] != attributes["heads"]


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
    for shape in inputs:
        if len(shape) != 2:
            remedy = f"make it one: `reshape([1, {shape[0]}])`"
            if len(shape) > 2:
                remedy = f"make one place of each pixel: `reshape({show((prod(shape[:-1]), shape[-1]))})`"
            raise Misfit(f"`attention` needs sequences, [length, channels], but gets {show(shape)}", remedy)
    first, memory = inputs[0], inputs[-1]
    if flag(attributes, "causal") and first[0] != memory[0]:
        raise Misfit(
            f"`attention` with `causal` reads the places up to the same one, but gets {show(first)} and {show(memory)}",
            "leave out `causal`, or give it a memory of the same length",
            "causal",
        )
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
    length, seen = inputs[0][0], inputs[-1][0]
    query, key, value, end = (w.size for w in _weights(inputs, {**attributes, "bias": False}))
    width = whole(attributes, "dim") + whole(attributes, "value")
    return length * (query + end) + seen * (key + value) + length * seen * whole(attributes, "heads") * width


def _inside(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[int, int]:
    """Two dense layers on the way, and the largest of the projections and of the weights of all places."""
    length, seen, heads = inputs[0][0], inputs[-1][0], whole(attributes, "heads")
    width = max(whole(attributes, "dim"), whole(attributes, "value"))
    return 2, heads * max(length * seen, length * width, seen * width)


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
        ),
        _shape,
        _weights,
        _macs,
        named=("memory",),
        padding="masks",
        weighted=True,
        inside=_inside,
        random=True,
        keeps_zero=lambda attributes: attributes["bias"] is False,
        doc="each place reads those of a memory (`MultiHeadAttention`, `GroupQueryAttention`)",
    ),
)

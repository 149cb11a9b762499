"""One form for operators that compute the same, and a test for operators that compute nothing.

Each function considers one layer with its shapes. Rules that need neighboring layers are in `reduce`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqsem_dsl.operators import Attributes, Shape, Value
from sqsem_dsl.operators.activation import ARGUMENTS, NO_MAXIMUM, SPELLINGS
from sqsem_dsl.operators.arguments import axes, symbol, whole
from sqsem_dsl.operators.attention import ATTENTION
from sqsem_dsl.operators.axis import ALL, axis_position
from sqsem_dsl.operators.pooling import pools_all
from sqsem_dsl.operators.recurrence import KERNELS

_SLIDING = frozenset(["conv", "depthwise", "separable", "conv_transpose", "maxpool", "avgpool"])
_POOLS = frozenset(["maxpool", "avgpool"])
_OFF_AT_ZERO = frozenset(["dropout", "spatial_dropout", "drop_path"])
_TO_VECTOR = frozenset(["gap", "gmp", "flatten"])
OWN_WEIGHTS = frozenset(
    [
        "batchnorm",
        "layernorm",
        "groupnorm",
        "rmsnorm",
        "layer_scale",
        "prelu",
        "embedding",
        "positions",
        "class_token",
        "weighted_add",
    ]
)
"""Operators with weights that are not counted as weighted layers. `positions` may have none, but is one of them."""
SAME_VALUES = frozenset(["flatten", "reshape"])
"""Operators that keep the values of their tensor in order: the last of several determines the shape."""
PLAIN_RELU: Attributes = {"max": NO_MAXIMUM}
NOT_ABOVE_SIX = frozenset(["relu6", "sigmoid", "hsigmoid", "softmax"])
"""Operators with values from 0 to 6."""
_NOT_NEGATIVE = frozenset(["relu", "relu6", "sigmoid", "hsigmoid", "softmax", "zero"])
_NOT_NEGATIVE_OF_SUCH = frozenset([
    "add", "multiply", "average", "concat", "scale", "maxpool", "avgpool", "gap", "gmp", "flatten", "reshape",
    "upsample", "resize", "zeropad", "slice", "crop", "transpose", "shuffle", "dropout", "spatial_dropout", "drop_path",
    "dot",
])  # fmt: skip


def spelled(operator: str, attributes: Attributes, inputs: tuple[Shape, ...]) -> tuple[str, dict[str, Value]]:
    """The normal form of an operator and its complete attributes for these input shapes."""
    if operator == "activation":
        name = symbol(attributes, "name")
        if name not in SPELLINGS:
            return operator, dict(attributes)
        operator, attributes = SPELLINGS[name], _defaults(SPELLINGS[name])
    if operator == "leaky_relu" and attributes["slope"] == 0:
        return "relu", dict(PLAIN_RELU)
    if operator == "relu" and attributes["max"] == 6:
        return "relu6", {}
    if attributes.get("bias") is False and "bias_init" in attributes:
        attributes = {**attributes, "bias_init": 0}
    if operator in ("gap", "gmp"):
        if not pools_all(inputs[0], attributes):
            return _spelled_axis(operator, attributes, inputs[0])
        attributes = {**attributes, "axis": ALL}
    if operator in _TO_VECTOR and all(extent == 1 for extent in inputs[0][:-1]):
        return "flatten", {}
    if operator == "reshape" and len(axes(attributes, "shape")) == 1:
        return "flatten", {}
    if operator in KERNELS and inputs[0][0] == 1:
        return operator, {**attributes, "backwards": False}  # one place has one order
    if operator == ATTENTION and inputs[-1][0] == 1:
        return operator, {**attributes, "causal": False}  # each place may read the only one
    if operator == "scale" and inputs[0] == inputs[1]:
        return "multiply", {}
    if operator not in _SLIDING:
        return operator, dict(attributes)
    return _spelled_window(operator, dict(attributes), inputs[0])


def _spelled_axis(operator: str, attributes: Attributes, shape: Shape) -> tuple[str, dict[str, Value]]:
    """A pool over one axis, which moves nothing if that axis has one place."""
    at = axis_position(shape, attributes)
    if shape[at] > 1:
        return operator, dict(attributes)
    return spelled("reshape", {"shape": (*shape[:at], *shape[at + 1 :])}, (shape,))


def _defaults(activation: str) -> dict[str, Value]:
    return {each.name: cast(Value, each.default) for each in ARGUMENTS.get(activation, ())}


def is_plain_relu(operator: str, attributes: Attributes) -> bool:
    """Whether it is a relu without a maximum, for which alone the rules about a relu hold."""
    return operator == "relu" and attributes == PLAIN_RELU


def _spelled_window(operator: str, attributes: dict[str, Value], shape: Shape) -> tuple[str, dict[str, Value]]:
    window = axes(attributes, "size" if operator in _POOLS else "kernel")
    stride = axes(attributes, "stride")
    if operator in _POOLS:  # along an axis of length one, any window has the same value
        window = tuple(1 if n == 1 else k for n, k in zip(shape[:-1], window, strict=True))
        stride = tuple(1 if n == 1 else s for n, s in zip(shape[:-1], stride, strict=True))
        attributes.update(size=window, stride=stride)
    if operator == "avgpool" and set(window) == {1}:
        operator = "maxpool"  # a window of one value has the same average and maximum
    dilation = axes(attributes, "dilation") if "dilation" in attributes else (1,) * len(window)
    if "dilation" in attributes:
        dilation = tuple(1 if k == 1 else d for k, d in zip(window, dilation, strict=True))
        attributes["dilation"] = dilation
    if operator == "conv_transpose":
        unpadded = all(k <= s for k, s in zip(window, stride, strict=True))
    elif attributes["padding"] == "causal":
        unpadded = set(window) == {1}  # otherwise all padding is in front, and with `same` only half of it
    else:
        covered = (d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True))
        unpadded = all((-(-n // s) - 1) * s + c <= n for n, s, c in zip(shape[:-1], stride, covered, strict=True))
    if unpadded:
        attributes["padding"] = "same"  # no padding is needed, so `valid` computes the same
    return operator, attributes


MAY_DO_NOTHING = frozenset(
    ["identity", "activation", "leaky_relu", "dropout", "spatial_dropout", "drop_path", "noise", "maxpool", "avgpool",
     "upsample", "zeropad", "rescale", "shuffle", "slice", "reshape", "resize", "flatten", "broadcast_like", "gap",
     "gmp", "crop", "transpose", "add", "multiply", "average", "maximum", "concat"]
)  # fmt: skip
"""The operators that `does_nothing` knows."""


def does_nothing(operator: str, attributes: Attributes, inputs: tuple[Shape, ...]) -> bool:
    """Whether the operator, spelled as by `spelled`, returns its first tensor exactly, gradients included."""
    first = inputs[0]
    match operator:
        case "identity":
            return True
        case "activation":
            return attributes["name"] == "linear"
        case "leaky_relu":
            return attributes["slope"] == 1
        case _ if operator in _OFF_AT_ZERO:
            return attributes["rate"] == 0
        case "noise":
            return attributes["stddev"] == 0
        case "maxpool" | "avgpool":
            return {*axes(attributes, "size"), *axes(attributes, "stride")} == {1}
        case "upsample":
            return set(axes(attributes, "factor")) == {1}
        case "zeropad":
            return {*axes(attributes, "n"), *axes(attributes, "after")} == {0}
        case "crop":
            return {*axes(attributes, "before"), *axes(attributes, "after")} == {0}
        case "transpose":
            return attributes["order"] == tuple(range(len(first)))
        case "rescale":
            return attributes["scale"] == 1 and attributes["offset"] == 0
        case "shuffle":
            return whole(attributes, "groups") in (1, first[-1])
        case "slice":
            return (attributes["from"], attributes["to"]) == (0, first[axis_position(first, attributes)])
        case "reshape":
            return attributes["shape"] == first
        case "resize":
            return attributes["size"] == first[:-1]
        case "flatten":
            return len(first) == 1
        case "broadcast_like":
            return len(first) == len(inputs[1]) and first[:-1] == inputs[1][:-1]
        case "add" | "multiply" | "average" | "maximum" | "concat":
            return len(inputs) == 1
        case _:
            return False


def never_negative(operator: str, inputs: Sequence[bool]) -> bool:
    """Whether all values of an operator's output are nonnegative; `inputs` says the same of its inputs."""
    if operator in _NOT_NEGATIVE:
        return True
    return (operator in _NOT_NEGATIVE_OF_SUCH and all(inputs)) or (operator == "maximum" and any(inputs))

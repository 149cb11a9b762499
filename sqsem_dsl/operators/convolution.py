"""Convolutions: sliding kernels in 1D, 2D and 3D.

Output extents are those of Keras: with padding `same` ceil(n / stride), with `valid` floor((n - covered) / stride) + 1
for a kernel that covers dilation * (k - 1) + 1; transposed, `same` n * stride, `valid` (n - 1) * stride + max(k,
stride).
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from sqsem_dsl.operators.arguments import axes, flag, show, symbol, whole
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Part, Shape, Weight

PADDING = Attribute("padding", "symbol", "same", ("same", "valid"))
CAUSAL = Attribute("padding", "symbol", "same", ("same", "valid", "causal"))
"""With `causal`, a place sees itself and those before it: all padding is in front."""
STRIDE = Attribute("stride", "axes", 1)
KERNEL = Attribute("kernel", "axes")
DILATION = Attribute("dilation", "axes", 1)
BIAS = Attribute("bias", "flag", True)
INIT = Attribute(
    "init",
    "symbol",
    "glorot_uniform",
    ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"),
)
"""The initialization of the kernel, by Keras's names."""
BIAS_INIT = Attribute("bias_init", "number", 0, added=True)
"""The initial value of all biases: without bias, it is not used."""


def slid(
    shape: Shape, window: tuple[int, ...], stride: tuple[int, ...], padding: str, dilation: tuple[int, ...], what: str
) -> Shape:
    """The spatial extents after a window slides over a map; raises `Misfit` if a `valid` window is larger than the map.

    `what` names the window in the message: "kernel" or "window".
    """
    covered = tuple(d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True))
    extents = []
    for n, c, s in zip(shape[:-1], covered, stride, strict=True):
        if padding == "valid" and c > n:
            dilated = f", which covers {show(covered)} with its dilation" if covered != window else ""
            raise Misfit(
                f"a {what} of {show(window)}{dilated} does not fit into {show(shape[:-1])} with padding `valid`",
                f"use `padding = same`, a smaller {what}, or shrink the map less before it",
                "kernel" if what == "kernel" else "size",
            )
        extents.append((n - c) // s + 1 if padding == "valid" else -(-n // s))
    return tuple(extents)


def _stride_or_dilation(name: str, attributes: Attributes) -> None:
    stride, dilation = axes(attributes, "stride"), axes(attributes, "dilation")
    if max(stride) > 1 and max(dilation) > 1:
        raise Misfit(
            f"`{name}` has a stride of {show(stride)} and a dilation of {show(dilation)}, but only one may be above 1",
            "use `stride = 1` with the dilation, or `dilation = 1` with the stride",
            "dilation",
        )


def _conv_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    filters, groups = whole(attributes, "filters"), whole(attributes, "groups")
    _stride_or_dilation("conv", attributes)
    if symbol(attributes, "padding") == "causal" and len(shape) != 2:
        raise Misfit(
            f"`conv` with padding `causal` needs a sequence [length, channels], but gets {show(shape)}",
            "use `padding = same`, or bring it to this form with `reshape`",
            "padding",
        )
    for count, what in ((shape[-1], "channels of its input"), (filters, "filters")):
        if count % groups:
            raise Misfit(
                f"`conv` has {groups} groups, which do not divide the {count} {what}",
                f"use a number of groups that divides both {shape[-1]} channels and {filters} filters",
                "groups",
            )
    kernel, stride, dilation = axes(attributes, "kernel"), axes(attributes, "stride"), axes(attributes, "dilation")
    return (*slid(shape, kernel, stride, symbol(attributes, "padding"), dilation, "kernel"), filters)


def _biased(kernels: tuple[Weight, ...], attributes: Attributes, channels: int) -> tuple[Weight, ...]:
    return (*kernels, Weight("bias", (channels,))) if flag(attributes, "bias") else kernels


def _conv_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    filters = whole(attributes, "filters")
    kernel = (*axes(attributes, "kernel"), inputs[0][-1] // whole(attributes, "groups"), filters)
    return _biased((Weight("kernel", kernel),), attributes, filters)


def _conv_macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    return prod(output) * prod(axes(attributes, "kernel")) * (inputs[0][-1] // whole(attributes, "groups"))


def _no_3d(name: str, shape: Shape) -> None:
    if len(shape) == 4:
        raise Misfit(
            f"`{name}` has no 3D form in Keras, but its input {show(shape)} has 3 spatial axes",
            f"use `conv(…, groups = {shape[-1]})` for a kernel per channel",
        )


def _depthwise_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    _no_3d("depthwise", shape)
    _stride_or_dilation("depthwise", attributes)
    kernel, stride, dilation = axes(attributes, "kernel"), axes(attributes, "stride"), axes(attributes, "dilation")
    _equal_strides("depthwise", stride)
    extents = slid(shape, kernel, stride, symbol(attributes, "padding"), dilation, "kernel")
    return (*extents, shape[-1] * whole(attributes, "multiplier"))


def _equal_strides(name: str, stride: tuple[int, ...]) -> None:
    # TensorFlow's depthwise kernels have one stride for both axes; only the newest Keras works around it.
    if len(set(stride)) > 1:
        raise Misfit(
            f"`{name}` has a stride of {show(stride)}, but its strides must be equal on all axes",
            f"use one stride, such as `stride = {max(stride)}`, or an ordinary `conv`",
            "stride",
        )


def _depthwise_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    channels, multiplier = inputs[0][-1], whole(attributes, "multiplier")
    return _biased(
        (Weight("kernel", (*axes(attributes, "kernel"), channels, multiplier)),), attributes, channels * multiplier
    )


def _depthwise_macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    return prod(output) * prod(axes(attributes, "kernel"))


def _separable_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    _no_3d("separable", shape)
    _stride_or_dilation("separable", attributes)
    kernel, stride, dilation = axes(attributes, "kernel"), axes(attributes, "stride"), axes(attributes, "dilation")
    _equal_strides("separable", stride)
    return (
        *slid(shape, kernel, stride, symbol(attributes, "padding"), dilation, "kernel"),
        whole(attributes, "filters"),
    )


def _separable_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    channels, multiplier, filters = inputs[0][-1], whole(attributes, "multiplier"), whole(attributes, "filters")
    kernel = axes(attributes, "kernel")
    kernels = (
        Weight("depthwise_kernel", (*kernel, channels, multiplier)),
        Weight("pointwise_kernel", (*(1,) * len(kernel), channels * multiplier, filters)),
    )
    return _biased(kernels, attributes, filters)


def _separable_macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    spread = inputs[0][-1] * whole(attributes, "multiplier")
    return prod(output[:-1]) * spread * (prod(axes(attributes, "kernel")) + output[-1])


def _separable_parts(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> tuple[Part, ...]:
    spread = inputs[0][-1] * whole(attributes, "multiplier")
    return Part(prod(output[:-1]) * spread, (-1,)), Part(prod(output), (0,))


def _transpose_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    same = symbol(attributes, "padding") == "same"
    extents = (
        n * s if same else (n - 1) * s + max(k, s)
        for n, k, s in zip(shape[:-1], axes(attributes, "kernel"), axes(attributes, "stride"), strict=True)
    )
    return (*extents, whole(attributes, "filters"))


def _transpose_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    filters = whole(attributes, "filters")
    return _biased((Weight("kernel", (*axes(attributes, "kernel"), filters, inputs[0][-1])),), attributes, filters)


def _transpose_macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    return prod(inputs[0]) * prod(axes(attributes, "kernel")) * output[-1]


def _without_bias(attributes: Attributes) -> bool:
    return attributes["bias"] is False


ROWS = (
    Operator(
        "conv",
        (1, 1),
        (
            *(Attribute("filters", "whole"), KERNEL, STRIDE, CAUSAL, DILATION, Attribute("groups", "whole", 1)),
            *(BIAS, INIT, BIAS_INIT),
        ),
        _conv_shape,
        _conv_weights,
        _conv_macs,
        padding="slides",
        weighted=True,
        keeps_zero=_without_bias,
        doc="a convolution (`Conv1D`, `Conv2D`, `Conv3D`); stride and dilation are not both above 1",
    ),
    Operator(
        "depthwise",
        (1, 1),
        (
            *(KERNEL, STRIDE, PADDING, Attribute("multiplier", "whole", 1), BIAS),
            *(replace(DILATION, added=True), BIAS_INIT),
        ),
        _depthwise_shape,
        _depthwise_weights,
        _depthwise_macs,
        padding="slides",
        weighted=True,
        keeps_zero=_without_bias,
        doc="one kernel for each channel (`DepthwiseConv1D`, `DepthwiseConv2D`); not in 3D",
    ),
    Operator(
        "separable",
        (1, 1),
        (
            *(Attribute("filters", "whole"), KERNEL, STRIDE, PADDING, DILATION, Attribute("multiplier", "whole", 1)),
            *(BIAS, BIAS_INIT),
        ),
        _separable_shape,
        _separable_weights,
        _separable_macs,
        padding="slides",
        weighted=True,
        parts=_separable_parts,
        keeps_zero=_without_bias,
        doc="a depthwise convolution and a 1x1 convolution (`SeparableConv1D`, `SeparableConv2D`); not in 3D",
    ),
    Operator(
        "conv_transpose",
        (1, 1),
        (Attribute("filters", "whole"), KERNEL, STRIDE, PADDING, BIAS, BIAS_INIT),
        _transpose_shape,
        _transpose_weights,
        _transpose_macs,
        weighted=True,
        keeps_zero=_without_bias,
        doc="a transposed convolution, which enlarges (`Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`)",
    ),
)

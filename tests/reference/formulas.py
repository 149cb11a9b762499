"""What Keras documents of its layers: the output's shape, the variables, and the products that they multiply.

It is written from Keras's pages and the manual, and shares nothing with `sqsem_dsl.operators`: a layer is its operator,
its arguments and the shapes that it reads. Shapes are without the samples, channels last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.utils.shapes import WholeShape

Shape = tuple[int, ...]
SAME = {
    *(
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "swish",
        "hswish",
        "sigmoid",
        "hsigmoid",
        "tanh",
        "softmax",
    ),
    *("activation", "dropout", "spatial_dropout", "drop_path", "noise", "rescale", "shuffle", "identity", "zero"),
    *("add", "multiply", "average", "maximum", "subtract", "scale"),
}
"""Operators without variables or counted products that keep the shape of their first tensor."""
PER_CHANNEL = {"layernorm": 2, "groupnorm": 2, "rmsnorm": 1, "layer_scale": 1, "prelu": 1}
"""Layers that keep the shape, with their numbers for each channel, all of which are trained."""
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


@dataclass(frozen=True)
class Facts:
    """A layer's output, its parameters, those that training does not change, and its multiply-accumulates."""

    shape: Shape
    params: int = 0
    fixed: int = 0
    macs: int = 0


def facts(operator: str, given: Mapping[str, Any], inputs: Sequence[Shape]) -> Facts:
    """The facts of one layer."""
    first = inputs[0]
    *extents, c = first
    if operator in SAME:
        return Facts(first)
    if operator in PER_CHANNEL:
        return Facts(first, PER_CHANNEL[operator] * c)
    match operator:
        case "conv":
            outside = windows(extents, given["kernel"], given)
            one = prod(given["kernel"]) * c // given["groups"] * given["filters"]
            return Facts((*outside, given["filters"]), one + bias(given, given["filters"]), 0, prod(outside) * one)
        case "depthwise":
            outside, made = windows(extents, given["kernel"], given), c * given["multiplier"]
            one = prod(given["kernel"]) * made
            return Facts((*outside, made), one + bias(given, made), 0, prod(outside) * one)
        case "separable":
            outside, filters = windows(extents, given["kernel"], given), given["filters"]
            one = c * given["multiplier"] * (prod(given["kernel"]) + filters)
            return Facts((*outside, filters), one + bias(given, filters), 0, prod(outside) * one)
        case "conv_transpose":
            kernel, filters, same = given["kernel"], given["filters"], given["padding"] == "same"
            steps = zip(extents, kernel, given["stride"], strict=True)
            outside = tuple(n * s if same else (n - 1) * s + max(k, s) for n, k, s in steps)
            one = prod(kernel) * c * filters
            return Facts((*outside, filters), one + bias(given, filters), 0, prod(extents) * one)
        case "maxpool" | "avgpool":
            return Facts((*windows(extents, given["size"], given), c))
        case "dense":
            units = given["units"]
            return Facts((*extents, units), c * units + bias(given, units), 0, prod(extents) * c * units)
        case "batchnorm":
            return Facts(first, (2 + given["scale"] + given["center"]) * c, 2 * c)
        case "lstm" | "gru" | "rnn":
            return recurrent(operator, given, first)
        case "attention":
            return attention(given, first, inputs[-1])
        case "positions":
            return Facts(first, prod(first) if given["kind"] == "learned" else 0)
        case "class_token":
            return Facts((first[0] + 1, c), c)
        case "weighted_add":
            return Facts(first, len(inputs))
        case "dot":
            return product(given, *inputs)
        case _:
            return Facts(moved(operator, given, inputs))


def bias(given: Mapping[str, Any], channels: int) -> int:
    return channels if given["bias"] else 0


def windows(extents: Sequence[int], kernel: Sequence[int], given: Mapping[str, Any]) -> Shape:
    """The positions of a window that moves over a map."""
    dilation = given.get("dilation") or (1,) * len(extents)
    found = []
    for n, k, d, s in zip(extents, kernel, dilation, given["stride"], strict=True):
        found.append(ceil(n / s) if given["padding"] != "valid" else (n - d * (k - 1) - 1) // s + 1)
    return tuple(found)


def recurrent(operator: str, given: Mapping[str, Any], shape: Shape) -> Facts:
    """A GRU of Keras resets after the product (`reset_after`): its recurrent product has a bias of its own."""
    (length, c), units, gates = shape, given["units"], GATES[operator]
    directions = 2 if given["bidirectional"] else 1
    products = gates * units * (c + units)
    biases = gates * units * (2 if operator == "gru" else 1)
    made = directions * units
    output = (length, made) if given["sequences"] else (made,)
    return Facts(output, directions * (products + biases), 0, directions * length * products)


def attention(given: Mapping[str, Any], shape: Shape, memory: Shape) -> Facts:
    """Four projections, each with a bias, and two products for each pair of places."""
    h, g, d, v = given["heads"], given["groups"], given["dim"], given["value"]
    c, m, at = shape[-1], memory[-1], given["axis"]
    apart = prod(shape[:-1]) // shape[at]
    queries, keys = apart * shape[at], apart * memory[at]
    ask, key, value, end = c * h * d, m * g * d, m * g * v, h * v * c
    biases = h * d + g * (d + v) + c if given["bias"] else 0
    pairs = apart * shape[at] * memory[at] * h * (d + v)
    return Facts(shape, ask + key + value + end + biases, 0, queries * (ask + end) + keys * (key + value) + pairs)


def product(given: Mapping[str, Any], first: Shape, second: Shape) -> Facts:
    """The rest of both shapes; each of its values sums over the axes that meet."""
    one, two = position(given["axis"], first), position(given["other"], second)
    rest = first[:one] + first[one + 1 :] + second[:two] + second[two + 1 :]
    return Facts(rest or (1,), macs=prod(rest) * first[one])


def position(axis: Any, shape: Shape) -> int:
    return len(shape) - 1 if axis == "channels" else int(axis)


def moved(operator: str, given: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    """The shape of a layer that neither has variables nor multiplies."""
    first = inputs[0]
    *extents, c = first
    match operator:
        case "gap" | "gmp":
            at = None if given["axis"] == "all" else position(given["axis"], first)
            return (c,) if at is None else first[:at] + first[at + 1 :]
        case "concat":
            at = position(given["axis"], first)
            return (*first[:at], sum(shape[at] for shape in inputs), *first[at + 1 :])
        case "slice":
            at = position(given["axis"], first)
            return (*first[:at], given["to"] - given["from"], *first[at + 1 :])
        case "transpose":
            return tuple(first[axis] for axis in given["order"])
        case "zeropad":
            return (*(n + a + b for n, a, b in zip(extents, given["n"], given["after"], strict=True)), c)
        case "crop":
            return (*(n - a - b for n, a, b in zip(extents, given["before"], given["after"], strict=True)), c)
        case "upsample":
            return (*(n * f for n, f in zip(extents, given["factor"], strict=True)), c)
        case "resize":
            return (*given["size"], c)
        case "flatten":
            return (prod(first),)
        case "reshape":
            return tuple(given["shape"])
        case "broadcast_like":
            return (*inputs[1][:-1], c)
        case _:
            raise AssertionError(f"no formula of `{operator}`")


def check_formulas(architecture: Architecture) -> None:
    """Each layer's shape, parameters and products, and the sums of the network."""
    fixed = 0
    for layer in architecture.layers:
        expected = of_layer(architecture, layer)
        assert tuple(layer.shape) == expected.shape, layer
        assert layer.macs == expected.macs, layer
        if layer.shares is None:
            assert (layer.params, layer.params - layer.trainable_params) == (expected.params, expected.fixed), layer
            fixed += expected.fixed
    assert total(architecture) == {"params": architecture.params, "macs": architecture.macs}
    assert architecture.params - architecture.trainable_params == fixed


def total(architecture: Architecture) -> dict[str, int]:
    """The parameters and the products of a network; shared variables count once."""
    each = [(layer, of_layer(architecture, layer)) for layer in architecture.layers]
    params = sum(found.params for layer, found in each if layer.shares is None)
    return {"params": params, "macs": sum(found.macs for _, found in each)}


def of_layer(architecture: Architecture, layer: Layer) -> Facts:
    shapes = [architecture.layers[at].shape for at in layer.inputs]
    match layer.operator:
        case "input" | "zero":  # whose shape is not that of another layer
            return Facts(tuple(layer.shape))
        case "embedding":
            (words,), width = shapes, layer.attributes["width"]
            assert isinstance(words, WholeShape)
            assert isinstance(width, int)
            return Facts((*words, width), words.below * width)
        case operator:
            return facts(operator, layer.attributes, [tuple(shape) for shape in shapes])

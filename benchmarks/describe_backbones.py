"""Writes the layers of the networks of `keras.applications` for the operator `backbone`.

    python benchmarks/describe_backbones.py [NETWORK …]

Each network is built without its classifier by the installed Keras, at several input sizes. The result is a file for
each in `sqsem_dsl/operators/backbones/`: a line for each operation, with its name, its kind, its arguments, and the
positions of the operations that it reads (left out if it is the one before). Arguments are those of sqsem's operator of
that kind, without defaults. Some networks pad by an amount that depends on the parity of the map: there the argument is
the kernel, `{"odd": 3}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import keras

from sqsem_dsl.operators.backbone_networks import FOLDER, NETWORKS

SIZES = (224, 225, 227, 231, 239, 255)
"""Sizes of the input. Between them, the map before each padding has even and odd extents."""
ELEMENTWISE = ("Activation", "ReLU", "Rescaling", "Add", "Multiply")
"""Operations that keep the shape of a single tensor: those of `keras.ops` have a number as the other operand."""


def built(network: str, size: int) -> keras.Model:
    """The network of the installed Keras, with the names of layers that a new process gives them."""
    keras.utils.clear_session()
    made = getattr(keras.applications, NETWORKS[network].keras)
    return made(include_top=False, weights=None, input_shape=(size, size, 3))


def operations(model: keras.Model) -> list[Any]:
    """The operations of a model in the order in which Keras holds them."""
    return list(model.operations)


def described(network: str) -> list[list[Any]]:
    """The lines of the network's file."""
    models = [built(network, size) for size in SIZES]
    columns = zip(*map(operations, models), strict=True)
    lines: list[list[Any]] = []
    positions: dict[int, int] = {}
    for at, column in enumerate(columns):
        first = column[0]
        positions[id(first)] = at
        inputs = [positions[id(tensor._keras_history[0])] for tensor in _inputs(first)]
        if len({(type(each), each.name) for each in column}) > 1:
            raise SystemExit(f"{network}: {first.name} differs between sizes")
        kind, arguments = _kind(column)
        line = [first.name, kind, arguments]
        lines.append(line if inputs == [at - 1] or kind == "input" else [*line, inputs])
    return lines


def _inputs(operation: Any) -> list[Any]:
    (node,) = operation._inbound_nodes
    return list(node.input_tensors)


def _kind(column: tuple[Any, ...]) -> tuple[str, dict[str, Any]]:
    """The kind and the arguments of an operation, of which `column` has one for each size."""
    kinds = [_of_one(each) for each in column]
    if kinds.count(kinds[0]) == len(kinds):
        return kinds[0]
    if any(kind != "pad" for kind, _ in kinds):
        raise SystemExit(f"{column[0].name} has other arguments at another size: {kinds}")
    kernel = max(arguments["by"][0][1] for _, arguments in kinds) * 2 + 1
    for each, (_, arguments) in zip(column, kinds, strict=True):
        height, width = _inputs(each)[0].shape[1:3]
        expected = [[kernel // 2 - 1 + n % 2, kernel // 2] for n in (height, width)]
        if arguments["by"] != expected:
            raise SystemExit(f"{each.name} pads {height}x{width} by {arguments['by']}, not by {expected}")
    return "pad", {"odd": kernel}


def _of_one(made: Any) -> tuple[str, dict[str, Any]]:
    name = type(made).__name__
    match name:
        case "InputLayer":
            return "input", {}
        case "Conv2D" | "DepthwiseConv2D" | "SeparableConv2D":
            return _convolution(made)
        case "Dense":
            return "dense", {"units": made.units, **_unless("bias", made.use_bias, True)}
        case "BatchNormalization":
            return "batchnorm", {**_unless("gamma", made.scale, True), **_unless("beta", made.center, True)}
        case "LayerNormalization":
            return "layernorm", {}
        case "Normalization":  # it has variables only if its mean is not an argument
            return "normalization" if made.weights else "same", {}
        case "LayerScale":
            return "layerscale", {}
        case "MaxPooling2D" | "AveragePooling2D":
            arguments = {"size": _one(made.pool_size), **_unless("stride", _one(made.strides), _one(made.pool_size))}
            return "maxpool" if name.startswith("Max") else "avgpool", {
                **arguments,
                **_unless("padding", made.padding, "same"),
            }
        case "GlobalAveragePooling2D":
            return "gap", {"keep": True} if made.keepdims else {}
        case "ZeroPadding2D":
            return "pad", {"by": [list(each) for each in made.padding]}
        case "Cropping2D":
            return "crop", {"by": [list(each) for each in made.cropping]}
        case "Reshape":
            return "reshape", {"shape": list(made.target_shape)}
        case "Dropout":
            return "dropout", {}
        case "Concatenate":
            return "concat", {}
        case "Sequential":
            return "steps", {"of": [list(_of_one(each)) for each in made.layers]}
        case "Add" | "Multiply" if len(_inputs(made)) > 1:
            return name.lower(), {}
        case _ if name in ELEMENTWISE:
            return "same", {}
        case _:
            raise SystemExit(f"{made.name}: no kind for {name}")


def _convolution(made: Any) -> tuple[str, dict[str, Any]]:
    common = {
        "kernel": _one(made.kernel_size),
        **_unless("stride", _one(made.strides), 1),
        **_unless("padding", made.padding, "same"),
        **_unless("bias", made.use_bias, True),
    }
    if _one(made.dilation_rate) != 1:
        raise SystemExit(f"{made.name} has a dilation")
    match type(made).__name__:
        case "Conv2D":
            return "conv", {"filters": made.filters, **common, **_unless("groups", made.groups, 1)}
        case "DepthwiseConv2D":
            return "depthwise", {**common, **_unless("multiplier", made.depth_multiplier, 1)}
        case _:
            return "separable", {
                "filters": made.filters,
                **common,
                **_unless("multiplier", made.depth_multiplier, 1),
            }


def _one(pair: tuple[int, int]) -> int | list[int]:
    return pair[0] if pair[0] == pair[1] else list(pair)


def _unless(name: str, value: Any, default: Any) -> dict[str, Any]:
    return {} if value == default else {name: value}


def text(lines: list[list[Any]]) -> str:
    """The contents of a file: JSON with an operation on each line."""
    return "[\n" + ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines) + "\n]\n"


if __name__ == "__main__":
    for network in sys.argv[1:] or NETWORKS:
        (FOLDER / f"{network}.json").write_text(text(described(network)), encoding="utf-8")
        print(network, keras.__version__)

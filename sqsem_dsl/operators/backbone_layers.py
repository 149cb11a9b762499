"""The layers of a network of `keras.applications`: shapes, weights and multiply-accumulates for an input of any size.

The layers come from a file (`FOLDER`), and each is computed by the row of its kind in the table of operators: nothing
imports Keras.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from sqsem_dsl.operators import combining, convolution, dense_norm, pooling
from sqsem_dsl.operators.arguments import complete, show
from sqsem_dsl.operators.backbone_networks import FOLDER
from sqsem_dsl.operators.row import Misfit, Part, Shape, Weight

FOLDED = frozenset(["conv", "depthwise", "separable", "conv_transpose", "dense"])
"""Operators with whose kernel a batch normalization after them is multiplied when a network is deployed."""
_ROWS = {row.name: row for theme in (convolution, dense_norm, pooling, combining) for row in theme.ROWS}


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a network's file: an operation, with the positions of those that it reads."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """An operation on inputs of known shapes."""

    shape: Shape
    weights: tuple[Weight, ...] = ()
    macs: int = 0
    weighted: int = 0
    """Convolutions and dense layers in it, one after another."""
    before: tuple[int, ...] = ()
    """If it runs as several operations in a chain, the values that each makes, without the last."""


@lru_cache(maxsize=32)
def listed(network: str) -> tuple[Listed, ...]:
    """The operations of a network in Keras's order, each after those that it reads; the first is the input."""
    lines = json.loads((FOLDER / f"{network}.json").read_text(encoding="utf-8"))
    return tuple(
        Listed(name, kind, arguments, tuple(rest[0]) if rest else (at - 1,) if at else ())
        for at, (name, kind, arguments, *rest) in enumerate(lines)
    )


@lru_cache(maxsize=32)
def positions(network: str) -> Mapping[str, int]:
    """The positions of a network's operations by name."""
    return {layer.name: at for at, layer in enumerate(listed(network))}


@lru_cache(maxsize=256)
def leading_to(network: str, end: int) -> tuple[int, ...]:
    """The positions of the operations that one depends on, with its own, in order."""
    layers, found, waiting = listed(network), {end}, [end]
    while waiting:
        new = set(layers[waiting.pop()].inputs) - found
        found |= new
        waiting += new
    return tuple(sorted(found))


@lru_cache(maxsize=128)
def counted(network: str, height: int, width: int) -> tuple[Counted, ...]:
    """All operations of a network on an input [height, width, 3]. Raises `Misfit` if the input is too small."""
    found: list[Counted] = []
    for layer in listed(network):
        if layer.kind == "input":
            found.append(Counted((height, width, 3)))
            continue
        shapes = tuple(found[at].shape for at in layer.inputs)
        try:
            found.append(_counted(layer.kind, layer.arguments, shapes))
        except Misfit as misfit:
            message = f"`backbone` cannot apply {network} to {show((height, width, 3))}: at its layer `{layer.name}`, "
            raise Misfit(message + misfit.message, "make the input larger") from misfit
    return tuple(found)


def _counted(kind: str, arguments: Mapping[str, Any], shapes: tuple[Shape, ...]) -> Counted:
    """An operation of a kind on tensors of these shapes."""
    shape = shapes[0]
    *extents, channels = shape
    match kind:
        case "same" | "dropout":
            return Counted(shape)
        case "gap":
            return Counted((*(1,) * len(extents), channels) if arguments.get("keep") else (channels,))
        case "add" | "multiply":
            # In an SE block, a gate of extents 1 is spread over the map.
            return Counted(tuple(max(sizes) for sizes in zip(*shapes, strict=True)))
        case "pad":
            by = _padding(extents, arguments)
            return Counted((*(n + sum(both) for n, both in zip(extents, by, strict=True)), channels))
        case "crop":
            by = arguments["by"]
            return Counted((*(n - sum(both) for n, both in zip(extents, by, strict=True)), channels))
        case "reshape":
            return Counted(tuple(arguments["shape"]))
        case "batchnorm":
            flags = {"scale": arguments.get("gamma", True), "center": arguments.get("beta", True)}
            return Counted(shape, _ROWS[kind].weights(shapes, flags))
        case "normalization":
            moments = (Weight("mean", (channels,), False), Weight("variance", (channels,), False))
            return Counted(shape, (*moments, Weight("count", (), False)))
        case "layerscale":
            return Counted(shape, (Weight("variable", (channels,)),))
        case "steps":
            return _steps(arguments["of"], shape)
        case _:
            row = _ROWS[kind]
            given = {name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()}
            filled = complete(row, shapes, given)
            output = row.shape(shapes, filled)
            weights, macs = row.weights(shapes, filled), row.macs(shapes, filled, output)
            before = () if row.parts is None else tuple(p.values for p in row.parts(shapes, filled, output)[:-1])
            return Counted(output, weights, macs, int(row.weighted), before)


def _padding(extents: Sequence[int], arguments: Mapping[str, Any]) -> Sequence[Sequence[int]]:
    """The zeros before and after each axis: Keras's `correct_pad` for a kernel adds one less before an even extent."""
    kernel = arguments.get("odd")
    if kernel is None:
        found: Sequence[Sequence[int]] = arguments["by"]
        return found
    return [(kernel // 2 - 1 + n % 2, kernel // 2) for n in extents]


def _steps(steps: Sequence[tuple[str, Mapping[str, Any]]], shape: Shape) -> Counted:
    """Operations in a `Sequential`."""
    found: list[Counted] = []
    for kind, arguments in steps:
        found.append(_counted(kind, arguments, (found[-1].shape if found else shape,)))
    weights = tuple(weight for each in found for weight in each.weights)
    macs, weighted = sum(each.macs for each in found), sum(each.weighted for each in found)
    *first, _ = (size for each in found for size in (*each.before, prod(each.shape)))
    return Counted(found[-1].shape, weights, macs, weighted, tuple(first))


def longest_path(network: str, end: int, counts: Sequence[Counted]) -> int:
    """Convolutions and dense layers on the longest path from the input to an operation."""
    layers, depth = listed(network), dict[int, int]()
    for at in leading_to(network, end):
        depth[at] = counts[at].weighted + max((depth[before] for before in layers[at].inputs), default=0)
    return depth[end]


def largest_tensor(network: str, end: int, counts: Sequence[Counted]) -> int:
    """Elements of the largest tensor on the way to an operation."""
    return max(prod(counts[at].shape) for at in leading_to(network, end))


def parts_of(network: str, end: int, counts: Sequence[Counted]) -> tuple[Part, ...]:
    """The operations up to one, as they run: a batch normalization that alone reads a convolution is computed with it,
    and dropout and reshaping only pass their tensor on. An activation is an operation of its own: the list does not say
    which it is."""
    layers, kept = listed(network), leading_to(network, end)
    readers = Counter(before for at in kept for before in set(layers[at].inputs))
    parts: list[Part] = []
    made: dict[int, int] = {}
    """The part that makes the tensor of each operation; -1 for the input."""
    for at in kept:
        layer = layers[at]
        reads = tuple(made[before] for before in layer.inputs)
        match layer.kind:
            case "input":
                made[at] = -1
                continue
            case "dropout" | "reshape":
                made[at] = reads[0]
                continue
            case "batchnorm" if readers[layer.inputs[0]] == 1 and layers[layer.inputs[0]].kind in FOLDED:
                made[at] = reads[0]
                continue
        for values in counts[at].before:
            parts.append(Part(values, reads))
            reads = (len(parts) - 1,)
        parts.append(Part(prod(counts[at].shape), reads))
        made[at] = len(parts) - 1
    return tuple(parts)

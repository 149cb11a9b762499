"""The compiler vs. Keras: its results for an architecture, compared with the built model.

Compares, layer by layer, names, output shapes at each use, weights (name, shape, whether training changes them) and
multiply-accumulates, counted from Keras's own kernels and tensors; then the totals, and the inputs and outputs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

import keras

from sqsem_dsl.backends.keras.model import measure_macs, node_macs
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.backbone import BACKBONE
from sqsem_dsl.operators.extern import EXTERN
from sqsem_dsl.operators.row import Shape, Weight, WholeShape
from sqsem_dsl.utils.shapes import is_padded


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One difference; both sides as text."""

    layer: Layer | None
    """None if it concerns the model as a whole."""
    what: str
    compiler: str
    keras: str


def disagreements(architecture: Architecture, model: keras.Model) -> tuple[Disagreement, ...]:
    """All differences between a built model and the compiler's results for its architecture.

    Totals follow from the layers, so they are compared only if every layer agrees. The multiply-accumulates of `extern`
    layers are excluded on both sides, since the compiler has them from Keras itself.
    """
    found = [*_layers(architecture, model), *_ends(architecture, model)]
    return tuple(found or _totals(architecture, model))


def _layers(architecture: Architecture, model: keras.Model) -> Iterator[Disagreement]:
    built = {layer.name: layer for layer in model.layers}
    uses: Counter[str] = Counter()
    for layer in architecture.layers:
        owner = layer if layer.shares is None else architecture.layers[layer.shares]
        made = built.get(owner.name)
        if made is None:
            yield Disagreement(layer, "name", f"a layer `{owner.name}`", "no layer of that name")
            continue
        nodes, use = made._inbound_nodes, uses[owner.name]
        uses[owner.name] += 1
        if use >= len(nodes):
            yield Disagreement(layer, "uses", f"{use + 1} or more", str(len(nodes)))
            continue
        shape = tuple(nodes[use].output_tensors[0].shape[1:])
        if shape != tuple(layer.shape):
            yield Disagreement(layer, "output shape", show_shape(layer.shape), show_shape(shape))
        if layer is owner and layer.operator != "input":
            yield from _weights(layer, made)
        if layer.operator != EXTERN and (macs := node_macs(made, nodes[use])) != layer.macs:
            yield Disagreement(layer, "MACs", f"{layer.macs:,}", f"{macs:,}")
    known = {layer.name for layer in architecture.layers}
    masks = {name for name in built if name.startswith(_padded(architecture))}
    for name in built.keys() - known - architecture.outputs.keys() - masks:
        yield Disagreement(None, "layers", f"no layer `{name}`", f"a layer `{name}`")


def _padded(architecture: Architecture) -> tuple[str, ...]:
    """How the names of layers for masks begin: with an input of padded sequences, or a layer that takes some."""
    layers = architecture.layers
    found = (
        layer for layer in layers if is_padded(layer.shape) or any(is_padded(layers[i].shape) for i in layer.inputs)
    )
    return tuple(f"{layer.name}." for layer in found)


def _weights(layer: Layer, made: keras.layers.Layer) -> Iterator[Disagreement]:
    variables = [Weight(v.name, tuple(v.shape), bool(v.trainable)) for v in made.weights]
    expected = list(layer.weights)
    if layer.operator == BACKBONE:
        # Keras orders the layers of a cut network by their distance from its end, and numbers some variables.
        variables, expected = _in_order(variables), _in_order(expected)
    if variables != expected:
        yield Disagreement(layer, "parameters", _shown(layer.weights), _shown(variables))
    elif (params := int(made.count_params())) != layer.params:
        yield Disagreement(layer, "parameters", f"{layer.params:,}", f"{params:,}")


def _in_order(weights: Iterable[Weight]) -> list[Weight]:
    """Weights in an order that does not depend on their layers, without their numbers."""
    plain = [replace(weight, name=re.sub(r"_\d+$", "", weight.name)) for weight in weights]
    return sorted(plain, key=lambda weight: (weight.name, weight.shape, weight.trainable))


def _shown(weights: Sequence[Weight]) -> str:
    """Weights as text: "224 (`kernel` [3, 3, 3, 8], `bias` [8])"."""
    if not weights:
        return "none"
    each = ", ".join(f"`{w.name}` {show_shape(w.shape)}{'' if w.trainable else ' not trained'}" for w in weights)
    return f"{sum(w.size for w in weights):,} ({each})"


def _ends(architecture: Architecture, model: keras.Model) -> Iterator[Disagreement]:
    """The inputs and the outputs by name."""
    outputs = model.output if isinstance(model.output, dict) else {next(iter(architecture.outputs)): model.output}
    declared = {name: architecture.layers[at].shape for name, at in architecture.outputs.items()}
    inputs = {tensor.name: tensor for tensor in model.inputs}
    for what, ours, tensors in (("inputs", architecture.inputs, inputs), ("outputs", declared, outputs)):
        theirs = {name: tuple(tensor.shape[1:]) for name, tensor in tensors.items()}
        if theirs != {name: tuple(shape) for name, shape in ours.items()}:
            yield Disagreement(None, what, _named(ours.items()), _named(theirs.items()))
        for name in ours.keys() & theirs.keys():
            whole = isinstance(ours[name], WholeShape)
            if whole != (keras.backend.standardize_dtype(tensors[name].dtype) == "int32"):
                expected = "whole numbers" if whole else "numbers"
                yield Disagreement(None, f"numbers of `{name}`", expected, str(tensors[name].dtype))


def _named(shapes: Iterable[tuple[str, Shape]]) -> str:
    return ", ".join(f"{name} {show_shape(shape)}" for name, shape in shapes) or "none"


def _totals(architecture: Architecture, model: keras.Model) -> Iterator[Disagreement]:
    owners = (layer for layer in architecture.layers if layer.operator == EXTERN and layer.shares is None)
    unknown = [model.get_layer(layer.name) for layer in owners]
    outside = sum(node_macs(layer, node) for layer in unknown for node in layer._inbound_nodes)
    counted = sum(layer.macs for layer in architecture.layers if layer.operator != EXTERN)
    for what, ours, theirs in (
        ("parameters", architecture.params, int(model.count_params())),
        ("trainable parameters", architecture.trainable_params, sum(prod(w.shape) for w in model.trainable_weights)),
        ("MACs", counted, measure_macs(model) - outside),
    ):
        if ours != theirs:
            yield Disagreement(None, what, f"{ours:,}", f"{theirs:,}")

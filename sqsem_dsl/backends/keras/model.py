"""An architecture as a `keras.Model`, and the multiply-accumulates of a built model.

It uses only the API of Keras 3, so TensorFlow, JAX and torch all work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

try:
    import keras
    from keras import layers as kl
    from keras import ops
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"building a model needs Keras and a backend, but there is no module `{missing.name}`: "
        'pip install "sqsem-dsl[tensorflow]", or "sqsem-dsl[jax]" with KERAS_BACKEND=jax',
        name=missing.name,
    ) from missing

from sqsem_dsl.backends.keras.attention import ATTENDING, attended, attention_macs
from sqsem_dsl.backends.keras.layers import keras_layer, zeros_layer
from sqsem_dsl.backends.keras.optimizers import keras_regularizer
from sqsem_dsl.backends.keras.padding import Padding
from sqsem_dsl.backends.keras.recurrence import RECURRENT, in_order, recurrent_macs
from sqsem_dsl.backends.keras.standardize import Scale
from sqsem_dsl.backends.keras.targets import TargetScale
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.attention import ATTENTION
from sqsem_dsl.operators.row import WholeShape
from sqsem_dsl.utils.shapes import is_padded

_CONVOLUTIONS = (kl.Conv1D, kl.Conv2D, kl.Conv3D, kl.DepthwiseConv1D, kl.DepthwiseConv2D)
_TRANSPOSED = (kl.Conv1DTranspose, kl.Conv2DTranspose, kl.Conv3DTranspose)
_SEPARABLE = (kl.SeparableConv1D, kl.SeparableConv2D)


def build_model(
    architecture: Architecture,
    seed: int | None = None,
    scales: Mapping[str, Scale] | None = None,
    targets: Mapping[str, TargetScale] | None = None,
    *,
    regularized: bool = True,
) -> keras.Model:
    """The functional model of an architecture, with layers under their names.

    The input and the output are each a tensor, or a dict of tensors by name if there are several. An identity layer
    after each output gives it its name (`model.output_names`), unless another layer has that name. Layers with tied
    weights are one Keras layer, called at each use. With a seed, initial weights and random layers depend only on the
    seed and the layers' names. If Keras's policy is a mixed precision, outputs are float32. With `scales`, inputs are
    encoded, resized, divided and standardized by layers of constants without weights, so the model accepts the data
    unchanged; inputs of whole numbers are int32 and never scaled; with `targets`, outputs are multiplied and offset
    into the units of the data. Places of padding are found in the data (`Padding`). Kernels have the penalty of the
    architecture's settings, unless `regularized` is false.
    """
    scales, targets = scales or {}, targets or {}
    regularizer = keras_regularizer(architecture.train) if regularized else None
    layers = architecture.layers
    ends = frozenset(architecture.outputs.values())
    whole_precision = "float32" if keras.config.dtype_policy().name.startswith("mixed") else None
    inputs = {layer.name: _input(layer, scales.get(layer.name)) for layer in layers if layer.operator == "input"}
    made: list[kl.Layer | None] = []
    padding = Padding()
    tensors: list[Any] = []
    for position, layer in enumerate(layers):
        given = [tensors[i] for i in layer.inputs]
        shapes = tuple(layers[i].shape for i in layer.inputs)
        new: kl.Layer | None = None
        if layer.operator == "input":
            tensor = inputs[layer.name]
            if layer.name in scales:
                tensor = _scaled(tensor, layer, scales[layer.name])
            if is_padded(layer.shape):
                tensor = padding.filled(tensor, layer.name, layer.shape)
        elif layer.operator == "zero":
            reference = given[0] if given else next(iter(inputs.values()), None)
            if reference is None:
                raise InternalError(f"`{layer.name}` is zero in a network without inputs: {architecture.outputs}")
            new = zeros_layer(tuple(reference.shape[1:]), layer.shape, layer.name)
            tensor = new(reference)
        else:
            if layer.shares is not None:
                new = made[layer.shares]
            else:
                dtype, folder = whole_precision if position in ends else None, architecture.network.folder
                new = keras_layer(layer, shapes, seed, dtype, regularizer, folder)
            if layer.operator == ATTENTION:
                made.append(new)
                tensors.append(attended(new, layer, given[0], given[-1], padding.places(shapes[-1])))
                continue
            one = len(given) == 1 or layer.operator == "broadcast_like"  # it reads only the shape of the other
            masked = padding.called(new, layer, given, shapes)
            tensor = new(given[0] if one else given) if masked is None else masked  # type: ignore[misc]
            tensor = in_order(tensor, layer)
        made.append(new)
        tensors.append(tensor)
    names = {layer.name for layer in layers}
    outputs = {name: tensors[at] for name, at in architecture.outputs.items()}
    for name, tensor in outputs.items():
        if name in targets:
            scale, offset = targets[name].stddev, list(targets[name].mean) or 0.0
            own = f"{name}.rescale" if name in names else name
            outputs[name] = kl.Rescaling(scale, offset, name=own, dtype="float32")(tensor)
        elif name not in names:
            outputs[name] = kl.Identity(name=name, dtype=whole_precision)(tensor)
    return keras.Model(_alone(inputs), _alone(outputs), name=architecture.space)


def _alone(tensors: dict[str, Any]) -> Any:
    """A single tensor, or several by name."""
    return tensors if len(tensors) > 1 else next(iter(tensors.values()))


def _input(layer: Layer, scale: Scale | None) -> Any:
    """An input in the form in which the model takes it."""
    if scale is not None and scale.columns is not None:
        return keras.Input((len(scale.columns.each),), name=layer.name)
    samples = layer.shape if scale is None or scale.samples is None else scale.samples
    return keras.Input(tuple(samples), name=layer.name, dtype="int32" if isinstance(layer.shape, WholeShape) else None)


def _scaled(tensor: Any, layer: Layer, scale: Scale) -> Any:
    """An input encoded or resized, divided, with its mean subtracted, and divided by its deviation; all in full
    precision, since 16 bits do not suffice."""
    name = layer.name
    if scale.columns is not None:
        tensor = encoder(scale.columns, scale.fill, f"{name}.encode")(tensor)
    if scale.samples is not None:
        height, width, _ = layer.shape
        tensor = kl.Resizing(height, width, name=f"{name}.resize", dtype="float32")(tensor)
    if scale.divisor != 1:
        tensor = kl.Rescaling(1 / scale.divisor, name=f"{name}.rescale", dtype="float32")(tensor)
    if not scale.mean:
        return tensor
    channels = tensor.shape[-1]
    mean, stddev = (one * channels if len(one) == 1 else one for one in (scale.mean, scale.stddev))
    variance = [one * one for one in stddev]
    return kl.Normalization(mean=list(mean), variance=variance, name=f"{name}.standardize", dtype="float32")(tensor)


def measure_macs(model: keras.Model) -> int:
    """Multiply-accumulates of a built model for one sample, at each use of a layer.

    Counted from the shapes of Keras's own kernels and tensors, so that errors in the table of operators are detected.
    """
    return sum(node_macs(layer, node) for layer in model.layers for node in layer._inbound_nodes)


def node_macs(layer: kl.Layer, node: Any) -> int:
    """Multiply-accumulates of one use of a built layer; 0 for anything but a convolution, a dense or a
    recurrent layer, attention, a product of two tensors, or a model."""
    if isinstance(layer, keras.Model):
        return measure_macs(layer)
    if isinstance(layer, RECURRENT):
        return recurrent_macs(layer, int(node.input_tensors[0].shape[1]))
    if isinstance(layer, ATTENDING):
        query, memory = node.arguments.args[:2]
        return attention_macs(layer, query.shape, memory.shape)
    (output,) = node.output_tensors
    if isinstance(layer, kl.Dot):
        return int(prod(output.shape[1:]) * node.input_tensors[0].shape[layer.axes[0]])
    positions = prod(output.shape[1:-1])
    if isinstance(layer, _SEPARABLE):
        return int(positions * (prod(layer.depthwise_kernel.shape) + prod(layer.pointwise_kernel.shape)))
    if isinstance(layer, _TRANSPOSED):
        return int(prod(node.input_tensors[0].shape[1:-1]) * prod(layer.kernel.shape))
    if isinstance(layer, (*_CONVOLUTIONS, kl.Dense)):
        return int(positions * prod(layer.kernel.shape))
    return 0


def encoder(columns: Columns, fill: Sequence[float], name: str) -> keras.Model:
    """The layer that turns the raw columns of a table into the values of an input: from `[columns]`, float32, to
    `[units]`, float32, or int32 for an input of whole numbers.

    Missing numbers become `fill`, which has a value for each column. A category becomes 1 where the code of the column
    is its own, otherwise 0. For an input of whole numbers it becomes its number from 1, or 0 where it is missing or
    unknown. It is a functional model of Keras's own operations, without weights, so that a saved model takes raw
    columns and can be loaded without this package, on any backend.
    """
    units = columns.units
    raw = keras.Input((len(columns.each),), name="columns", dtype="float32")
    if columns.whole:
        known = ops.less(raw, _constant([unit.code for unit in units]))
        return keras.Model(raw, ops.cast(ops.where(known, raw + 1.0, 0.0), "int32"), name=name)
    value = ops.take(raw, _constant([unit.column for unit in units], "int32"), axis=-1)
    absent = ops.isnan(value)
    number = ops.where(absent, _constant([fill[unit.column] for unit in units]), value)
    category = ops.cast(ops.equal(value, _constant([unit.code for unit in units])), "float32")
    encoded = ops.where(_constant([unit.role == "category" for unit in units], "bool"), category, number)
    if any(unit.role == "missing" for unit in units):
        missing = _constant([unit.role == "missing" for unit in units], "bool")
        encoded = ops.where(missing, ops.cast(absent, "float32"), encoded)
    return keras.Model(raw, encoded, name=name)


def _constant(values: Sequence[Any], dtype: str = "float32") -> Any:
    return np.array(values, dtype)

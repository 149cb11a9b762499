"""`extern("package.module:Layer", …)`: a custom Keras layer as a row of the table.

The layer's module is code that the user allowed; it is imported, with Keras, when a shape is first needed. Its
exceptions become a `Misfit`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqsem_dsl.operators.extern_import import constructed, imported
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Value, Weight
from sqsem_dsl.utils.exceptions import in_a_line
from sqsem_dsl.utils.keras_backend import load_keras

if TYPE_CHECKING:
    import keras

    from sqsem_dsl.operators.extern_macs import Counted

EXTERN = "extern"
TARGET = "class"
"""The attribute with the path of the layer. No layer has an argument of that name, since it is a Python keyword."""

_UNDRAWN = 0.5
"""Replaces a continuous choice while only shapes are computed; no continuous choice may change a shape."""


@dataclass(frozen=True)
class _Facts:
    """The facts about a layer that was built."""

    shape: Shape
    weights: tuple[Weight, ...]
    inside: Counted


@lru_cache(maxsize=256)
def extern_row(target: str) -> Operator:
    """The row of one such layer: it accepts any tensors, and any additional arguments."""
    return Operator(
        EXTERN,
        (1, None),
        (Attribute(TARGET, "text", target),),
        shape=lambda inputs, attributes: _facts(inputs, attributes).shape,
        weights=lambda inputs, attributes: _facts(inputs, attributes).weights,
        macs=lambda inputs, attributes, output: _facts(inputs, attributes).inside.macs,
        lower_bounds=lambda inputs, attributes: _facts(inputs, attributes).inside.lower_bounds,
        doc=f"the Keras layer {target}",
    )


def extern_layer(attributes: Attributes, name: str | None = None) -> keras.layers.Layer:
    """A new layer from the complete attributes of an `extern`.

    Raises `Misfit` if the module or the class is not found, is not a Keras layer, or does not accept the arguments, and
    ModuleNotFoundError if Keras is not installed.
    """
    target = str(attributes[TARGET])
    made = extern_class(target)
    arguments: dict[str, Any] = {key: _plain(value) for key, value in attributes.items() if key != TARGET}
    return constructed(target, made, arguments if name is None else {**arguments, "name": name})


def extern_class(target: str) -> type[keras.layers.Layer]:
    """The class that `package.module:Layer` names. Raises the same exceptions as `extern_layer`."""
    load_keras()
    import keras

    made: Any = imported(target)
    if not (isinstance(made, type) and issubclass(made, keras.layers.Layer)):
        raise Misfit(f"`{target}` is not a Keras layer, as `extern` requires", "derive it from `keras.layers.Layer`")
    return made


def is_registered(target: str) -> bool:
    """Whether `keras.models.load_model` finds the class by itself: it is part of Keras, or registered with Keras."""
    import keras

    made = extern_class(target)
    own = made.__module__.partition(".")[0] == "keras"
    return own or keras.saving.get_registered_object(keras.saving.get_registered_name(made)) is made


def _check_saving(target: str, layer: keras.layers.Layer, tensors: list[Any]) -> None:
    """Checks that a saved model with the layer can be loaded. Raises `Misfit` if not."""
    import keras

    made = type(layer)
    try:
        saved = json.dumps(keras.saving.serialize_keras_object(layer))
        again = keras.saving.deserialize_keras_object(json.loads(saved), custom_objects={made.__name__: made})
        again(tensors if len(tensors) > 1 else tensors[0])  # creates the weights of inner layers
    except Exception as error:  # a layer's `get_config` and `from_config` may raise anything
        remedy = "write its `get_config`, with every argument of its constructor as plain data"
        raise Misfit(f"a model with `{target}` could be saved, but not loaded: {in_a_line(error)}", remedy) from error
    before, after = ([tuple(v.shape) for v in one.weights] for one in (layer, again))
    if before != after:
        remedy = "write its `get_config`, with every argument of its constructor"
        raise Misfit(f"`{target}` has other weights when a saved model is loaded: {after} instead of {before}", remedy)


def _facts(inputs: tuple[Shape, ...], attributes: Attributes) -> _Facts:
    outcome = _built(inputs, tuple(attributes.items()), tuple(type(value) for value in attributes.values()))
    if isinstance(outcome, Misfit):
        raise Misfit(outcome.message, outcome.help, outcome.attribute)
    return outcome


@lru_cache(maxsize=4096)
def _built(
    inputs: tuple[Shape, ...], attributes: tuple[tuple[str, Value], ...], kinds: tuple[type, ...]
) -> _Facts | Misfit:
    """The facts about a layer that is built and discarded; a `Misfit` is cached, too."""
    try:
        return _measured(inputs, dict(attributes))
    except Misfit as misfit:
        return misfit.with_traceback(None)


def _measured(inputs: tuple[Shape, ...], attributes: Mapping[str, Value]) -> _Facts:
    import keras

    from sqsem_dsl.operators.extern_macs import count_inside

    target = attributes[TARGET]
    layer = extern_layer(attributes)
    tensors = [keras.Input(shape) for shape in inputs]
    try:
        output = layer(tensors if len(tensors) > 1 else tensors[0])
    except Exception as error:  # a layer's build and call may raise anything
        shapes = " and ".join(str(list(shape)) for shape in inputs)
        raise Misfit(
            f"`{target}` cannot be built on {shapes}: {in_a_line(error)}", "see its `build` and `call`"
        ) from error
    shape = getattr(output, "shape", None)
    if shape is None or not 2 <= len(shape) <= 5 or shape[0] is not None or any(extent is None for extent in shape[1:]):
        found = "several tensors" if shape is None else f"the shape {list(shape)}"
        remedy = "it must give one tensor [batch, …] of 1 to 4 known extents; write its `compute_output_shape`"
        raise Misfit(f"`{target}` gives {found}, but one tensor of a known shape is needed", remedy)
    _check_saving(str(target), layer, tensors)
    weights = tuple(Weight(v.name, tuple(int(n) for n in v.shape), bool(v.trainable)) for v in layer.weights)
    return _Facts(tuple(int(extent) for extent in shape[1:]), weights, count_inside(layer, inputs))


def _plain(value: Value) -> Any:
    match value:
        case None:
            return _UNDRAWN
        case Fraction():
            return float(value)
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value

"""`extern("package.module:Layer", …)`: a Keras layer of the user's own as a row of the table.

The layer's module is code that the user allowed; it is imported, with Keras, when a shape is first asked for. What it
raises becomes a `Misfit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqsem_dsl.space.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Value, Weight

if TYPE_CHECKING:
    import keras

EXTERN = "extern"
TARGET = "class"
"""The attribute that says which layer it is: no layer has an argument of that name, since Python keeps the word."""

_UNDRAWN = 0.5
"""Stands for a real choice while only shapes are asked for, which no real choice may change."""


@lru_cache(maxsize=256)
def extern_row(target: str) -> Operator:
    """The row of one such layer: it takes any tensors, and any arguments beside them; its MACs are not counted."""
    return Operator(
        EXTERN,
        (1, None),
        (Attribute(TARGET, "text", target),),
        shape=lambda inputs, attributes: _facts(inputs, attributes)[0],
        weights=lambda inputs, attributes: _facts(inputs, attributes)[1],
        doc=f"the Keras layer {target}",
    )


def extern_layer(attributes: Attributes, name: str | None = None) -> keras.layers.Layer:
    """A new layer from the complete attributes of an `extern`.

    Raises `Misfit` where the module or the class is not found, is no Keras layer, or does not take the arguments, and
    ModuleNotFoundError where there is no Keras.
    """
    import keras

    target = str(attributes[TARGET])
    module, _, attribute = target.partition(":")
    try:
        made = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        remedy = "install it, or put the folder that holds it on PYTHONPATH"
        raise Misfit(f"`extern` cannot import `{module}`: no module `{error.name}`", remedy) from error
    except AttributeError as error:
        raise Misfit(f"`extern` finds no `{attribute}` in `{module}`", "write it as `package.module:Layer`") from error
    except Exception as error:  # whatever the user's module raises as it is imported
        raise Misfit(f"`extern` cannot import `{module}`: {_first_line(error)}", "mend the module") from error
    if not (isinstance(made, type) and issubclass(made, keras.layers.Layer)):
        raise Misfit(f"`{target}` is no Keras layer, but `extern` needs one", "derive it from `keras.layers.Layer`")
    arguments: dict[str, Any] = {key: _plain(value) for key, value in attributes.items() if key != TARGET}
    try:
        return made(**arguments) if name is None else made(**arguments, name=name)
    except Exception as error:  # a layer's constructor may raise anything
        raise Misfit(
            f"`{target}` does not take these arguments: {_first_line(error)}", "see its constructor"
        ) from error


def _facts(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Shape, tuple[Weight, ...]]:
    outcome = _built(inputs, tuple(attributes.items()), tuple(type(value) for value in attributes.values()))
    if isinstance(outcome, Misfit):
        raise Misfit(outcome.message, outcome.help, outcome.attribute)
    return outcome


@lru_cache(maxsize=4096)
def _built(
    inputs: tuple[Shape, ...], attributes: tuple[tuple[str, Value], ...], kinds: tuple[type, ...]
) -> tuple[Shape, tuple[Weight, ...]] | Misfit:
    """The output's shape and the variables of a layer that is built and thrown away; a `Misfit` is remembered too."""
    try:
        return _measured(inputs, dict(attributes))
    except Misfit as misfit:
        return misfit.with_traceback(None)


def _measured(inputs: tuple[Shape, ...], attributes: Mapping[str, Value]) -> tuple[Shape, tuple[Weight, ...]]:
    import keras

    target = attributes[TARGET]
    layer = extern_layer(attributes)
    tensors = [keras.Input(shape) for shape in inputs]
    try:
        output = layer(tensors if len(tensors) > 1 else tensors[0])
    except Exception as error:  # a layer's build and call may raise anything
        shapes = " and ".join(str(list(shape)) for shape in inputs)
        raise Misfit(
            f"`{target}` cannot be built on {shapes}: {_first_line(error)}", "see its `build` and `call`"
        ) from error
    shape = getattr(output, "shape", None)
    if shape is None or not 2 <= len(shape) <= 5 or shape[0] is not None or any(extent is None for extent in shape[1:]):
        found = "several tensors" if shape is None else f"the shape {list(shape)}"
        remedy = "it must give one tensor [batch, …] of 1 to 4 known extents; write its `compute_output_shape`"
        raise Misfit(f"`{target}` gives {found}, but one tensor of a known shape is needed", remedy)
    weights = tuple(Weight(v.name, tuple(int(n) for n in v.shape), bool(v.trainable)) for v in layer.weights)
    return tuple(int(extent) for extent in shape[1:]), weights


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


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__

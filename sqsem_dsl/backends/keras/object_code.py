"""A layer or another Keras object as the Python expression that makes it."""

from __future__ import annotations

from contextlib import suppress
from inspect import Parameter, signature
from typing import Any

import keras

LEFT_OUT = ("name", "trainable", "dtype", "data_format")
"""Configured values that follow from Keras's own settings, or that have a separate rule here."""

PER_AXIS = ("kernel_size", "strides", "dilation_rate", "pool_size", "size", "padding")
"""Arguments with a number for each axis, which may be one number if all are equal."""


def expression(made: Any, *, named: bool = False) -> str:
    """The call that makes an object like this one, without arguments that have Keras's defaults; with its name only if
    `named`.

    >>> expression(keras.layers.Conv2D(8, 3, padding="same", kernel_initializer="he_normal", name="stem"))
    'layers.Conv2D(8, 3, padding="same", kernel_initializer="he_normal")'
    >>> expression(keras.layers.MaxPooling2D(3, strides=2, name="pool"), named=True)
    'layers.MaxPooling2D(3, strides=2, name="pool")'
    """
    name = [f'name="{made.name}"'] if named else []
    if isinstance(made, keras.Sequential):
        steps = ", ".join([f"keras.Input({tuple(made.input_shape[1:])})", *map(expression, made.layers)])
        return f"keras.Sequential({', '.join([f'[{steps}]', *name])})"
    dtype = []
    if isinstance(made, keras.Layer) and made.dtype_policy.name != "float32":
        dtype = [f'dtype="{made.dtype_policy.name}"']
    return f"{_class(type(made))}({', '.join([*_arguments(made), *dtype, *name])})"


def is_own(made: type) -> bool:
    """Whether a class is part of Keras."""
    return made.__module__.partition(".")[0] == "keras"


def _class(made: type) -> str:
    """A class in code that imports `keras`, `layers`, and the classes of other packages by their names."""
    if not is_own(made):
        return made.__name__
    if issubclass(made, keras.Layer):
        known = vars(keras.layers)  # Keras exports some layers under another name
        return f"layers.{next(name for name in (made.__name__, *known) if known.get(name) is made)}"
    rooms = ("initializers", "regularizers", "constraints")
    return next(f"keras.{room}.{made.__name__}" for room in rooms if hasattr(getattr(keras, room), made.__name__))


def _arguments(made: Any) -> list[str]:
    """The arguments of a constructor that are required, or that have other values than they would have without them."""
    config = made.get_config()
    parameters = [p for p in signature(type(made).__init__).parameters.values() if p.name in config]
    written = {p.name for p in parameters if p.default is Parameter.empty and p.name not in LEFT_OUT}
    other = set(config) - {*LEFT_OUT}
    while other := _differing(made, config, written, other):
        written.add(next((p.name for p in parameters if p.name in other), min(other)))
    found: list[str] = []
    for at, parameter in enumerate(parameters):
        if parameter.name not in written:
            continue
        value = config[parameter.name]
        if parameter.name in PER_AXIS:
            value = _of_all_axes(value)
        code = _value(getattr(made, parameter.name, None), value)
        required = parameter.default is Parameter.empty and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        found.append(code if len(found) == at and (required or at == 0) else f"{parameter.name}={code}")
    if config.get("data_format", keras.config.image_data_format()) != keras.config.image_data_format():
        found.append(f'data_format="{config["data_format"]}"')
    others = sorted(written - {p.name for p in parameters})
    return found + [f"{name}={_value(getattr(made, name, None), config[name])}" for name in others]


def _of_all_axes(value: Any) -> Any:
    """One number for all axes and both of their sides, if all are equal. A pair for each axis stays: a single pair
    would be the numbers of two axes.

    >>> _of_all_axes((2, 2)), _of_all_axes(((1, 1), (1, 1))), _of_all_axes(((1, 0), (1, 0)))
    (2, 1, ((1, 0), (1, 0)))
    """
    if not isinstance(value, tuple):
        return value
    numbers = {number for axis in value for number in (axis if isinstance(axis, tuple) else (axis,))}
    return numbers.pop() if len(numbers) == 1 else value


def _differing(made: Any, config: dict[str, Any], written: set[str], before: set[str]) -> set[str]:
    """The arguments by which an object differs from one that is made with the written ones alone; those of `before`, if
    the written ones are not enough to make one."""
    given = {name: config[name] for name in written}
    for make in (type(made).from_config, lambda given: type(made)(**given)):
        with suppress(Exception):  # a class may need more than its signature says, or its `from_config` does
            again = make(given).get_config()
            # A built layer may have a list where its argument is a number.
            others = set(config) - written - {*LEFT_OUT}
            return {name for name in others if config[name] not in _forms(again.get(name, ...))}
    return before - written


def _forms(value: Any) -> tuple[Any, ...]:
    return value, [value], (value,)


def _value(held: Any, configured: Any) -> str:
    """The value of an argument: what the object holds, and how its configuration shows it."""
    match configured:
        case {"class_name": str(name), "config": dict()} if isinstance(held, keras.initializers.Initializer):
            words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
            return expression(held) if _arguments(held) else f'"{words}"'
        case {"class_name": _, "config": _}:
            # A layer around others may hold them under other names.
            return expression(keras.saving.deserialize_keras_object(configured) if held is None else held)
        case str():
            return f'"{configured}"' if '"' not in configured else repr(configured)
        case _:
            return repr(configured)

"""What a person passes to `tuner.search(x, y, …)` as a data set in the one canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.space.operators.row import Shape
from sqsem_dsl.spec.metrics import OutputFact

Array = NDArray[Any]


class Unfit(ValueError):
    """Arrays that are not what the space asks for; the message says what was expected and what was found."""


def dataset_of(
    inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact], x: Any, y: Any, validation: tuple[Any, Any]
) -> Dataset:
    """Training and validation parts of arrays, lists of arrays in the space's order, or dicts of arrays by name.

    Labels of a softmax output may be class numbers or one-hot. Raises Unfit.
    """
    train, valid = _part(inputs, outputs, x, y), _part(inputs, outputs, *validation)
    return Dataset("arrays", outputs, train, valid, valid)


def split(x: Any, y: Any, share: float) -> tuple[Any, Any, tuple[Any, Any]]:
    """The last share of the samples as validation, the others for training, as Keras's `validation_split` has it."""

    def cut(values: Any, begin: float, end: float) -> Any:
        if isinstance(values, Mapping):
            return {name: cut(value, begin, end) for name, value in values.items()}
        if isinstance(values, list | tuple):
            return [cut(value, begin, end) for value in values]
        array = np.asarray(values)
        return array[int(len(array) * begin) : int(len(array) * end)]

    return cut(x, 0, 1 - share), cut(y, 0, 1 - share), (cut(x, 1 - share, 1), cut(y, 1 - share, 1))


def are_arrays(*values: Any) -> bool:
    """Whether all are arrays, or lists or dicts of arrays: not data sets and generators, which Keras reads itself."""

    def is_array(value: Any) -> bool:
        if isinstance(value, Mapping):
            return all(is_array(v) for v in value.values())
        if isinstance(value, list | tuple):
            return all(is_array(v) for v in value)
        return hasattr(value, "__array__") and hasattr(value, "shape")

    return all(is_array(value) for value in values)


def _part(inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact], x: Any, y: Any) -> Part:
    given_inputs = _named(x, tuple(inputs), "input")
    given_labels = _named(y, tuple(outputs), "output")
    part = Part(
        {name: _shaped(given_inputs[name], shape, f"the input `{name}`") for name, shape in inputs.items()},
        {name: _labels(given_labels[name], fact, name) for name, fact in outputs.items()},
    )
    counts = {name: len(array) for name, array in {**part.inputs, **part.labels}.items()}
    if len(set(counts.values())) != 1:
        raise Unfit(f"the arrays differ in their number of samples: {counts}")
    return part


def _named(values: Any, names: tuple[str, ...], what: str) -> dict[str, Array]:
    if isinstance(values, Mapping):
        missing = [name for name in names if name not in values]
        if missing:
            raise Unfit(f"the space's {what}s are {list(names)}, the arrays are {list(values)}")
        return {name: np.asarray(values[name]) for name in names}
    several = list(values) if isinstance(values, list | tuple) and len(names) > 1 else [values]
    if len(several) != len(names):
        raise Unfit(f"the space's {what}s are {list(names)}, {len(several)} array was given: pass a dict by name")
    return {name: np.asarray(value) for name, value in zip(names, several, strict=True)}


def _shaped(array: Array, shape: Shape, what: str) -> NDArray[np.float32]:
    """The array as float32 in `[samples, *shape]`; axes of length 1 may be missing or too many."""
    if array.ndim == 0 or [n for n in array.shape[1:] if n != 1] != [n for n in shape if n != 1]:
        raise Unfit(f"{what} is {list(shape)} a sample, the array is {list(array.shape[1:])}")
    return np.ascontiguousarray(array.reshape(len(array), *shape), dtype=np.float32)


def _labels(array: Array, fact: OutputFact, name: str) -> Array:
    what = f"the output `{name}`"
    if fact.ending != "softmax":
        return _shaped(array, fact.shape, what)
    classes = fact.shape[-1]
    if array.shape[1:] == fact.shape and (fact.shape != (1,) or array.dtype.kind == "f"):
        return np.asarray(array.argmax(axis=-1), np.int32)
    numbers = _shaped(array, fact.shape[:-1], what)
    found = numbers.astype(np.int32)
    if found.size and (not np.array_equal(found, numbers) or found.min() < 0 or found.max() >= classes):
        raise Unfit(f"{what} takes class numbers from 0 to {classes - 1} or one-hot vectors of {classes}")
    return found

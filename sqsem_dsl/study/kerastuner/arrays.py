"""What a person passes to `tuner.search(x, y, …)` as a data set in the one canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.dataset import Array, Dataset
from sqsem_dsl.space.operators.row import Shape
from sqsem_dsl.spec.metrics import OutputFact


def dataset_of(
    inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact], x: Any, y: Any, validation: tuple[Any, Any]
) -> Dataset:
    """Training and validation parts of arrays, lists of arrays in the space's order, or dicts of arrays by name.

    Labels of a softmax output may be class numbers or one-hot; 8-bit images are scaled to 0..1. Raises DataError.
    """
    train, valid = (
        canonical(name, inputs, outputs, {**_named(a, tuple(inputs)), **_named(b, tuple(outputs))})
        for name, a, b in (("training data", x, y), ("validation data", *validation))
    )
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


def _named(values: Any, names: tuple[str, ...]) -> dict[str, Array]:
    """Arrays by name: of several without names, the first belongs to the first name, and so on."""
    if isinstance(values, Mapping):
        return {str(name): np.asarray(value) for name, value in values.items()}
    several = values if isinstance(values, list | tuple) else [values]
    return {name: np.asarray(value) for name, value in zip(names, several, strict=False)}

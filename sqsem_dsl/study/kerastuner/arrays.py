"""The arrays of `tuner.search(x, y, …)` as a data set in canonical form.

A tuner builds models before it sees data, so no model can know whether its images will be bytes. Here they are divided
before they reach the model, with a warning: the models of a tuner expect values from 0 to 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.dataset import Array, Dataset, Part, divisor
from sqsem_dsl.data.images import Divided
from sqsem_dsl.data.sequences import stacked
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.operators.row import Shape
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.utils.shapes import is_padded


def dataset_of(
    inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact], x: Any, y: Any, validation: tuple[Any, Any]
) -> Dataset:
    """Training and validation sets from arrays, lists of arrays in the space's order, or dicts of arrays by name.

    Labels of a softmax output may be class numbers or one-hot. Images of 8 bits are divided by 255 (`divided`). Raises
    DataError.
    """
    train, valid = (
        canonical(name, inputs, outputs, {**_named(a, tuple(inputs)), **_named(b, tuple(outputs))})
        for name, a, b in (("training data", x, y), ("validation data", *validation))
    )
    return divided(Dataset("arrays", outputs, train, valid, None))


def with_padding(argument: str, inputs: Mapping[str, Shape], x: Any) -> Any:
    """The inputs with lists of sequences, of different lengths, as arrays with places of padding. `x` is by name, in
    the order of the inputs, or a list of sequences for the only input. Raises DataError."""

    def padded(name: str, value: Any) -> Any:
        made = stacked(argument, name, value, inputs[name]) if is_padded(inputs.get(name, ())) else None
        return value if made is None else made

    if isinstance(x, Mapping):
        return {name: padded(str(name), value) for name, value in x.items()}
    if not isinstance(x, list | tuple):
        return x
    if len(inputs) == 1:
        return padded(next(iter(inputs)), x)
    return [padded(name, value) for name, value in zip(inputs, x, strict=True)] if len(x) == len(inputs) else x


def divided(dataset: Dataset) -> Dataset:
    """The data with images read as values from 0 to 1, for models that do not divide. Warns if there are any."""
    scaled = [name for name in dataset.train.inputs if dataset.divisor(name) != 1]
    if not scaled:
        return dataset
    largest = ", ".join(f"{dataset.divisor(name):,}" for name in scaled)
    warnings.warn(
        f"{listing(scaled)} is divided by {largest} before it reaches the models of this tuner: they expect values "
        "from 0 to 1. The models of `sqsem search` divide their inputs themselves",
        stacklevel=2,
    )
    train, validation = _divided(dataset.train), _divided(dataset.validation)
    test = None if dataset.test is None else _divided(dataset.test)
    developed = None if dataset.developed is None else _divided(dataset.developed)
    return replace(dataset, train=train, validation=validation, test=test, developed=developed)


def _divided(part: Part) -> Part:
    inputs = {
        name: held if isinstance(held, np.ndarray) or divisor(held) == 1 else Divided(held)
        for name, held in part.inputs.items()
    }
    return replace(part, inputs=inputs)


def split(x: Any, y: Any, share: float) -> tuple[Any, Any, tuple[Any, Any]]:
    """The last fraction of the samples as validation set, the others for training, as in Keras's `validation_split`."""

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
    """Arrays by name: without names, the first belongs to the first name, and so on."""
    if isinstance(values, Mapping):
        return {str(name): np.asarray(value) for name, value in values.items()}
    several = values if isinstance(values, list | tuple) else [values]
    return {name: np.asarray(value) for name, value in zip(names, several, strict=False)}

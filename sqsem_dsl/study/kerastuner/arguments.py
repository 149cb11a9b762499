"""The arguments that `tuner.search(…)` passes to `fit`: the data, and others."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import keras
import keras_tuner
import numpy as np

from sqsem_dsl.backends.keras.batches import by_points
from sqsem_dsl.backends.keras.given import Given
from sqsem_dsl.backends.keras.training import steps_per_epoch
from sqsem_dsl.data.arrays import is_image
from sqsem_dsl.data.dataset import Array, Dataset
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.remarks import unknown_classes
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.kerastuner.arrays import are_arrays, dataset_of, divided, split, with_padding

READ = frozenset(
    {
        "x", "y", "batch_size", "epochs", "initial_epoch", "callbacks", "verbose", "validation_data",
        "validation_split", "shuffle", "class_weight", "sample_weight", "steps_per_epoch",
    }
)  # fmt: skip
"""The arguments that are handled here; all others are passed to Keras unchanged."""
BATCHED = ("batch_size", "augment", "class_weights")
"""The settings of `train` that need the samples themselves."""


def by_name(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call of `keras.Model.fit` by their names, without those that are None."""
    names = list(signature(keras.Model.fit).parameters)[1:]
    return {
        name: value for name, value in {**dict(zip(names, args, strict=False)), **kwargs}.items() if value is not None
    }


def read(space: SearchedSpace, arguments: Mapping[str, Any]) -> tuple[Dataset, Given] | None:
    """The data, and the other arguments. None: the data come in batches (a `tf.data.Dataset`, a `PyDataset`, a
    generator), which Keras reads itself.

    Raises `keras_tuner.errors.FatalValueError` for data or arguments that do not fit the space, and without validation
    data.
    """
    x, y = arguments.get("x"), arguments.get("y")
    more = {name: value for name, value in arguments.items() if name not in READ}
    if isinstance(x, Dataset):
        twice = [name for name in ("y", "validation_data", "validation_split") if arguments.get(name)]
        if twice:
            raise _wrong(f"a `Dataset` has labels and a validation set: `{twice[0]}` is one too many")
        dataset, validation_weight = divided(x), None
    elif y is None and not are_arrays(x):
        return None
    elif y is None:
        raise _wrong("give the labels: `search(x, y, …)`")
    else:
        dataset, arguments, validation_weight, validation = _of_arrays(space, arguments)
        more |= validation
    if unknown := unknown_classes(dataset, space.default().train):
        raise _wrong(str(DataError(unknown)))
    given = Given(
        _weights("sample_weight", arguments.get("sample_weight"), dataset, len(dataset.train)),
        _class_weight(arguments.get("class_weight"), dataset),
        bool(arguments.get("shuffle", True)),
        arguments.get("steps_per_epoch"),
        _weights("validation_data", validation_weight, dataset, len(dataset.validation)),
        more,
    )
    return dataset, given


def steps_of(train: TrainSettings, dataset: Dataset, given: Given) -> int:
    """Batches in an epoch."""
    return given.steps or steps_per_epoch(train, dataset)


def length_of(batches: Any) -> int | None:
    """Their number; None if they do not report it."""
    try:
        return len(batches)
    except (TypeError, NotImplementedError):
        return None


def has_byte_images(batches: Any) -> bool:
    """Whether batches hold bytes of images, where that is known without drawing from them: they are not scaled."""
    first = getattr(batches, "element_spec", None)
    if first is None and hasattr(batches, "__getitem__") and length_of(batches):
        first = batches[0]
    inputs = first[0] if isinstance(first, tuple | list) and first else first
    if isinstance(inputs, Mapping):
        inputs = tuple(inputs.values())
    arrays = inputs if isinstance(inputs, tuple | list) else (inputs,)
    return any(
        getattr(getattr(array, "dtype", None), "name", None) == "uint8" and is_image(tuple(array.shape)[1:])
        for array in arrays
    )


def searched_in_batches(space: SearchedSpace) -> list[str]:
    """The choices of settings that data in batches do not support."""
    return [
        choice.path
        for choice in space.choices
        if choice.section == "train" and any(part.name in BATCHED for part in choice.at.parts[1:])
    ]


def _of_arrays(
    space: SearchedSpace, arguments: Mapping[str, Any]
) -> tuple[Dataset, Mapping[str, Any], Any, dict[str, Any]]:
    """Arrays as a data set; the remaining arguments for training; the weights of the validation samples; the
    arguments of Keras for validation data that it reads itself."""
    x, y, weight = arguments["x"], arguments["y"], arguments.get("sample_weight")
    if weight is not None and not are_arrays(weight):
        weight = np.asarray(weight)
    validation = arguments.get("validation_data")
    try:
        x = with_padding("training data", space.inputs, x)
        if isinstance(validation, tuple | list) and len(validation) in (2, 3):
            validation = (with_padding("validation data", space.inputs, validation[0]), *validation[1:])
    except DataError as problem:
        raise _wrong(str(problem)) from None
    if validation is None and arguments.get("validation_split"):
        share = arguments["validation_split"]
        weights = (None, (None, None)) if weight is None else split(weight, [], share)[::2]
        x, y, validation = split(x, y, share)
        weight = weights[0]
        validation = (*validation, weights[1][0])
        arguments = {**arguments, "sample_weight": weight}
    if validation is None:
        raise _wrong("give `validation_data` or `validation_split`: trials are compared on them")
    own = isinstance(validation, tuple | list) and len(validation) in (2, 3) and are_arrays(*validation[:2])
    try:
        pair = (validation[0], validation[1]) if own else (x, y)
        dataset = dataset_of(space.inputs, space.outputs, x, y, pair)
    except DataError as problem:
        raise _wrong(str(problem)) from None
    weights_there = validation[2] if own and len(validation) == 3 else None
    return dataset, arguments, weights_there, {} if own else {"validation_data": validation}


def _weights(argument: str, weights: Any, dataset: Dataset, samples: int) -> dict[str, Array]:
    """Weights by output: from one array for all outputs, or from several in the order of the outputs."""
    if weights is None:
        return {}
    names = tuple(dataset.outputs)
    if isinstance(weights, Mapping):
        found = {str(name): np.asarray(one, np.float32) for name, one in weights.items()}
    elif isinstance(weights, list | tuple) and are_arrays(*weights) and len(names) > 1:
        found = {name: np.asarray(one, np.float32) for name, one in zip(names, weights, strict=False)}
    else:
        found = dict.fromkeys(names, np.asarray(weights, np.float32))
    for name, one in found.items():
        if name not in names:
            raise _wrong(f"`{argument}` weighs `{name}`, but there is no such output")
        if one.shape[:1] != (samples,):
            raise _wrong(
                f"the weights in `{argument}` have the shape {list(one.shape)}, but there are {samples} samples"
            )
    return {name: by_points(one, dataset.outputs[name]) if one.ndim == 1 else one for name, one in found.items()}


def _class_weight(weights: Any, dataset: Dataset) -> dict[int, float]:
    if not weights:
        return {}
    (name, fact), *others = dataset.outputs.items()
    if others:
        raise _wrong(
            "`class_weight` is for one output: write `class_weights` for each in `train`, or give `sample_weight`"
        )
    if fact.ending is None:
        raise _wrong(f"`class_weight` weighs classes, but `{name}` has none")
    return {int(number): float(weight) for number, weight in weights.items()}


def _wrong(message: str) -> Exception:
    error: Exception = keras_tuner.errors.FatalValueError(message)
    return error

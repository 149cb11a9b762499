"""Weights of samples and classes, checked and in one form, from the forms that `keras.Model.fit` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from numbers import Real

import numpy as np

from sqsem_dsl.data.arrays import unusable_weights
from sqsem_dsl.data.columns import is_number
from sqsem_dsl.data.dataset import Array, Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import BadWeights, UnknownClass
from sqsem_dsl.data.named_arrays import as_array
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

SAMPLES, CLASSES = "sample_weight", "class_weight"


def sample_weights_of(value: object, samples: int, outputs: Mapping[str, OutputFact], argument: str = SAMPLES) -> Array:
    """The weights of `Part.weights`: `[samples]` for all outputs, or `[samples, outputs]` in the order of the outputs.

    A dict gives weights by output; outputs that it leaves out have the weight 1. Raises DataError with all problems.
    """
    if not isinstance(value, Mapping):
        return _checked(value, samples, argument)
    found: list[Diagnostic] = [
        BadWeights(NOWHERE, argument, f"there is no output `{name}`", f"the outputs are {listing(outputs)}")
        for name in value
        if name not in outputs
    ]
    columns = np.ones((samples, len(outputs)), np.float32)
    for at, name in enumerate(outputs):
        try:
            if name in value:
                columns[:, at] = _checked(value[name], samples, f"{argument}[{name!r}]")
        except DataError as error:
            found += error.diagnostics
    if found:
        raise DataError(found)
    return columns


def weighted(loaded: Loaded, value: object, outputs: Mapping[str, OutputFact]) -> Loaded:
    """The samples with these weights. Raises DataError if they have weights already, or for weights that do not fit."""
    if loaded.part.weights is not None:
        remedy = "give them once: as `sample_weight`, or as a column"
        raise DataError([BadWeights(NOWHERE, SAMPLES, "the data have weights of their own", remedy)])
    return replace(loaded, part=replace(loaded.part, weights=sample_weights_of(value, len(loaded.part), outputs)))


def _checked(value: object, samples: int, argument: str) -> Array:
    """One weight for each sample."""
    if isinstance(value, str):
        remedy = f"name the column of weights by `table=TableOptions(weight={value!r})`"
        raise DataError([BadWeights(NOWHERE, argument, f"it is the text `{value}`", remedy)])
    held = as_array(argument, value)
    array = held if isinstance(held, np.ndarray) else held[:]
    reason = unusable_weights(array, samples)
    if reason is not None:
        raise DataError([BadWeights(NOWHERE, argument, reason)])
    return np.ascontiguousarray(array.reshape(samples), np.float32)


def class_weights_by_output(
    value: object, outputs: Mapping[str, OutputFact], classes: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[float, ...]]:
    """The weights of `Dataset.class_weights`: for each output a weight for every class, in the order of their numbers.

    `value` maps class numbers or names to weights, or, with several outputs, outputs to such dicts; classes that it
    leaves out have the weight 1. `classes` are the names of the classes of each output that has classes; an output of
    several yes-or-no labels has the classes 0 and 1. Raises DataError with all problems.
    """
    if not isinstance(value, Mapping):
        remedy = "give a dict from class numbers or names to weights"
        if hasattr(value, "to_dict"):
            remedy += f": `{CLASSES}.to_dict()`"
        elif hasattr(value, "__len__") and not isinstance(value, str):
            remedy += f": `dict(enumerate({CLASSES}))`"
        elif isinstance(value, str) and value == "balanced":
            remedy = "write `class_weights = balanced` in `train { }`, which weighs classes by their frequency"
        raise DataError([BadWeights(NOWHERE, CLASSES, f"it is not a dict, but a `{type(value).__name__}`", remedy)])
    if value and all(isinstance(one, Mapping) for one in value.values()):
        by_output = dict(value)
    elif len(outputs) == 1:
        by_output = {next(iter(outputs)): value}
    else:
        remedy = f"give a dict for each output: {{{next(iter(outputs))!r}: {{0: 1.0, 1: 5.0}}, …}}"
        raise DataError([BadWeights(NOWHERE, CLASSES, f"the space has {len(outputs)} outputs", remedy)])
    found: list[Diagnostic] = []
    weights = {}
    for name, own in by_output.items():
        if name not in outputs:
            found.append(UnknownClass(NOWHERE, str(name), "output", tuple(outputs)))
        elif outputs[name].ending is None:
            reason = f"the output `{name}` has no classes"
            found.append(BadWeights(NOWHERE, CLASSES, reason, "use `sample_weight` to weigh its samples"))
        else:
            weights[name] = _by_class(own, classes.get(name, ("0", "1")), found)
    if found:
        raise DataError(found)
    return weights


def _by_class(own: Mapping[object, object], names: tuple[str, ...], found: list[Diagnostic]) -> tuple[float, ...]:
    """The weights of one output by class number; problems are added to `found`. Keys are class numbers from 0, or
    names; where the names are whole numbers, as of the labels 1, 2 and 3, numbers are names, too."""
    weights = [1.0] * len(names)
    for key, weight in own.items():
        number = _number(key, names)
        if number is None:
            found.append(UnknownClass(NOWHERE, str(key), "class", names))
        elif not isinstance(weight, Real) or not isfinite(weight) or weight < 0:
            reason = f"the class `{key}` has the weight {weight!r}"
            found.append(BadWeights(NOWHERE, CLASSES, reason, "give a number, 0 or larger, for each class"))
        else:
            weights[number] = float(weight)
    return tuple(weights)


def _number(key: object, names: tuple[str, ...]) -> int | None:
    """The number of a class by its name or number; None if there is no such class."""
    if isinstance(key, np.bool_):
        key = bool(key)
    if isinstance(key, Real) and (value := float(key)).is_integer():
        number = int(value)
        if str(number) in names:  # the names are numbers
            return names.index(str(number))
        return number if not all(map(is_number, names)) and 0 <= number < len(names) else None
    return names.index(key) if isinstance(key, str) and key in names else None

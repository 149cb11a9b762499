"""Raw arrays, checked and converted into the canonical form of a `Part`; every fault is a diagnostic."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from sqsem_dsl.data.dataset import Array, Held, Indices, Part
from sqsem_dsl.data.errors import (
    DataError,
    LabelRange,
    NotFinite,
    TooFewSamples,
    UnequalLengths,
    WrongShape,
    WrongType,
    missing,
)
from sqsem_dsl.data.errors_tables import BadWeights
from sqsem_dsl.data.images import MODES, Divided
from sqsem_dsl.data.masks import MaskFiles
from sqsem_dsl.data.plain_arrays import kind_of
from sqsem_dsl.data.sequences import sequences
from sqsem_dsl.data.split import MIN_PER_CLASS
from sqsem_dsl.data.whole_numbers import check_whole
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.row import Shape, WholeShape
from sqsem_dsl.settings.metrics import OutputFact

_PIECE = 1024
"""Samples in a piece of the contents: a few megabytes."""


@dataclass(frozen=True, eq=False)
class Bytes:
    """Images or masks of unsigned 8-bit integers, read as float32 from 0 to 255 or as another type (`Samples`).

    Selections share the array: it is held once for the three parts and all folds.
    """

    divisor: ClassVar[int] = 255

    array: Array
    """uint8, with the sample axis first."""
    indices: Indices
    dtype: type[np.float32 | np.int32] = np.float32

    @classmethod
    def of(cls, array: Array, dtype: type[np.float32 | np.int32] = np.float32) -> Bytes:
        return cls(array, np.arange(len(array)), dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.indices), *self.array.shape[1:])

    @property
    def nbytes(self) -> int:
        return prod(self.shape)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, indices: Indices | slice) -> Array:
        return self.array[self.indices[indices]].astype(self.dtype)

    def take(self, indices: Indices) -> Bytes:
        return Bytes(self.array, self.indices[indices], self.dtype)

    def contents(self) -> Iterator[bytes]:
        yield b"0 to 255"
        for start in range(0, len(self), _PIECE):
            yield self.array[self.indices[start : start + _PIECE]].tobytes()


def canonical(
    name: str,
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, OutputFact],
    arrays: Mapping[str, Held],
    gaps: Collection[str] = (),
    weight: str | None = None,
) -> Part:
    """A part from arrays by the names of inputs and outputs, and lengths of padded sequences; arrays with other names
    are ignored. Values of the inputs `gaps` may be missing (NaN). `weight` names an array of weights of the samples.

    Inputs become float32 with unchanged values; those of whole numbers int32, below their bound. Unsigned 8-bit
    integers for an input that can be an image (`is_image`) are images: they stay bytes, and a model divides them by 255
    (`Bytes`). `Samples` are not converted, and only their shape is checked, unless they are whole numbers.

    Labels of a softmax output are class numbers (a last axis of length 1 is allowed) or one-hot vectors, those of a
    sigmoid output are 0 and 1, all others are numbers. Masks, one class for each pixel, are kept as bytes; those of a
    sigmoid may have one other value in place of 1 (`other_value`). Masks and images of a folder are not converted.
    Raises DataError with all problems.
    """
    marked = sequences(name, inputs, arrays)
    arrays, gaps = {**arrays, **marked}, {*gaps, *marked}
    found = missing(name, inputs, outputs, arrays)
    if weight is not None and weight not in arrays:
        found.append(BadWeights(NOWHERE, name, weight, "there are none of that name"))
    if found:
        raise DataError(found)
    wanted = {key: arrays[key] for key in (*inputs, *outputs)}
    if any(_is_empty(held) for held in wanted.values()):
        raise DataError([TooFewSamples(NOWHERE, name, 0, MIN_PER_CLASS)])
    found = [problem for key, array in wanted.items() if key not in gaps for problem in _numbers(key, array)]
    if found:
        raise DataError(found)
    lengths = tuple((key, len(array)) for key, array in wanted.items())
    if weight is not None:
        found += _check_weights(name, weight, arrays[weight], lengths[0][1])
    if len({count for _, count in lengths}) > 1:
        found.append(UnequalLengths(NOWHERE, lengths))
    for key, shape in inputs.items():
        found += _check_shape(key, wanted[key], (tuple(shape), *([tuple(shape[:-1])] if shape[-1] == 1 else [])))
    if not found:
        found += [problem for key, shape in inputs.items() for problem in check_whole(name, key, wanted[key], shape)]
    for key, fact in outputs.items():
        found += _check_labels(key, _label_array(wanted[key], fact), fact)
    if found:
        raise DataError(found)
    return Part(
        {key: _input(wanted[key], shape) for key, shape in inputs.items()},
        {key: _labels(_label_array(wanted[key], fact), fact) for key, fact in outputs.items()},
        None if weight is None else np.asarray(arrays[weight][:], np.float32).reshape(-1),
    )


def other_value(held: Held, fact: OutputFact) -> int | None:
    """The value that stands for 1 in masks of 0 and one other value, such as 255; None if it is 1, or for others."""
    if not (is_binary_mask(fact) and isinstance(held, np.ndarray) and held.size and held.dtype.kind in "uif"):
        return None
    largest = held.max()
    if not (np.isfinite(largest) and largest > 1 and largest == np.rint(largest)):
        return None
    return int(largest) if bool(((held == 0) | (held == largest)).all()) else None


def other_values(arrays: Mapping[str, Held], outputs: Mapping[str, OutputFact]) -> dict[str, tuple[str, str]]:
    """The names of the two classes of each output whose masks have another value than 1."""
    found = {name: other_value(arrays[name], fact) for name, fact in outputs.items() if name in arrays}
    return {name: ("0", str(value)) for name, value in found.items() if value is not None}


def _label_array(held: Held, fact: OutputFact) -> Held:
    """Labels, as an array in memory, except masks and images of a folder."""
    if isinstance(held, MaskFiles | Divided):
        return held
    array = held if isinstance(held, np.ndarray) else held[:]
    other = other_value(array, fact)
    return array if other is None else array == other


def _check_weights(data: str, name: str, held: Held, samples: int) -> list[Diagnostic]:
    reason = unusable_weights(held if isinstance(held, np.ndarray) else held[:], samples)
    return [] if reason is None else [BadWeights(NOWHERE, data, name, reason)]


def unusable_weights(array: Array, samples: int) -> str | None:
    """Why an array cannot hold the weights of so many samples: one for each, finite and not negative, and not all 0."""
    if array.dtype.kind not in "buif":
        return "the weights are not numbers"
    if array.shape not in ((samples,), (samples, 1)):
        return f"the shape is {list(array.shape)}, and there are {samples:,} samples"
    unfit = ~(np.isfinite(array) & (array >= 0)).reshape(-1)
    if unfit.any():
        at = int(unfit.argmax())
        return f"sample {at} has the weight {array.reshape(-1)[at]:g}"
    return None if array.any() else "all weights are 0"


def _is_empty(held: Held) -> bool:
    return bool(held.shape) and not len(held)


def _numbers(name: str, array: Held) -> Iterator[Diagnostic]:
    """The faults of an array without a sample axis, or with values that are not finite numbers."""
    if not isinstance(array, np.ndarray):
        return
    if array.dtype.kind not in "buif":
        yield WrongType(NOWHERE, name, "an array of numbers", kind_of(array))
    elif array.ndim == 0:
        yield WrongShape(NOWHERE, name, ("an entry for each sample",), ())
    elif array.dtype.kind == "f":
        yield from _infinite(name, array.reshape(len(array), -1))


def _infinite(name: str, array: Array) -> Iterator[Diagnostic]:
    """A diagnostic if values are not finite, or do not stay finite as float32."""
    wrong, kept = ~np.isfinite(array), True
    if not wrong.any() and array.dtype.itemsize > 4:
        with np.errstate(over="ignore"):
            wrong, kept = ~np.isfinite(array.astype(np.float32)), False
    if wrong.any():
        yield NotFinite(NOWHERE, name, int(wrong.sum()), int(wrong.any(axis=1).argmax()), too_large=not kept)


def _check_shape(name: str, array: Held, shapes: tuple[Shape, ...]) -> list[Diagnostic]:
    found = array.shape[1:]
    return [] if found in shapes else [WrongShape(NOWHERE, name, tuple(str(list(s)) for s in shapes), found)]


def _check_labels(name: str, array: Held, fact: OutputFact) -> list[Diagnostic]:
    if not isinstance(array, np.ndarray):
        return _check_shape(name, array, (fact.shape[:-1] if fact.ending == "softmax" else fact.shape,))
    match fact.ending:
        case "softmax":
            return _check_classes(name, array, fact)
        case "sigmoid":
            found = _check_shape(name, array, _forms(fact.shape))
            other = " (or 0 and one other value, such as 255)" if is_binary_mask(fact) else ""
            return found or _check_range(name, array, 1, f"0 or 1{other}")
        case None:
            return _check_shape(name, array, _forms(fact.shape))


def _forms(shape: Shape) -> tuple[Shape, ...]:
    """The shape; if its last axis has length 1, also the shape without it."""
    return (shape, shape[:-1]) if shape[-1] == 1 else (shape,)


def _check_classes(name: str, array: Array, fact: OutputFact) -> list[Diagnostic]:
    points, classes = fact.shape[:-1], fact.shape[-1]
    found = _check_shape(name, array, (points, (*points, 1), fact.shape))
    if found:
        return found
    if array.shape[1:] == fact.shape and classes > 1:
        sums = array.reshape(-1, classes).sum(axis=1, dtype=np.float64)
        wrong = (sums != 1).reshape(len(array), -1).any(axis=1)
        found = _check_range(name, array, 1, f"a one-hot vector of {classes}")
        if not found and wrong.any():
            sample = int(wrong.argmax())
            row = array[sample].reshape(-1, classes)
            label = [f"{value:g}" for value in row[np.flatnonzero(row.sum(axis=1) != 1)[0]][:12]]
            return [LabelRange(NOWHERE, name, f"[{', '.join(label)}]", f"a one-hot vector of {classes}", sample)]
        return found
    return _check_range(name, array, classes - 1, f"a class number from 0 to {classes - 1}")


def _check_range(name: str, array: Array, largest: int, expected: str) -> list[Diagnostic]:
    """A diagnostic if values are not whole numbers from 0 to `largest`, of any type."""
    flat = array.reshape(len(array), -1)
    wrong = (flat < 0) | (flat > largest)
    if array.dtype.kind == "f":
        wrong |= flat != np.rint(flat)
    if not wrong.any():
        return []
    sample = int(wrong.any(axis=1).argmax())
    label = flat[sample, int(wrong[sample].argmax())]
    given = f"{label:g}" if array.dtype.kind == "f" else str(label)
    values = np.unique(flat)
    few = 2 <= len(values) <= largest + 1 and (values == np.rint(values)).all() and not expected.startswith("a one-hot")
    return [LabelRange(NOWHERE, name, given, expected, sample, tuple(map(int, values)) if few else ())]


def _input(array: Held, shape: Shape) -> Held:
    if isinstance(shape, WholeShape):
        return array[:].reshape(len(array), *shape).astype(np.int32)
    if not isinstance(array, np.ndarray):
        return array
    values = array.reshape(len(array), *shape)
    return Bytes.of(values) if array.dtype == np.uint8 and is_image(shape) else values.astype(np.float32)


def is_image(shape: Shape) -> bool:
    """Whether an input can be an image: height, width, and 1, 3 or 4 channels."""
    return len(shape) == 3 and shape[-1] in MODES


def is_binary_mask(fact: OutputFact) -> bool:
    """Whether an output says yes or no for each pixel."""
    return fact.ending == "sigmoid" and len(fact.shape) == 3 and fact.shape[-1] == 1


def _labels(array: Held, fact: OutputFact) -> Held:
    if not isinstance(array, np.ndarray):
        return array
    dtype: type[np.float32 | np.int32] = np.int32 if fact.ending == "softmax" else np.float32
    if fact.ending == "softmax":
        points = (len(array), *fact.shape[:-1])
        one_hot = array.shape[1:] == fact.shape and fact.shape[-1] > 1
        array = array.argmax(axis=-1) if one_hot else array.reshape(points)
    else:
        array = array.reshape(len(array), *fact.shape)
    if fact.ending is not None and len(fact.shape) == 3 and fact.shape[-1] <= 256:
        return Bytes.of(np.ascontiguousarray(array, np.uint8), dtype)
    return np.ascontiguousarray(array, dtype)

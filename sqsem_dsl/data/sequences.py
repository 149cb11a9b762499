"""Sequences of different lengths in one array: the places after the end of a sequence are NaN, or -1 for whole numbers.

Sequences come as a list of arrays, as a padded array `NAME` with an array `NAME_length`, or as an array that has these
values in the places of padding. The model finds the places by their values (`backends.keras.padding`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Held
from sqsem_dsl.data.errors import DataError, NotFinite
from sqsem_dsl.data.errors_whole import BadSequence, LongSequence
from sqsem_dsl.data.whole_numbers import check_whole
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.row import Shape, WholeShape
from sqsem_dsl.utils.shapes import is_padded, padding_of

Lengths = NDArray[np.int64]


def length_name(name: str) -> str:
    """The name of the array that has the lengths of the sequences of an input."""
    return f"{name}_length"


def length_names(inputs: Collection[str]) -> tuple[str, ...]:
    """The names of the arrays of lengths that data for these inputs may have."""
    shapes = inputs if isinstance(inputs, Mapping) else {}
    return tuple(length_name(name) for name, shape in shapes.items() if is_padded(shape))


def sequences(data: str, inputs: Mapping[str, Shape], arrays: Mapping[str, Held]) -> dict[str, Held]:
    """The arrays of padded inputs in the form that a model takes. Other arrays, and those of another shape or of values
    that are not numbers, are not in the result. Raises DataError with all problems."""
    found: list[Diagnostic] = []
    made: dict[str, Held] = {}
    for name, shape in inputs.items():
        held = arrays.get(name)
        if held is None or not is_padded(shape):
            continue
        array = held[:]
        if array.dtype.kind not in "buif" or not len(array) or array.shape[2:] != tuple(shape[1:]) or array.ndim < 2:
            continue
        array = array.astype(np.int64 if array.dtype.kind in "bui" else np.float64)
        lengths = _lengths(data, name, array, arrays.get(length_name(name)), shape)
        problems = [lengths] if isinstance(lengths, Diagnostic) else list(_check(data, name, array, lengths, shape))
        found += problems
        if not problems and not isinstance(lengths, Diagnostic):
            made[name] = _marked(array, lengths, shape)
    if found:
        raise DataError(found)
    return made


def stacked(data: str, name: str, value: object, shape: Shape) -> Array | None:
    """A list of sequences, of different lengths or of one, as one array; an array that is shorter than the input with
    places of padding after it; None for anything else. Raises DataError for a sequence that is too long or empty, and
    for values that would mean padding."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return _longer(value, shape)
    if not isinstance(value, list | tuple | np.ndarray):
        return None
    try:
        each = [np.asarray(one) for one in value]
    except Exception:  # each framework has its own
        return None
    each = [one[:, None] if shape[1:] == (1,) and one.ndim == 1 else one for one in each]
    if any(one.ndim != len(shape) or one.shape[1:] != tuple(shape[1:]) or one.dtype.kind not in "buif" for one in each):
        return None
    whole = isinstance(shape, WholeShape) and all(one.dtype.kind != "f" for one in each)
    array = np.full((len(each), *shape), padding_of(shape), np.int64 if whole else np.float64)
    for at, one in enumerate(each):
        if len(one) > shape[0]:
            raise DataError([LongSequence(NOWHERE, data, name, at, len(one), shape[0])])
        if not len(one):
            raise DataError([BadSequence(NOWHERE, data, name, f"is empty in sample {at}")])
        found = list(_check(data, name, one[None], np.array([len(one)]), shape, at))
        if found:
            raise DataError(found)
        array[at, : len(one)] = one
    return array


def _longer(array: Array, shape: Shape) -> Array | None:
    """An array of samples, or a sample, with places of padding up to the length of the input."""
    axis = array.ndim - len(shape)
    if axis not in (0, 1) or array.shape[axis + 1 :] != tuple(shape[1:]) or array.dtype.kind not in "buif":
        return None
    missing = shape[0] - array.shape[axis]
    if missing <= 0:
        return array
    kind = np.int64 if isinstance(shape, WholeShape) and array.dtype.kind != "f" else np.float64
    widths = [(0, missing if at == axis else 0) for at in range(array.ndim)]
    return np.pad(array.astype(kind), widths, constant_values=padding_of(shape))


def _lengths(data: str, name: str, array: Array, given: Held | None, shape: Shape) -> Lengths | Diagnostic:
    """The length of each sequence: as given, or up to the last place that is not padding."""
    if given is None:
        padding = np.asarray(array == -1 if isinstance(shape, WholeShape) else np.isnan(array).all(axis=-1))
        return np.asarray(padding.shape[1] - np.argmin(padding[:, ::-1], axis=1), np.int64) * ~padding.all(axis=1)
    lengths = given[:]
    if lengths.dtype.kind not in "ui" or lengths.shape not in ((len(array),), (len(array), 1)):
        reason = f"is not an array of {len(array)} whole numbers, one for each sample"
        return BadSequence(NOWHERE, data, length_name(name), reason)
    lengths = lengths.reshape(-1).astype(np.int64)
    wrong = np.flatnonzero(lengths > array.shape[1])
    if len(wrong):
        at = int(wrong[0])
        reason = f"is {lengths[at]} in sample {at}, but the array has {array.shape[1]} places"
        return BadSequence(NOWHERE, data, length_name(name), reason)
    return lengths


def _check(data: str, name: str, array: Array, lengths: Lengths, shape: Shape, first: int = 0) -> Iterator[Diagnostic]:
    """The problems of sequences; `first` is the number of the first sample."""
    empty, long = np.flatnonzero(lengths < 1), np.flatnonzero(lengths > shape[0])
    if len(empty):
        yield BadSequence(NOWHERE, data, name, f"is empty in sample {first + int(empty[0])}")
    if len(long):
        yield LongSequence(NOWHERE, data, name, first + int(long[0]), int(lengths[long[0]]), shape[0])
    inside = np.arange(array.shape[1]) < lengths[:, None]
    if isinstance(shape, WholeShape):
        yield from check_whole(data, name, np.where(inside, array, 0), WholeShape(shape, shape.below), first)
        return
    wrong = ~np.isfinite(array.astype(np.float32)) & inside[..., None]
    if wrong.any():
        yield NotFinite(NOWHERE, name, int(wrong.sum()), first + int(wrong.any(axis=(1, 2)).argmax()))


def _marked(array: Array, lengths: Lengths, shape: Shape) -> Array:
    """The array at the length of the input, with the value of padding after the end of each sequence."""
    found = np.full((len(array), *shape), padding_of(shape), array.dtype)
    length = min(array.shape[1], shape[0])
    inside = np.arange(length) < lengths[:, None]
    found[:, :length][inside] = array[:, :length][inside]
    return found.astype(np.int32 if isinstance(shape, WholeShape) else np.float32)

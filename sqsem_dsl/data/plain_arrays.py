"""Objects of a program as arrays of numbers or text, and what an array holds that is neither."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from sqsem_dsl.data.dataset import Array
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import UnreadableObject
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.utils.exceptions import in_a_line

_KINDS = {"U": "text", "S": "bytes", "c": "complex numbers", "M": "dates", "m": "durations"}


def plain_array(name: str, value: object) -> Array:
    """The array of an object: of numbers, where it holds Python's numbers or NumPy has no such type (`bfloat16`), and
    NaN for those that are missing or masked. Raises DataError for an object that is not an array, with the remedy.

    >>> plain_array("x", np.array([1, 2.5, None], object)), plain_array("x", [True, False])
    (array([1. , 2.5, nan]), array([ True, False]))
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        value = np.ma.filled(value.astype(np.float64 if value.dtype.kind in "buif" else object), np.nan)
    try:
        array = np.asarray(value)
    except Exception as error:  # each framework has its own
        raise DataError([_ragged(name, value) or UnreadableObject(NOWHERE, name, in_a_line(error))]) from None
    if array.ndim == 0 and array.dtype == object:
        raise DataError([_not_an_array(name, value)])
    if array.dtype.kind == "T":  # NumPy's text of variable length
        return array.astype(object)
    if array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat16", "float8")):
        return array.astype(np.float32)
    return _numbers(array) if array.dtype == object else array


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, `pandas.NA` or `pandas.NaT`: none of them is equal to itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # an array
        return False


def kind_of(array: Array) -> str:
    """What an array holds that is not one of numbers, in words.

    >>> kind_of(np.array(["a"])), kind_of(np.array(["a", None], object)), kind_of(np.array([{}], object))
    ('text', 'text, and nothing in sample 1', 'Python objects, such as a `dict` in sample 0')
    """
    if array.dtype != object:
        return _KINDS.get(array.dtype.kind, str(array.dtype))
    rows = array.reshape(len(array), -1).tolist()
    for at, one in ((at, one) for at, row in enumerate(rows) for one in row if not isinstance(one, str | bytes)):
        if is_missing(one):
            return f"text, and nothing in sample {at}"
        if isinstance(one, Real | Decimal):
            return f"text, and a number in sample {at}"
        return f"Python objects, such as a `{type(one).__name__}` in sample {at}"
    return "text"


def _numbers(array: Array) -> Array:
    """Python's numbers and truth values as an array of numbers; other objects unchanged."""
    each: list[Any] = array.ravel().tolist()
    present = [one for one in each if not is_missing(one)]
    if not all(isinstance(one, Real | Decimal | np.bool_) for one in present):
        return array
    if not present or len(present) < len(each):
        each = [np.nan if is_missing(one) else float(one) for one in each]
        return np.array(each, np.float64).reshape(array.shape)
    if all(isinstance(one, bool | np.bool_) for one in each):
        return array.astype(bool)
    whole = all(isinstance(one, Integral) and abs(int(one)) < 2**62 for one in each)
    return array.astype(np.int64 if whole else np.float64)


def _ragged(name: str, value: object) -> UnreadableObject | None:
    """The first of several samples that differs in shape from the others."""
    if not isinstance(value, Sequence):
        return None
    try:
        shapes = [np.shape(one) for one in value]
    except Exception:  # samples that are ragged themselves
        return None
    at = next((at for at, shape in enumerate(shapes) if shape != shapes[0]), None)
    return None if at is None else other_shape(name, at, shapes[at], shapes[0])


def other_shape(
    name: str, at: int, shape: Sequence[int], first: Sequence[int], what: str = "sample"
) -> UnreadableObject:
    """The diagnostic for a sample, or the samples of a batch, of another shape than the first."""
    of = what if what == "sample" else f"samples of {what}"
    verb = "has" if what == "sample" else "have"
    reason = f"the {of} {at} {verb} the shape {list(shape)}, and the {of} 0 {verb} {list(first)}"
    sequence = len(shape) in (1, 2) and shape[1:] == first[1:]
    remedy = "give all samples one shape"
    if sequence:
        remedy += ", or declare the input `padded` if samples are sequences of different lengths"
    return UnreadableObject(NOWHERE, name, reason, remedy)


def _not_an_array(name: str, value: object) -> UnreadableObject:
    """The diagnostic for an object of which NumPy makes no array."""
    shown = f"`{type(value).__name__}`"
    for method in ("toarray", "to_tensor"):  # sparse matrices of SciPy, ragged tensors of TensorFlow
        if hasattr(value, method):
            return UnreadableObject(NOWHERE, name, f"it is of type {shown}", f"give `{name}.{method}()`")
    if type(value).__name__ == "SparseTensor":
        return UnreadableObject(NOWHERE, name, f"it is of type {shown}", f"give `tensorflow.sparse.to_dense({name})`")
    return UnreadableObject(NOWHERE, name, f"it is of type {shown}, not an array")

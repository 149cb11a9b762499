"""Data that come in batches or sample by sample, from a `tf.data.Dataset`, a `keras.utils.PyDataset`, a PyTorch
`DataLoader` or `Dataset`, a Hugging Face data set or a generator, read into memory once.

Every trial needs all samples, in an order that depends only on its seed, so the order of batches cannot be kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from sqsem_dsl.data.dataset import Array, Held, class_count
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import TooLargeToRead, UnknownForm, UnreadableObject
from sqsem_dsl.data.named_arrays import as_array, as_arrays, by_name
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.utils.exceptions import in_a_line
from sqsem_dsl.utils.memory import available_memory
from sqsem_dsl.utils.numbers import byte_size

LARGEST = 4 << 30
"""Bytes of samples that are read at most, or half of the free memory if that is less."""
MAX_ITEMS = 1_000_000
"""Batches or samples that are read at most: a generator may never end."""
WEIGHTS = " weights"
"""The name of the weights among the arrays: no input can have it."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Reading:
    """Batches, or samples if `single`, to be read."""

    items: Iterable[Any]
    single: bool = False
    ordered: bool = False
    """Whether the order of the samples is the same each time."""


def reading_of(data: object, argument: str) -> Reading | None:
    """How to read an object in batches or sample by sample; None if it is neither. Raises DataError for batches that
    are known to be infinite."""
    if hasattr(data, "element_spec") and hasattr(data, "cardinality"):
        if int(data.cardinality()) == -1:  # tf.data.INFINITE_CARDINALITY
            raise DataError([TooLargeToRead(NOWHERE, argument, "it is infinite")])
        return Reading(data)  # type: ignore[arg-type]
    indexed = hasattr(data, "__getitem__") and hasattr(data, "__len__")
    if indexed and hasattr(data, "on_epoch_end"):
        count = getattr(data, "num_batches", None)
        if count is None and not hasattr(type(data), "num_batches"):
            count = len(data)  # type: ignore[arg-type]
        if count is None:
            raise DataError([TooLargeToRead(NOWHERE, argument, "it is infinite")])
        return Reading(data[at] for at in range(int(count)))  # type: ignore[index]
    if indexed and not isinstance(data, str | bytes) and not hasattr(data, "__array__"):
        samples = (data[at] for at in range(len(data)))  # type: ignore[index,arg-type]
        return Reading(samples, single=True, ordered=True)
    if isinstance(data, Iterable) and not isinstance(data, str | bytes | Mapping) and not hasattr(data, "__array__"):
        return Reading(data)
    return None


def class_labels(data: object, outputs: Mapping[str, OutputFact]) -> dict[str, tuple[str, ...]]:
    """The class names of outputs in the order of their numbers, as a Hugging Face data set declares them: its
    `features` are a mapping, in which a `ClassLabel` has `names`. Names that are not one for each class are left out.
    """
    features = getattr(data, "features", None)
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(features, Mapping):
        return found
    for name, fact in outputs.items():
        names = getattr(features.get(name), "names", None)
        if isinstance(names, list | tuple) and len(names) == class_count(fact):
            found[name] = tuple(map(str, names))
    return found


@dataclass
class Gathered:
    """Arrays that grow batch by batch."""

    argument: str
    pieces: dict[str, list[Array]] = field(default_factory=dict)
    nbytes: int = 0
    items: int = 0

    def add(self, name: str, array: Array) -> None:
        self.pieces.setdefault(name, []).append(array)
        self.nbytes += array.nbytes

    def check(self, limit: float) -> None:
        """Raises DataError if there are too many."""
        self.items += 1
        reason = None
        if self.nbytes > limit:
            reason = f"it has more than {byte_size(int(limit))} of samples"
        elif self.items > MAX_ITEMS:
            reason = f"it has more than {MAX_ITEMS:,} batches, and may never end"
        if reason is not None:
            raise DataError([TooLargeToRead(NOWHERE, self.argument, reason)])


def read_batches(
    reading: Reading, inputs: Shapes, outputs: Mapping[str, OutputFact], argument: str
) -> dict[str, Array]:
    """The arrays by the names of inputs and outputs, and `WEIGHTS` if the batches have weights.

    An item is `(x, y)`, `(x, y, weights)`, or a dict by the names of inputs and outputs; a batch, or a single sample
    without the batch axis. Samples whose order may vary are put into an order that depends only on their content.
    Raises DataError for items of another form, for exceptions, and for more samples than `LARGEST`.
    """
    memory = available_memory()
    limit = LARGEST if memory is None else min(LARGEST, memory / 2)
    found = Gathered(argument)
    for item in _items(reading, argument):
        named = item_arrays(item, inputs, outputs, argument)
        single = reading.single or _is_single(named, inputs)
        for name, array in named.items():
            found.add(name, array[None] if single else array)
        found.check(limit)
    arrays = {name: _joined(name, pieces) for name, pieces in found.pieces.items()}
    lengths = {len(array) for array in arrays.values()}
    if reading.ordered or len(lengths) != 1 or any(array.dtype == object for array in arrays.values()):
        return arrays
    order = _by_content(arrays)
    return {name: array[order] for name, array in arrays.items()}


def item_arrays(item: object, inputs: Collection[str], outputs: Collection[str], argument: str) -> dict[str, Array]:
    """The arrays of a batch or a sample by name. Raises DataError for another form, or without labels."""
    if isinstance(item, Mapping):
        return _held(as_arrays(argument, by_name(item, ()), inputs, outputs))
    if not isinstance(item, tuple | list) or len(item) not in (2, 3):
        what = f"its items are `{type(item).__name__}`"
        remedy = "each item is a pair `(x, y)`, `(x, y, weights)`, or a dict by the names of inputs and outputs"
        raise DataError([UnknownForm(NOWHERE, argument, what, remedy)])
    x, y, *more = item
    arrays = _held(as_arrays(argument, {**by_name(x, inputs), **by_name(y, outputs)}, inputs, outputs))
    if more and more[0] is not None:
        weights = as_array("weights", more[0])
        arrays[WEIGHTS] = _held({WEIGHTS: weights})[WEIGHTS]
    return arrays


def _held(arrays: Mapping[str, Held]) -> dict[str, Array]:
    return {name: held if isinstance(held, np.ndarray) else held[:] for name, held in arrays.items()}


def _items(reading: Reading, argument: str) -> Iterator[Any]:
    """The items; exceptions of the user's code become diagnostics."""
    try:
        yield from reading.items
    except DataError:
        raise
    except Exception as error:
        raise DataError([UnreadableObject(NOWHERE, argument, in_a_line(error))]) from None


def _is_single(named: Mapping[str, Array], inputs: Shapes) -> bool:
    """Whether an item has the shape of a sample, without a batch axis."""
    return any(named[name].shape == tuple(shape) for name, shape in inputs.items() if name in named)


def _joined(name: str, pieces: list[Array]) -> Array:
    try:
        return np.concatenate(pieces)
    except ValueError as error:
        raise DataError([UnreadableObject(NOWHERE, name, f"its batches differ in shape ({error})")]) from None


def _by_content(arrays: Mapping[str, Array]) -> Array:
    """The order of the samples by a hash of their content."""
    rows = [np.ascontiguousarray(arrays[name]) for name in sorted(arrays)]
    keys = []
    for at in range(len(rows[0])):
        digest = blake2b(digest_size=16)
        for row in rows:
            digest.update(row[at].tobytes())
        keys.append(digest.digest())
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.intp)

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
from sqsem_dsl.data.forms import check_weights
from sqsem_dsl.data.named_arrays import as_array, as_arrays, by_name
from sqsem_dsl.data.plain_arrays import other_shape
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
"""The name of the weights among the arrays, which no input can have, and the start of the names of those by output."""

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
    if hasattr(data, "on_epoch_end") and hasattr(data, "__getitem__"):
        return Reading(data[at] for at in range(_batches(data, argument)))
    if indexed and not isinstance(data, str | bytes) and not hasattr(data, "__array__"):
        samples = (data[at] for at in range(_length(data, argument)))  # type: ignore[index]
        return Reading(samples, single=True, ordered=True)
    if isinstance(data, Iterable) and not isinstance(data, str | bytes | Mapping) and not hasattr(data, "__array__"):
        return Reading(data)
    return None


def _batches(data: Any, argument: str) -> int:
    """The number of batches of a `PyDataset`. Raises DataError if it has no end, or does not say how many there are."""
    known = hasattr(type(data), "num_batches") or "num_batches" in vars(data)
    return _length(data, argument, "num_batches" if known else "__len__")


def _length(data: Any, argument: str, name: str = "__len__") -> int:
    try:
        count = data.num_batches if name == "num_batches" else len(data)
        if count is not None:
            return int(count)
    except Exception as error:  # of the user's code
        reason = f"its `{name}` raises {in_a_line(error)}"
        remedy = "its class needs a method `__len__` that returns the number of samples, or of batches"
        raise DataError([UnreadableObject(NOWHERE, argument, reason, remedy)]) from None
    raise DataError([TooLargeToRead(NOWHERE, argument, "it is infinite")])


def class_labels(data: object, outputs: Mapping[str, OutputFact]) -> dict[str, tuple[str, ...]]:
    """The class names of outputs in the order of their numbers, as a data set declares them: the `features` of Hugging
    Face are a mapping, in which a `ClassLabel` has `names`; those of Keras's `image_dataset_from_directory` are its
    `class_names`, those of torchvision its `classes`. Names that are not one for each class are left out.
    """
    features = getattr(data, "features", None)
    found: dict[str, tuple[str, ...]] = {}
    alone = getattr(data, "class_names", None) or getattr(data, "classes", None)
    for name, fact in outputs.items():
        names = getattr(features.get(name), "names", None) if isinstance(features, Mapping) else None
        names = alone if names is None and len(outputs) == 1 else names
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
        named = item_arrays(item, inputs, outputs, f"{argument}[{found.items}]")
        single = reading.single or _is_single(named, inputs)
        for name, array in named.items():
            found.add(name, array[None] if single else array)
        found.check(limit)
    if not found.items:
        remedy = "give one that has some; a generator has none after it has been read, so make it anew"
        raise DataError([UnknownForm(NOWHERE, argument, "it has no samples", remedy)])
    what = "sample" if reading.single else "batch"
    arrays = {name: _joined(name.strip(), pieces, what) for name, pieces in found.pieces.items()}
    lengths = {len(array) for array in arrays.values()}
    if reading.ordered or len(lengths) != 1 or any(array.dtype == object for array in arrays.values()):
        return arrays
    order = _by_content(arrays)
    return {name: array[order] for name, array in arrays.items()}


def item_arrays(item: object, inputs: Collection[str], outputs: Collection[str], argument: str) -> dict[str, Array]:
    """The arrays of a batch or a sample by name. Raises DataError for another form, or without labels."""
    if isinstance(item, Mapping):
        check_weights(tuple(item), inputs, outputs, argument, "give triples: `(inputs, labels, weights)`")
        return _held(as_arrays(argument, by_name(item, ()), inputs, outputs))
    if not isinstance(item, tuple | list) or len(item) not in (2, 3):
        several = f" of {len(item)}" if isinstance(item, tuple | list) else ""
        what = f"it is a `{type(item).__name__}`{several}"
        remedy = "each item is a pair `(x, y)`, `(x, y, weights)`, or a dict by the names of inputs and outputs"
        raise DataError([UnknownForm(NOWHERE, argument, what, remedy)])
    x, y, *more = item
    arrays = _held(as_arrays(argument, {**by_name(x, inputs), **by_name(y, outputs)}, inputs, outputs))
    if more and isinstance(more[0], Mapping):  # by output
        weights = {WEIGHTS + str(name): as_array(f"weights of {name}", one) for name, one in more[0].items()}
        ones = {WEIGHTS + name: np.ones(np.shape(y)[:1]) for name in outputs if (y := arrays.get(name)) is not None}
        return {**arrays, **ones, **_held(weights)}
    if more and more[0] is not None:
        arrays[WEIGHTS] = _held({WEIGHTS: as_array("weights", more[0])})[WEIGHTS]
    return arrays


def _held(arrays: Mapping[str, Held]) -> dict[str, Array]:
    return {name: held if isinstance(held, np.ndarray) else held[:] for name, held in arrays.items()}


def _items(reading: Reading, argument: str) -> Iterator[Any]:
    """The items; exceptions of the user's code become diagnostics."""
    at = 0
    try:
        for at, item in enumerate(reading.items, 1):  # noqa: B007
            yield item
    except DataError:
        raise
    except Exception as error:
        reason = f"reading the {'sample' if reading.single else 'batch'} {at} raises {in_a_line(error)}"
        remedy = f"correct it, so that `for item in {argument}: pass` ends without an exception"
        raise DataError([UnreadableObject(NOWHERE, argument, reason, remedy)]) from None


def _is_single(named: Mapping[str, Array], inputs: Shapes) -> bool:
    """Whether an item has the shape of a sample, without a batch axis."""
    return any(named[name].shape == tuple(shape) for name, shape in inputs.items() if name in named)


def _joined(name: str, pieces: list[Array], what: str) -> Array:
    shapes = [piece.shape for piece in pieces]
    alone = next((at for at, shape in enumerate(shapes) if not shape), None)
    if alone is not None:
        reason = f"the batch {alone} has one number, not one for each sample"
        raise DataError([UnreadableObject(NOWHERE, name, reason)])
    at = next((at for at, shape in enumerate(shapes) if shape[1:] != shapes[0][1:]), None)
    if at is None:
        return np.concatenate(pieces)
    raise DataError([other_shape(name, at, shapes[at][1:], shapes[0][1:], what)])


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

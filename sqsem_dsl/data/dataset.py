"""Data ready for training: three parts of samples, inputs and labels by name, in one canonical form.

Inputs are float32 with unchanged values (whole numbers: int32), in memory or read on demand (`Samples`). The model
divides images by their largest value (`Dataset.divisor`). Labels of a softmax output are class numbers, int32, without
the class axis; all other labels are float32 in the output's shape. Masks and other labels in the image plane may be
`Samples`, too. The target converts class numbers to one-hot if a loss needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.column_statistics import Statistics, fills, statistics, unit_statistics
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.settings.metrics import OutputFact

Array = NDArray[Any]
Indices = NDArray[np.intp]


class Samples(Protocol):
    """Samples that are not held as float32 in memory: files of a folder larger than memory, or bytes.

    They can be pickled, so that a training process can read them; within one pickle, samples that share their content
    still share it.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples, then the shape of one."""
        ...

    @property
    def nbytes(self) -> int:
        """The most bytes of memory that these samples need once they are read."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, indices: Indices | slice) -> Array:
        """The samples at these positions, float32; class numbers int32."""
        ...

    def take(self, indices: Indices) -> Samples:
        """The samples at these positions, in this order, not read yet."""
        ...

    def contents(self) -> Iterator[bytes]:
        """The content that identifies these samples, in pieces, for a hash."""
        ...


Held = Array | Samples
"""The samples of an input or output, in memory or not; `held[indices]` is an array either way."""


@dataclass(frozen=True, eq=False)
class Part:
    """Samples: arrays of equal length, with the sample axis first."""

    inputs: Mapping[str, Held]
    labels: Mapping[str, Held]
    weights: Array | None = None
    """A weight for each sample, float32, not negative: `[samples]`, or `[samples, outputs]` in the order of the
    outputs; None if all count alike."""
    ids: tuple[str, ...] | None = None
    """The id of each sample, if the source has ids."""

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def take(self, indices: Indices) -> Part:
        """The samples at these positions, in this order (a copy of what is an array)."""
        return Part(
            {name: take(held, indices) for name, held in self.inputs.items()},
            {name: take(held, indices) for name, held in self.labels.items()},
            None if self.weights is None else self.weights[indices],
            None if self.ids is None else tuple(self.ids[at] for at in indices),
        )


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a source contains, checked and in the canonical form, before it is split."""

    name: str
    part: Part
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """As in `Dataset`."""
    validation: Part | None = None
    """The given validation set; then `part` does not contain it."""
    test: Part | None = None
    """The given test set; then `part` does not contain it."""
    groups: tuple[str, ...] | None = None
    """The group of each sample of `part`: samples of a group stay in one set and in one fold."""
    columns: Mapping[str, Columns] = field(default_factory=dict)
    label_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training, validation and test set of one data source; with folds, those of the first (`fold(n)`: the others)."""

    name: str
    outputs: Mapping[str, OutputFact]
    train: Part
    validation: Part
    test: Part | None
    """None if the data have no test set: then the best model is not scored on one."""
    developed: Part | None = None
    """With folds, all samples that are not in the test set."""
    folds: tuple[Indices, ...] = ()
    """The positions in `developed` of each fold's validation set."""
    preceding: tuple[Indices, ...] = ()
    """With forward folds, the positions of each fold's training set; otherwise it is made of all other folds."""
    number: int = 0
    """The number of the fold."""
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The class names, in the order of their numbers, of the outputs for which the data have names."""
    class_weights: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """By output, the weights of the classes in training, in place of those of the settings."""
    columns: Mapping[str, Columns] = field(default_factory=dict)
    """Of inputs from tables. If they are not `plain`, samples are raw values, `[columns]`, which the model encodes."""
    label_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of the tables with the labels of each output, in the order of its units."""
    windows: Windows | None = None
    """How rows became samples, if they are windows."""
    _statistics: dict[tuple[int, str], Statistics] = field(default_factory=dict, repr=False)
    """The computed statistics of all folds."""
    _fills: dict[tuple[int, str], tuple[float, ...]] = field(default_factory=dict, repr=False)

    def fold(self, number: int) -> Dataset:
        """The data set whose validation set is the fold `number` (from 0); without folds always this one."""
        if self.developed is None or number == self.number:
            return self
        held_out = self.folds[number]
        others = [fold for at, fold in enumerate(self.folds) if at != number]
        rest = self.preceding[number] if self.preceding else np.concatenate(others)
        train, validation = self.developed.take(rest), self.developed.take(held_out)
        return replace(self, train=train, validation=validation, number=number)

    def trainings(self, executions: int) -> int:
        """The number of trainings of a trial: `executions`, times the number of folds if there are any."""
        return executions * max(1, len(self.folds))

    @property
    def sets(self) -> dict[str, Part]:
        """The sets that there are, by name: `training`, `validation` and perhaps `test`."""
        found = {"training": self.train, "validation": self.validation}
        return found if self.test is None else {**found, "test": self.test}

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every array of every part, with names, shapes and dtypes, and of the weights. Equal data with an
        equal split have equal hashes.
        """
        digest = sha256()
        for part in self.sets.values():
            for kind in (part.inputs, part.labels):
                for name in sorted(kind):
                    for piece in _contents(name, kind[name]):
                        digest.update(piece)
            if part.weights is not None:
                for piece in _contents("weights", part.weights):
                    digest.update(piece)
        for fold in (*self.folds, *self.preceding):
            digest.update(fold.astype("<i8").tobytes())
        for name, weights in sorted(self.class_weights.items()):
            digest.update(f"class weights of {name}: {weights};".encode())
        for name, columns in self.encoded.items():
            digest.update(repr((name, columns)).encode())
        return digest.hexdigest()[:16]

    @property
    def encoded(self) -> dict[str, Columns]:
        """The columns of the inputs that the model computes from raw values."""
        return {name: columns for name, columns in sorted(self.columns.items()) if not columns.plain}

    def divisor(self, name: str) -> int:
        """The number by which the model divides an input to bring it to 0 to 1: 255 or 65535 for images, else 1."""
        return divisor(self.train.inputs.get(name))

    def statistics(self, name: str) -> Statistics:
        """The mean and the standard deviation of each channel (the last axis) of an input over the training set, after
        the division or the encoding of columns."""
        key = (self.number, name)
        if key not in self._statistics and name in self.encoded:
            held = self.train.inputs[name][:]
            self._statistics[key] = unit_statistics(self.columns[name], held, self.fills(name))
        elif key not in self._statistics:
            by = self.divisor(name)
            mean, stddev = statistics(self.train.inputs[name])
            self._statistics[key] = tuple(x / by for x in mean), tuple(x / by for x in stddev)
        return self._statistics[key]

    def target_statistics(self, output: str) -> tuple[tuple[float, ...], float]:
        """Of the labels of an output of numbers over the training set: the mean of each channel (the last axis), and
        the standard deviation from these means, one for all channels."""
        mean, stddev = statistics(self.train.labels[output], piece=4096)
        return mean, float(np.sqrt(np.mean(np.square(stddev))))

    def fills(self, name: str) -> tuple[float, ...]:
        """The values that replace missing ones in the columns of an input: means over the training set."""
        key = (self.number, name)
        if key not in self._fills:
            self._fills[key] = fills(self.columns[name], self.train.inputs[name][:])
        return self._fills[key]

    @property
    def classes(self) -> dict[str, tuple[str, ...]]:
        """The classes of each output with one class for each sample or point, in the order of the output's units (for
        a single unit: 0, then 1). If the data do not name them, the names are the numbers.
        """
        found = {name: class_count(fact) for name, fact in self.outputs.items()}
        numbers = {name: tuple(map(str, range(count))) for name, count in found.items() if count is not None}
        return numbers | {name: names for name, names in self.class_names.items() if name in numbers}

    def class_counts(self, output: str) -> NDArray[np.int64] | None:
        """The count of each class in the training set; for a sigmoid output, of 0 and 1. None for real numbers."""
        fact = self.outputs[output]
        if fact.ending is None:
            return None
        return counts(self.train.labels[output], fact.shape[-1] if fact.ending == "softmax" else 2)

    def describe(self) -> str:
        """One line: "digits: 1257 training, 270 validation, 270 test samples", or "1527 samples in 5 folds, 270 test
        samples"; without a test set "1257 training, 270 validation samples, no test set"; with weights, it says which.
        """
        tested = "no test set" if self.test is None else f"{len(self.test)} test samples"
        weighed = [] if self.train.weights is None else ["samples"]
        weighed += ["classes"] if self.class_weights else []
        more = f", with weights of {' and '.join(weighed)}" if weighed else ""
        if self.developed is not None:
            kind = "forward folds" if self.preceding else "folds"
            return f"{self.name}: {len(self.developed)} samples in {len(self.folds)} {kind}, {tested}{more}"
        samples = " samples" if self.test is None else ""
        return f"{self.name}: {len(self.train)} training, {len(self.validation)} validation{samples}, {tested}{more}"


def take(held: Held, indices: Indices) -> Held:
    """The samples at these positions, in this order: a copy of an array, a selection of others."""
    return held[indices] if isinstance(held, np.ndarray) else held.take(indices)


def counts(labels: Held, classes: int, piece: int = 64) -> NDArray[np.int64]:
    """The count of each class number, over all points of all samples, which are read in pieces."""
    found = np.zeros(classes, np.int64)
    for begin in range(0, len(labels), piece):
        found += np.bincount(labels[begin : begin + piece].astype(np.intp).ravel(), minlength=classes)
    return found


def divisor(held: Held | None) -> int:
    """The largest possible value of samples that a model divides by it (bytes and images); 1 for others."""
    return int(getattr(held, "divisor", 1))


def class_count(fact: OutputFact) -> int | None:
    """The number of classes of an output with one class for each sample or point; None for other outputs."""
    match fact.ending, fact.shape:
        case "softmax", (*_, units):
            return units
        case "sigmoid", (*_, 1):
            return 2
        case _:
            return None


def _contents(name: str, held: Held) -> Iterator[bytes]:
    if not isinstance(held, np.ndarray):
        yield f"{name} {held.shape};".encode()
        yield from held.contents()
        return
    array = np.ascontiguousarray(held)
    yield f"{name} {array.dtype.str} {array.shape};".encode()
    yield array.tobytes()

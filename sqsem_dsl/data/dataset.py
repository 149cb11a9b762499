"""Data ready for training: three parts of samples, inputs and labels by name, in one canonical form.

Inputs are float32. Labels of a softmax output are class numbers, int32, without the class axis; all other labels are
float32 in the output's shape. Whether a loss wants them one-hot is the target's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.spec.metrics import OutputFact

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Part:
    """Samples: arrays with one entry a sample on the first axis, all of one length."""

    inputs: Mapping[str, Array]
    labels: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def take(self, indices: NDArray[np.intp]) -> Part:
        """The samples at these positions, in this order (a copy)."""
        return Part(
            {name: array[indices] for name, array in self.inputs.items()},
            {name: array[indices] for name, array in self.labels.items()},
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training, validation and test parts of one set of data, with the outputs that its labels are for."""

    name: str
    outputs: Mapping[str, OutputFact]
    train: Part
    validation: Part
    test: Part

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every array of every part, with names, shapes and dtypes: equal where the data and the split
        are.
        """
        digest = sha256()
        for part in (self.train, self.validation, self.test):
            for kind in (part.inputs, part.labels):
                for name in sorted(kind):
                    array = np.ascontiguousarray(kind[name])
                    digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
                    digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    def class_counts(self, output: str) -> NDArray[np.int64] | None:
        """How often each class comes in the training part; for a sigmoid output, 0 and 1. None for real numbers."""
        labels, fact = self.train.labels[output], self.outputs[output]
        match fact.ending:
            case "softmax":
                return np.bincount(labels.ravel(), minlength=fact.shape[-1]).astype(np.int64)
            case "sigmoid":
                ones = int(np.count_nonzero(labels))
                return np.array([labels.size - ones, ones], np.int64)
            case None:
                return None

    def describe(self) -> str:
        """One line: "digits: 1257 training, 270 validation, 270 test samples"."""
        sizes = f"{len(self.train)} training, {len(self.validation)} validation, {len(self.test)} test samples"
        return f"{self.name}: {sizes}"

"""Training batches: in a new order each epoch, augmented, with labels in the loss's form and weights by class.

What a batch holds depends on the seed, the epoch and its number alone, on every backend. All batches are equal in
size (a smaller last one would make JAX compile the step again): the last is filled up with samples from the front of
the epoch's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Dataset, Held
from sqsem_dsl.spec.metrics import OutputFact, class_weights_of
from sqsem_dsl.spec.settings_train import TrainSettings
from sqsem_dsl.targets.augmentation import augment
from sqsem_dsl.targets.losses import labels_for_keras

Labels = Any


def even_batch_size(samples: int, largest: int) -> int:
    """The largest batch size that divides the samples evenly, of at most `largest`; `largest` where that would be
    tiny.

    >>> even_batch_size(270, 256), even_batch_size(97, 256), even_batch_size(1009, 256)
    (135, 97, 256)
    """
    even = next(size for size in range(min(samples, largest), 0, -1) if samples % size == 0)
    return even if 4 * even >= min(samples, largest) else largest


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The training part of a data set, for `fit(..., shuffle=False)`: of an epoch, the batches from `first` on.

    Whoever trains says which epoch `begin`s.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        train: TrainSettings,
        dataset: Dataset,
        seed: int,
        epoch: int = 0,
        first: int = 0,
    ) -> None:
        super().__init__(workers=1)
        part = dataset.train
        self._inputs = {name: part.inputs[name] for name in inputs}
        self._labels = part.labels
        self._train, self._outputs = train, dataset.outputs
        self._weights = sample_weights(train, dataset)
        self._seed, self._epoch, self._first = seed, epoch, first
        self._batch = min(train.batch_size, len(part))
        self._samples = len(part)
        self._order = self._shuffled()

    def _shuffled(self) -> NDArray[np.intp]:
        order = np.random.default_rng([self._seed, self._epoch]).permutation(self._samples)
        missing = -self._samples % self._batch
        return np.concatenate([order, order[:missing]])

    def __len__(self) -> int:
        return len(self._order) // self._batch - self._first

    def __getitem__(self, index: int) -> tuple[dict[str, NDArray[Any]], Labels] | tuple[Any, Labels, Labels]:
        index += self._first
        chosen = self._order[index * self._batch : (index + 1) * self._batch]
        inputs = {name: array[chosen] for name, array in self._inputs.items()}
        labels = {name: array[chosen] for name, array in self._labels.items()}
        if self._train.augment:
            generator = np.random.default_rng([self._seed, self._epoch, index])
            inputs, labels = augment(self._train.augment, inputs, labels, self._outputs, generator)
        labels = {name: labels_for_keras(self._train, name, fact, labels[name]) for name, fact in self._outputs.items()}
        several = len(labels) > 1
        target = labels if several else next(iter(labels.values()))
        if not self._weights:
            return inputs, target
        weights = {name: array[chosen] for name, array in self._weights.items()}
        return inputs, target, weights if several else next(iter(weights.values()))

    def begin(self, epoch: int) -> None:
        """Put the samples into the order of an epoch, counted from 0."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = self._shuffled()


class EvaluationBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Samples in their order, read as they come, for `evaluate` and validation."""

    def __init__(
        self,
        inputs: Mapping[str, Held],
        labels: Mapping[str, Array],
        train: TrainSettings,
        outputs: Mapping[str, OutputFact],
        batch: int,
    ) -> None:
        super().__init__(workers=1)
        self._inputs, self._batch = inputs, batch
        self._labels = {name: labels_for_keras(train, name, fact, labels[name]) for name, fact in outputs.items()}

    def __len__(self) -> int:
        return -(-len(next(iter(self._inputs.values()))) // self._batch)

    def __getitem__(self, index: int) -> tuple[dict[str, Array], Any]:
        place = slice(index * self._batch, (index + 1) * self._batch)
        labels = {name: array[place] for name, array in self._labels.items()}
        return (
            {name: held[place] for name, held in self._inputs.items()},
            labels if len(labels) > 1 else next(iter(labels.values())),
        )


def sample_weights(train: TrainSettings, dataset: Dataset) -> dict[str, NDArray[np.float32]]:
    """A weight a training sample for each output, with mean 1; empty where no output's classes are balanced.

    A class that comes n times among N samples of C classes weighs N / (C n). Where an output labels many points
    (pixels, several yes-or-no labels), a sample weighs the mean over its points.
    """
    if all(class_weights_of(train, name) == "none" for name in dataset.outputs):
        return {}
    weights = {}
    for name in dataset.outputs:
        labels, counts = dataset.train.labels[name], dataset.class_counts(name)
        if class_weights_of(train, name) == "none" or counts is None:
            weights[name] = np.ones(len(labels), np.float32)
            continue
        by_class = labels.size / (np.count_nonzero(counts) * np.maximum(counts, 1))
        each = by_class[labels.astype(np.intp)]
        weights[name] = each.reshape(len(labels), -1).mean(axis=1).astype(np.float32)
    return weights

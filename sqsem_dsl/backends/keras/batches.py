"""Training batches: in a new order each epoch, augmented, with labels in the loss's form and weights by class.

A batch depends only on the seed, the epoch and its number, on every backend. All batches have equal size (a smaller
last one would make JAX compile the step again): the last is filled up with samples from the front of the epoch's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, assert_never

import keras
import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.backends.keras.augmentation import augment
from sqsem_dsl.backends.keras.losses import labels_for_keras
from sqsem_dsl.data.dataset import Array, Dataset, Held, Part, divisor
from sqsem_dsl.settings.metrics import OutputFact, class_weights_of, weighs_classes
from sqsem_dsl.settings.options import Balanced, EqualClasses, GivenWeights
from sqsem_dsl.settings.train import TrainSettings

Labels = Any
Value = TypeVar("Value")


def input_names(model: keras.Model) -> list[str]:
    """The names of a model's inputs, whether it takes one tensor or a dict."""
    return [tensor.name for tensor in model.inputs]


def alone(named: Mapping[str, Value]) -> Value | Mapping[str, Value]:
    """Model inputs or outputs: several as a dict by name, a single one without a dict."""
    return named if len(named) > 1 else next(iter(named.values()))


def even_batch_size(samples: int, largest: int) -> int:
    """The largest batch size of at most `largest` that divides the samples evenly; `largest` if that would be tiny.

    >>> even_batch_size(270, 256), even_batch_size(97, 256), even_batch_size(1009, 256)
    (135, 97, 256)
    """
    even = next(size for size in range(min(samples, largest), 0, -1) if samples % size == 0)
    return even if 4 * even >= min(samples, largest) else largest


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The training set of a data set, for `fit(..., shuffle=False)`: the batches of an epoch from `first` on.

    The caller announces each epoch with `begin`.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        train: TrainSettings,
        dataset: Dataset,
        seed: int,
        epoch: int = 0,
        first: int = 0,
        *,
        weights: Mapping[str, Array] | None = None,
        shuffle: bool = True,
        steps: int | None = None,
    ) -> None:
        """`weights` of samples by output replace those of their classes. `steps` sets the batches of an epoch; the
        default is every sample once."""
        super().__init__(workers=1)
        part = dataset.train
        self._inputs = {name: part.inputs[name] for name in inputs}
        self._divisors = {name: divisor(held) for name, held in self._inputs.items()}
        self._labels = part.labels
        self._train, self._outputs = train, dataset.outputs
        self._weights = sample_weights(train, dataset) if weights is None else weights
        self._seed, self._epoch, self._first = seed, epoch, first
        self._batch = min(train.batch_size, len(part))
        self._samples, self._shuffle = len(part), shuffle
        self._steps = steps or -(-self._samples // self._batch)
        self._order = self._shuffled()

    def _shuffled(self) -> NDArray[np.intp]:
        generator = np.random.default_rng([self._seed, self._epoch])
        order = generator.permutation(self._samples) if self._shuffle else np.arange(self._samples)
        return np.resize(order, self._steps * self._batch)  # filled up from its front

    def __len__(self) -> int:
        return len(self._order) // self._batch - self._first

    def __getitem__(self, index: int) -> tuple[Any, Labels] | tuple[Any, Labels, Labels]:
        index += self._first
        chosen = self._order[index * self._batch : (index + 1) * self._batch]
        inputs = {name: array[chosen] for name, array in self._inputs.items()}
        labels = {name: array[chosen] for name, array in self._labels.items()}
        if self._train.augment:
            generator = np.random.default_rng([self._seed, self._epoch, index])
            inputs, labels = augment(self._train.augment, inputs, labels, self._outputs, generator, self._divisors)
        labels = {name: labels_for_keras(self._train, name, fact, labels[name]) for name, fact in self._outputs.items()}
        if not self._weights:
            return alone(inputs), alone(labels)
        return alone(inputs), alone(labels), alone({name: array[chosen] for name, array in self._weights.items()})

    def begin(self, epoch: int) -> None:
        """Puts the samples into the order of an epoch, counted from 0."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = self._shuffled()


class EvaluationBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Samples in their order, read on demand, for `evaluate` and validation."""

    def __init__(
        self,
        inputs: Mapping[str, Held],
        labels: Mapping[str, Held],
        train: TrainSettings,
        outputs: Mapping[str, OutputFact],
        batch: int,
        weights: Mapping[str, Array] | None = None,
    ) -> None:
        """`weights` are those of `evaluation_weights`."""
        super().__init__(workers=1)
        self._inputs, self._labels, self._batch = inputs, labels, batch
        self._train, self._outputs, self._weights = train, outputs, weights or {}

    def __len__(self) -> int:
        return -(-len(next(iter(self._inputs.values()))) // self._batch)

    def __getitem__(self, index: int) -> tuple[Any, Labels] | tuple[Any, Labels, Labels]:
        place = slice(index * self._batch, (index + 1) * self._batch)
        inputs = {name: held[place] for name, held in self._inputs.items()}
        labels = {
            name: labels_for_keras(self._train, name, fact, self._labels[name][place])
            for name, fact in self._outputs.items()
        }
        if not self._weights:
            return alone(inputs), alone(labels)
        return alone(inputs), alone(labels), alone({name: array[place] for name, array in self._weights.items()})


def evaluation_weights(part: Part, outputs: Mapping[str, OutputFact]) -> dict[str, Array]:
    """The weights of the samples of a set by output, with mean 1; empty if all count alike."""
    own = _own_weights(part)
    if own is None:
        return {}
    return {name: by_points(own[:, min(at, own.shape[1] - 1)], fact) for at, (name, fact) in enumerate(outputs.items())}


def _own_weights(part: Part) -> NDArray[np.float32] | None:
    """The weights of the samples of a set, divided by their mean: `[samples, 1]`, or `[samples, outputs]`. None if all
    count alike."""
    if part.weights is None:
        return None
    every = part.weights.reshape(len(part.weights), -1)
    return np.asarray(every / np.maximum(every.mean(axis=0), 1e-30), np.float32)


def by_points(weights: Array, fact: OutputFact) -> Array:
    """Weights of samples in the shape that Keras needs: with as many axes as the loss, which has one for the samples,
    and those of the output but its last."""
    return weights.reshape(-1, *(1,) * max(0, len(fact.shape) - 1))


def sample_weights(train: TrainSettings, dataset: Dataset) -> dict[str, NDArray[np.float32]]:
    """A weight for each training sample and output; empty if all count alike.

    It is the sample's own weight, times that of its class: that of the data set or the settings or, with balanced
    classes, N / (C n) for a class with n of N samples and C classes. If an output labels many points (pixels, several
    yes-or-no labels), a sample has the mean weight of its points. Own weights are divided by their mean.
    """
    own = _own_weights(dataset.train)
    weighed = any(weighs_classes(train, name) for name in dataset.outputs)
    if own is None and not weighed and not dataset.class_weights:
        return {}
    every = np.ones((len(dataset.train), 1), np.float32) if own is None else own
    found = {
        name: (every[:, min(at, every.shape[1] - 1)] * _of_classes(train, dataset, name)).astype(np.float32)
        for at, name in enumerate(dataset.outputs)
    }
    return {name: by_points(weights, dataset.outputs[name]) for name, weights in found.items()}


def _of_classes(train: TrainSettings, dataset: Dataset, name: str) -> Array:
    """The weight of each training sample by its class."""
    labels, counts = dataset.train.labels[name], dataset.class_counts(name)
    if counts is None:
        return np.ones(len(labels), np.float32)
    if name in dataset.class_weights:
        return mean_weights(labels, np.asarray(dataset.class_weights[name]))
    match class_weights_of(train, name):
        case EqualClasses():
            return np.ones(len(labels), np.float32)
        case Balanced():
            by_class = counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1))
        case GivenWeights(weights=weights, by_number=by_number):
            names = map(str, range(len(counts))) if by_number else dataset.classes.get(name, ())
            by_class = np.array([weights.get(each, 1.0) for each in names])
        case other:
            assert_never(other)
    return mean_weights(labels, by_class)


def mean_weights(labels: Held, weights: Array, piece: int = 64) -> Array:
    """The mean over the points of each sample of the weights of their classes. Labels are read in pieces."""
    found = np.empty(len(labels), np.float64)
    for begin in range(0, len(labels), piece):
        classes = labels[begin : begin + piece].astype(np.intp)
        found[begin : begin + piece] = weights[classes].reshape(len(classes), -1).mean(axis=1)
    return found

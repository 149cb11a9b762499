"""Arguments of `fit` in addition to the settings of `train { }`, with the names of `keras.Model.fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sqsem_dsl.backends.keras.batches import mean_weights, sample_weights
from sqsem_dsl.data.dataset import Array, Dataset
from sqsem_dsl.settings.train import TrainSettings


@dataclass(frozen=True, eq=False)
class Given:
    """Weights, order, steps and validation of a training; nothing by default."""

    sample_weight: Mapping[str, Array] = field(default_factory=dict)
    """By output: a weight for each training sample, or an array of weights for each."""
    class_weight: Mapping[int, float] = field(default_factory=dict)
    """Weights of classes, in place of those of the settings; the default weight of a class is 1."""
    shuffle: bool = True
    steps: int | None = None
    """Batches of an epoch; by default every sample is used once."""
    validation_weight: Mapping[str, Array] = field(default_factory=dict)
    """As `sample_weight`, of the validation samples."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of `keras.Model.fit`, which override those from the settings and the data."""

    def weights(self, train: TrainSettings, dataset: Dataset) -> dict[str, Array]:
        """The weights of the training samples by output: the given ones times those of their classes. Empty: all
        are 1."""
        by_class: Mapping[str, Array] = self._by_class(dataset) if self.class_weight else sample_weights(train, dataset)
        if not by_class and not self.sample_weight:
            return {}
        found = {}
        for name in dataset.outputs:
            ones = np.ones(len(dataset.train), np.float32)
            others = by_class.get(name, ones)
            own = self.sample_weight.get(name, np.ones_like(others))
            found[name] = np.asarray(own * others.reshape(-1, *(1,) * (own.ndim - 1)), np.float32)
        return found

    def _by_class(self, dataset: Dataset) -> dict[str, Array]:
        """The mean class weight over the points of a sample."""
        found = {}
        for name, labels in dataset.train.labels.items():
            counts = dataset.class_counts(name)
            largest = int(np.max(labels[:])) if counts is None else len(counts) - 1
            each = np.ones(max(largest, *self.class_weight) + 1, np.float32)
            for number, weight in self.class_weight.items():
                each[number] = weight
            found[name] = mean_weights(labels, each)
        return found

"""Samples into training, validation and test parts: the same for the same seed, and stratified where there are
classes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Dataset, Part
from sqsem_dsl.data.errors import DataError, TooFewSamples
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.spec.metrics import OutputFact

VALIDATION, TEST = 0.15, 0.15
LEAST = 3
"""The fewest samples that give each part one."""

Indices = NDArray[np.intp]


def split(name: str, outputs: Mapping[str, OutputFact], whole: Part, seed: int) -> Dataset:
    """70 % for training, 15 % for validation, 15 % for test, at least one sample each.

    Where an output has one class a sample, the parts have the classes in the proportions of the whole, as nearly as
    whole samples allow. Raises DataError for fewer than three samples.
    """
    samples = len(whole)
    if samples < LEAST:
        raise DataError([TooFewSamples(NOWHERE, name, samples, LEAST)])
    classes = _classes(outputs, whole.labels)
    generator = np.random.default_rng(seed)
    order = generator.permutation(samples)
    if classes is not None:
        order = _spread(classes, order)
    test, validation = max(1, round(samples * TEST)), max(1, round(samples * VALIDATION))
    ends = np.cumsum([test, validation])
    parts = [generator.permutation(part) for part in np.split(order, ends)]
    return Dataset(name, outputs, whole.take(parts[2]), whole.take(parts[1]), whole.take(parts[0]))


def _classes(outputs: Mapping[str, OutputFact], labels: Mapping[str, Array]) -> NDArray[np.int64] | None:
    """The classes of the first output that has one for each sample."""
    for name, fact in outputs.items():
        if fact.ending == "softmax" and len(fact.shape) == 1:
            return np.asarray(labels[name], np.int64)
        if fact.ending == "sigmoid" and fact.shape == (1,):
            return np.asarray(labels[name][:, 0], np.int64)
    return None


def _spread(classes: NDArray[np.int64], order: Indices) -> Indices:
    """The samples such that every stretch of the order has the classes in their proportions.

    The k-th of the n samples of a class (in the order given) comes at (k + 1/2) / n of the way.
    """
    place = np.empty(len(order))
    for number in np.unique(classes):
        members = order[classes[order] == number]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(place[order], kind="stable")]

"""Samples into training, validation and test parts: the same for the same seed, and stratified where there are
classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Dataset, Indices, Part
from sqsem_dsl.data.errors import DataError, TooFewSamples
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.spec.metrics import OutputFact

VALIDATION, TEST = 0.15, 0.15
LEAST = 3
"""The fewest samples that give each part one."""


@dataclass(frozen=True)
class Splitting:
    """How data are divided."""

    seed: int
    fraction: float = 1.0
    """The share of the training and the validation part that is used; the test part is always whole."""
    folds: int = 0
    """Parts of equal size, each of which is for validation once; 0: one validation part."""


def split(
    name: str, outputs: Mapping[str, OutputFact], whole: Part, splitting: Splitting, test: Part | None = None
) -> Dataset:
    """15 % for the test unless the data have a test part of their own, 15 % for validation, the rest for training; at
    least one sample each.

    Where an output has one class a sample, the parts have the classes in the proportions of the whole, as nearly as
    whole samples allow; so have a fraction of them, and folds. Raises DataError for too few samples.
    """
    samples = len(whole)
    least = LEAST if test is None else LEAST - 1
    if samples < least:
        raise DataError([TooFewSamples(NOWHERE, name, samples, least)])
    classes = _classes(outputs, whole.labels)
    generator = np.random.default_rng(splitting.seed)
    order = generator.permutation(samples)
    if classes is not None:
        order = _spread(classes, order)
    tested = max(1, round(samples * TEST)) if test is None else 0
    ends = np.cumsum([tested, max(1, round(samples * VALIDATION))])
    parts = [generator.permutation(part) for part in np.split(order, ends)]
    fronts = [_front(part, splitting.fraction) for part in np.split(order, ends)[1:]]
    own = whole.take(parts[0]) if test is None else test
    if splitting.folds:
        return _folded(name, outputs, whole.take(np.concatenate(fronts)), splitting.folds, own)
    if splitting.fraction < 1:
        parts[1:] = [generator.permutation(front) for front in fronts]
    return Dataset(name, outputs, whole.take(parts[2]), whole.take(parts[1]), own)


def _front(stretch: Indices, fraction: float) -> Indices:
    """A share of a stretch of the order, at least one sample: the front of one has the classes in their proportions."""
    return stretch[: max(1, round(len(stretch) * fraction))]


def _folded(name: str, outputs: Mapping[str, OutputFact], developed: Part, folds: int, test: Part) -> Dataset:
    """The data with so many folds, each a stretch of the order."""
    if len(developed) < folds:
        raise DataError([TooFewSamples(NOWHERE, name, len(developed), folds, "folds")])
    classes = _classes(outputs, developed.labels)
    order = np.arange(len(developed))
    if classes is not None:
        order = _spread(classes, order)
    parts = tuple(np.array_split(order, folds))
    return Dataset(name, outputs, developed, developed, test, developed, parts, number=-1).fold(0)


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

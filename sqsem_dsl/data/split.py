"""Splits samples into training, validation and test set: the same for the same seed, and stratified by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Array, Dataset, Indices, Part
from sqsem_dsl.data.errors import DataError, TooFewSamples
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

VALIDATION, TEST = 0.15, 0.15
MIN_PER_CLASS = 3
"""The fewest samples that give each part one."""


@dataclass(frozen=True)
class Splitting:
    """How data are divided."""

    seed: int
    fraction: float = 1.0
    """The share of the training and the validation set that is used; the test set is always whole."""
    folds: int = 0
    """Parts of equal size, each of which is the validation set once; 0: one validation set."""


def split(
    name: str, outputs: Mapping[str, OutputFact], whole: Part, splitting: Splitting, test: Part | None = None
) -> Dataset:
    """15 % for the test unless the data have a test set of their own, 15 % for validation, the rest for training; at
    least one sample each.

    Where an output has one class a sample, the parts have the classes in the proportions of the whole, as nearly as
    whole samples allow; so have a fraction of them, and folds. A class of few samples is in training, then in
    validation, then in the test set, as far as it has one for each. Raises DataError for too few samples.
    """
    samples = len(whole)
    least = MIN_PER_CLASS if test is None else MIN_PER_CLASS - 1
    if samples < least:
        raise DataError([TooFewSamples(NOWHERE, name, samples, least)])
    classes = _classes(outputs, whole.labels)
    generator = np.random.default_rng(splitting.seed)
    order = generator.permutation(samples)
    if classes is not None:
        order = _spread(classes, order)
    tested = max(1, round(samples * TEST)) if test is None else 0
    ends = np.cumsum([tested, max(1, round(samples * VALIDATION))])
    if classes is not None:
        end = int(ends[-1])
        order = _completed(classes, order, _wanted(tested, end, samples))
        if splitting.fraction < 1:  # of which the test part knows nothing
            wanted = _wanted(0, end - tested, samples - tested, splitting.fraction)
            order[tested:] = _completed(classes, order[tested:], wanted)
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


def _wanted(tested: int, end: int, samples: int, fraction: float = 1.0) -> tuple[slice, ...]:
    """The places in the order of what is used for training, for validation and, unless it comes with the data, for the
    test: what must not lack a class, first what must least. `end` is where the validation set ends.
    """
    train, validation = np.arange(end, samples), np.arange(tested, end)
    used = [slice(int(part[0]), int(part[0]) + len(_front(part, fraction))) for part in (train, validation)]
    return (*used, slice(0, tested)) if tested else tuple(used)


def _completed(classes: NDArray[np.int64], order: Indices, parts: tuple[slice, ...]) -> Indices:
    """The order with samples exchanged such that every part has one of each class, as far as there are enough."""
    order = order.copy()
    number_of_classes = int(classes.max()) + 1
    for at, part in enumerate(parts):
        counts = np.bincount(classes[order[part]], minlength=number_of_classes)
        for rare in np.flatnonzero((counts == 0) & (np.bincount(classes, minlength=number_of_classes) > 0)):
            own = classes[order[part]]
            often = int(np.bincount(own).argmax())
            giver = _giver(classes, order, parts, at, int(rare))
            if giver is not None and np.count_nonzero(own == often) > 1:
                place = part.start + int(np.flatnonzero(own == often)[-1])
                order[place], order[giver] = order[giver], order[place]
    return order


def _giver(classes: NDArray[np.int64], order: Indices, parts: tuple[slice, ...], needy: int, rare: int) -> int | None:
    """The place of a sample of a rare class that another part can do without: of what is in no part, else of the part
    that has most of it, else the only one of a part that needs it less.
    """
    places = np.flatnonzero(classes[order] == rare)
    inside = [[int(place) for place in places if part.start <= place < part.stop] for part in parts]
    spare = sorted(set(map(int, places)) - {place for held in inside for place in held})
    if spare:
        return spare[0]
    several = max(inside, key=len)
    if len(several) > 1:
        return several[-1]
    return next((held[0] for held in reversed(inside[needy + 1 :]) if held), None)


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

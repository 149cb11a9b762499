"""Splits samples into training, validation and test set: the same for the same seed, and stratified by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.cuts import cut_groups, forward_folds, group_folds, in_order
from sqsem_dsl.data.dataset import Dataset, Held, Indices, Loaded, Part, divisor
from sqsem_dsl.data.errors import DataError, TooFewSamples
from sqsem_dsl.data.errors_sets import GivenValidation, MixedNumbers, TooFewGroups
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

RANDOM, ORDERED = "random", "ordered"
VALIDATION, TEST = 0.15, 0.15
MIN_PER_CLASS = 3
"""The smallest number of samples that gives each part one."""


@dataclass(frozen=True)
class Splitting:
    """How data are split."""

    seed: int
    fraction: float = 1.0
    """The share of the training and the validation set that is used; sets that are given are always whole."""
    folds: int = 0
    """Parts of equal size, each of which is the validation set once; 0: one validation set."""
    group: str | None = None
    """The column or array with the group of each sample: samples of a group stay in one set and in one fold."""
    split: str = RANDOM
    """`random`, `ordered` (the first samples are for training, the last for the test), or a file of sets by id."""
    gap: int = 0
    """The number of unused samples between two sets that are split in order."""

    @property
    def by_file(self) -> bool:
        """Whether a file has the set of each sample."""
        return self.split not in (RANDOM, ORDERED)


def split(loaded: Loaded, outputs: Mapping[str, OutputFact], splitting: Splitting) -> Dataset:
    """15 % for the test unless a test set is given, 15 % for validation, the rest for training; at least one sample
    each. With a given validation set all samples are for training, and without a given test set there is none.

    If an output has one class per sample, the parts have the classes in the proportions of the whole, as closely as
    whole samples allow; so do folds and fractions. A rare class is in the training, then in the
    validation, then in the test set, as far as it has a sample for each. Samples of a group stay together, with
    classes in their proportions as far as groups allow. Samples in order are cut where they are, without regard to
    classes, and each fold validates on samples that come after those for training.

    Raises DataError for too few samples or groups, for sets of different types of numbers, and for folds of data with
    a given validation set.
    """
    _check_numbers(loaded)
    if loaded.validation is None and splitting.split == ORDERED:
        found = _in_order(loaded, outputs, splitting)
    elif loaded.validation is None and loaded.groups is not None:
        found = _by_groups(loaded, loaded.groups, outputs, splitting)
    elif loaded.validation is None:
        found = _at_random(loaded.name, outputs, loaded.part, splitting, loaded.test)
    elif splitting.folds:
        raise DataError([GivenValidation(NOWHERE, loaded.name)])
    else:
        train = _thinned(outputs, loaded.part, splitting)
        found = Dataset(loaded.name, outputs, train, loaded.validation, loaded.test)
    return replace(found, class_names=loaded.class_names, columns=loaded.columns, label_columns=loaded.label_columns)


def _check_numbers(loaded: Loaded) -> None:
    """Raises DataError if an input is divided by another number in one of the given sets."""
    sets = [part for part in (loaded.part, loaded.validation, loaded.test) if part is not None]
    mixed = [name for name in loaded.part.inputs if len({divisor(part.inputs[name]) for part in sets}) > 1]
    if mixed:
        raise DataError(MixedNumbers(NOWHERE, loaded.name, name) for name in mixed)


def _thinned(outputs: Mapping[str, OutputFact], whole: Part, splitting: Splitting) -> Part:
    """The requested fraction of a training set that is not split, in a random order."""
    classes = _classes(outputs, whole.labels)
    generator = np.random.default_rng(splitting.seed)
    order = generator.permutation(len(whole))
    if classes is not None:
        order = _spread(classes, order)
        order = _completed(classes, order, _wanted(0, 0, len(whole), splitting.fraction))
    return whole.take(generator.permutation(_front(order, splitting.fraction)))


def _in_order(loaded: Loaded, outputs: Mapping[str, OutputFact], splitting: Splitting) -> Dataset:
    """A fraction keeps the training samples that come last, and the first ones for validation."""
    name, whole, fraction = loaded.name, loaded.part, splitting.fraction
    samples = len(whole)
    tested = max(1, round(samples * TEST)) if loaded.test is None else 0
    validated = max(1, round(samples * VALIDATION))
    train, validation, test = in_order(name, samples, validated, tested, splitting.gap)
    own = whole.take(test) if loaded.test is None else loaded.test
    if splitting.folds:
        developed = whole.take(_back(np.arange(validation[-1] + 1), fraction))
        pairs = forward_folds(name, len(developed), splitting.folds, splitting.gap)
        before, folds = zip(*pairs, strict=True)
        return Dataset(name, outputs, developed, developed, own, developed, folds, before, number=-1).fold(0)
    train, validation = _back(train, fraction), _front(validation, fraction)
    return Dataset(name, outputs, whole.take(train), whole.take(validation), own)


def _by_groups(
    loaded: Loaded, groups: tuple[str, ...], outputs: Mapping[str, OutputFact], splitting: Splitting
) -> Dataset:
    name, whole, seed = loaded.name, loaded.part, splitting.seed
    count, least = len(set(groups)), (splitting.folds or 2) + (loaded.test is None)
    if count < least:
        raise DataError([TooFewGroups(NOWHERE, name, count, least)])
    classes = _classes(outputs, whole.labels)
    generator = np.random.default_rng(seed)

    def cut(among: Indices, share: float) -> tuple[Indices, Indices]:
        own = None if classes is None else classes[among]
        rest, chosen = cut_groups(name, [groups[at] for at in among], own, share * len(whole) / len(among), seed)
        return among[rest], among[chosen]

    def used(positions: Indices) -> Indices:
        order = generator.permutation(len(positions))
        order = order if classes is None else _spread(classes[positions], order)
        return positions[_front(order, splitting.fraction)]

    rest, own = np.arange(len(whole)), loaded.test
    if own is None:
        rest, tested = cut(rest, TEST)
        own = whole.take(generator.permutation(tested))
    if splitting.folds:
        rest = used(rest)
        developed = whole.take(rest)
        folded = None if classes is None else classes[rest]
        folds = group_folds(name, [groups[at] for at in rest], folded, splitting.folds, seed)
        return Dataset(name, outputs, developed, developed, own, developed, folds, number=-1).fold(0)
    train, validation = map(used, cut(rest, VALIDATION))
    return Dataset(name, outputs, whole.take(train), whole.take(validation), own)


def _at_random(
    name: str, outputs: Mapping[str, OutputFact], whole: Part, splitting: Splitting, test: Part | None
) -> Dataset:
    """Cuts the validation set, and the test set unless it is given, from the samples."""
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
        if splitting.fraction < 1:  # a fraction leaves the test set as it is
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
    """A share of a range of the order, at least one sample: its front, which keeps the proportions of the classes."""
    return stretch[: max(1, round(len(stretch) * fraction))]


def _back(stretch: Indices, fraction: float) -> Indices:
    """A share of positions, at least one: the last ones."""
    return stretch[-max(1, round(len(stretch) * fraction)) :]


def _wanted(tested: int, end: int, samples: int, fraction: float = 1.0) -> tuple[slice, ...]:
    """The ranges of the order that are used for training, for validation and, unless it comes with the data, for the
    test: the most important first, as each should contain every class. `end` is where the validation set ends.
    """
    train, validation = np.arange(end, samples), np.arange(tested, end)
    parts = [part for part in (train, validation) if len(part)]
    used = [slice(int(part[0]), int(part[0]) + len(_front(part, fraction))) for part in parts]
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
    """The position of a sample of a rare class to exchange: one in no part, else one in the part that has most of
    them, else the only one of a less important part.
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
    """The data with this number of folds, each a range of the order."""
    if len(developed) < folds:
        raise DataError([TooFewSamples(NOWHERE, name, len(developed), folds, "folds")])
    classes = _classes(outputs, developed.labels)
    order = np.arange(len(developed))
    if classes is not None:
        order = _spread(classes, order)
    parts = tuple(np.array_split(order, folds))
    return Dataset(name, outputs, developed, developed, test, developed, parts, number=-1).fold(0)


def _classes(outputs: Mapping[str, OutputFact], labels: Mapping[str, Held]) -> NDArray[np.int64] | None:
    """The classes of the first output that has one class for each sample."""
    for name, fact in outputs.items():
        if fact.ending == "softmax" and len(fact.shape) == 1:
            return np.asarray(labels[name][:], np.int64)
        if fact.ending == "sigmoid" and fact.shape == (1,):
            return np.asarray(labels[name][:][:, 0], np.int64)
    return None


def _spread(classes: NDArray[np.int64], order: Indices) -> Indices:
    """The samples in an order in which every range has the classes in their proportions.

    The k-th of the n samples of a class (in the order given) has the relative position (k + 1/2) / n.
    """
    place = np.empty(len(order))
    for number in np.unique(classes):
        members = order[classes[order] == number]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(place[order], kind="stable")]

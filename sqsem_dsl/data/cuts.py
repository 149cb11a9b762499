"""Cuts of samples that are in order, and of samples in groups, as positions.

The folds are those of scikit-learn: `TimeSeriesSplit` and `StratifiedGroupKFold`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Indices
from sqsem_dsl.data.errors import DataError, MissingDataPackage, TooFewSamples
from sqsem_dsl.data.errors_sets import GapTooLong, TooFewGroups
from sqsem_dsl.diagnostics.source import NOWHERE

Classes = NDArray[np.int64]


def in_order(data: str, samples: int, validation: int, test: int, gap: int) -> tuple[Indices, Indices, Indices]:
    """The first samples for training, then `validation` samples, then `test` samples, with `gap` unused samples
    between two sets. Raises DataError if nothing is left for training.
    """
    tested = samples - test
    validated = tested - (gap if test else 0)
    trained = validated - validation - gap
    if trained < 1:
        raise DataError([GapTooLong(NOWHERE, data, samples, gap)])
    return np.arange(trained), np.arange(validated - validation, validated), np.arange(tested, samples)


def forward_folds(data: str, samples: int, folds: int, gap: int) -> list[tuple[Indices, Indices]]:
    """The training and the validation set of each fold: in each, all samples that come before its validation set and
    the gap are for training. Raises DataError for too few samples.
    """
    selection = _library(data)
    try:
        return list(selection.TimeSeriesSplit(n_splits=folds, gap=gap).split(np.zeros(samples)))
    except ValueError:  # more folds than samples, or no sample before a gap
        if gap:
            raise DataError([GapTooLong(NOWHERE, data, samples, gap)]) from None
        raise DataError([TooFewSamples(NOWHERE, data, samples, folds + 1, "folds")]) from None


def cut_groups(
    data: str, groups: Sequence[str], classes: Classes | None, share: float, seed: int
) -> tuple[Indices, Indices]:
    """The positions that stay, and those that are cut: whole groups with about this share of the samples, and of each
    class.

    Scikit-learn has no stratified cut of groups, only folds: the cut is the fold that is nearest to the share.
    """
    folds = group_folds(data, groups, classes, min(round(1 / share), len(set(groups))), seed)
    each = classes if classes is not None else np.zeros(len(groups), np.int64)
    wanted = share * np.bincount(each)
    cut = min(folds, key=lambda fold: float(np.abs(np.bincount(each[fold], minlength=len(wanted)) - wanted).sum()))
    return np.setdiff1d(np.arange(len(groups)), cut), cut


def group_folds(
    data: str, groups: Sequence[str], classes: Classes | None, folds: int, seed: int
) -> tuple[Indices, ...]:
    """The validation sets of folds of whole groups, with the classes in their proportions as far as groups allow.

    Raises DataError for fewer groups than folds.
    """
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < folds:
        raise DataError([TooFewGroups(NOWHERE, data, len(names), folds, "folds")])
    splitter = _library(data).StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    each = classes if classes is not None else np.zeros(len(codes), np.int64)
    if np.bincount(each).max() < folds:  # the splitter refuses classes that are all smaller than the number of folds
        each = np.zeros(len(codes), np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about rare classes, which are reported before the search
        found = tuple(fold for _, fold in splitter.split(np.zeros(len(codes)), each, codes))
        if all(map(len, found)):
            return found
        # Groups of one class each may leave a fold without samples. Without classes, no fold is empty.
        alike = np.zeros(len(codes), np.int64)
        return tuple(fold for _, fold in splitter.split(alike, alike, codes))


def _library(data: str) -> Any:
    try:
        from sklearn import model_selection
    except ModuleNotFoundError:
        install = "pip install scikit-learn"
        raise DataError([MissingDataPackage(NOWHERE, data, "scikit-learn", install, "are split with")]) from None
    return model_selection

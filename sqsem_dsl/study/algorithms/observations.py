"""The finished trials of a search as arrays, in the order of their ends: what a surrogate is fitted to.

Features and costs of a trial are computed when they are first needed: a process is fitted to few of many trials.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sqsem_dsl.study.algorithms.coded_tree import Code
from sqsem_dsl.study.algorithms.features import Features
from sqsem_dsl.study.algorithms.gaussian_process import Array

Indices: TypeAlias = npt.NDArray[np.intp]


class Observations:
    """Codes, losses and lengths of trials, and the features of some of them."""

    def __init__(self, features: Features, objectives: int) -> None:
        self.features = features
        self.codes: list[Code] = []
        self.completed = 0
        """The number of trials that did not fail."""
        self._results = np.empty((64, objectives + 1))
        """For each trial its losses, NaN if it failed, and its share of the planned epochs."""
        self._known: dict[int, tuple[Array, Array, Array]] = {}
        """The groups of features of the trials that were needed lately."""

    def __len__(self) -> int:
        return len(self.codes)

    def add(self, code: Code, losses: tuple[float, ...] | None, share: float) -> None:
        """A trial has ended. `losses` has one for each objective, or is None if it failed; `share` is the part of its
        planned epochs after which it was stopped, 1 if it was not."""
        if len(self.codes) == len(self._results):
            self._results = np.concatenate([self._results, np.empty_like(self._results)])
        *_, objectives = self._results.shape
        self._results[len(self.codes)] = (*(losses or (np.nan,) * (objectives - 1)), share)
        self.codes.append(code)
        self.completed += losses is not None

    def losses(self, count: int) -> Array:
        """The losses of the first `count` trials, a row for each and NaN if it failed."""
        found: Array = self._results[:count, :-1]
        return found

    def lengths(self, several: Indices) -> Array:
        """The logarithms of the shares of trials, as one column."""
        found: Array = np.log(self._results[several, -1:])
        return found

    def groups(self, several: Indices) -> list[Array]:
        """The groups `choices`, `pooled` and `costs` of trials."""
        numbers = several.tolist()
        found = {number: self._known[number] for number in numbers if number in self._known}
        fresh = [number for number in numbers if number not in found]
        if fresh:
            codes = [self.codes[number] for number in fresh]
            found.update(
                zip(fresh, zip(*self.features.of(codes), self.features.costs(codes), strict=True), strict=True)
            )
        self._known |= found
        if len(self._known) > 4 * len(numbers) + 1_000:
            self._known = found
        return [np.array(group) for group in zip(*(found[number] for number in numbers), strict=True)]


def selected(gains: Array, most: int) -> Indices:
    """The positions of at most so many trials: the best, and the latest of the others."""
    everything = np.arange(len(gains))
    if len(gains) <= most:
        return everything
    best = np.argsort(-gains, kind="stable")[: most // 2]
    latest = everything[~np.isin(everything, best)][-(most - most // 2) :]
    return np.sort(np.concatenate([best, latest]))

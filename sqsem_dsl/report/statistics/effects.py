"""The effect of each option of a choice on the score, all else being equal, with 95 % intervals.

Intervals are checked by simulation: `benchmarks/effect_intervals.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.statistics.answer import Effect, Verdict
from sqsem_dsl.report.statistics.design import Design, Factor, Flags, Floats, Integers
from sqsem_dsl.report.statistics.mixed_model import Fitted, Variances, explained, fitted, quantile, variances

MIN_TRIALS = 5
"""The minimum number of completed trials with an option, and without it, for an answer."""
MAX_CORRELATION = 0.95
"""The correlation with an option of another choice above which the trials cannot separate the two."""
MODEL = (
    "Differences are from a linear mixed model: the choice in question is free, all others are shrunk by one common "
    "amount, found by restricted maximum likelihood. In synthetic studies of random trials its 95 % intervals "
    "contained the truth in 92 to 98 of 100 cases."
)


def pools(factors: Sequence[Factor]) -> Mapping[Path, tuple[Factor, ...]]:
    """Choices of a repeat with the same options, by their pooled path, if there are two or more."""
    found: dict[Path, list[Factor]] = {}
    for factor in factors:
        if (path := factor.at.pooled) != factor.at:
            found.setdefault(path, []).append(factor)
    return {
        path: tuple(alike)
        for path, alike in found.items()
        if len(alike) > 1 and all(f.options == alike[0].options for f in alike)
    }


@dataclass(frozen=True)
class Effects:
    """Computes differences; shared intermediate results are computed once."""

    design: Design

    @cached_property
    def fit(self) -> float | None:
        """R² in unseen trials (`mixed_model.explained`); None if there are too few, or all scores are equal."""
        if self._variances is None or len(self.design.scores) < 2 * MIN_TRIALS:
            return None
        return explained(self.design.scores, self._fixed, self._others(()), self._variances)

    def of(self, factor: Factor) -> tuple[Effect, ...]:
        """The effect of each option except the reference at one place."""
        return self._of(factor.at, False, (factor,))

    def of_pool(self, path: Path, factors: Sequence[Factor]) -> tuple[Effect, ...]:
        """The effect of each option except the reference, averaged over places with weights from their trials."""
        return self._of(path, True, factors)

    # ---- implementation

    @cached_property
    def _fixed(self) -> Floats:
        """The mean, and the columns that are not choices."""
        return np.concatenate([np.ones((len(self.design.scores), 1)), self.design.nuisance], axis=1)

    @cached_property
    def _columns(self) -> Mapping[str, Floats]:
        return {factor.path: factor.columns() for factor in self.design.varying}

    def _others(self, free: Sequence[Factor]) -> Floats:
        """[trials, columns]: the columns of all choices except these."""
        without = {factor.path for factor in free}
        found = [columns for path, columns in self._columns.items() if path not in without]
        return np.concatenate([np.zeros((len(self.design.scores), 0)), *found], axis=1)

    @cached_property
    def _variances(self) -> Variances | None:
        if len(self.design.scores) < 2:
            return None
        return variances(self.design.scores, self._fixed, self._others(()))

    def _of(self, path: Path, pooled: bool, factors: Sequence[Factor]) -> tuple[Effect, ...]:
        plain = factors[0].plain_option
        columns: list[Floats] = []
        at: dict[tuple[int, int], int] = {}
        """By factor and option, the column."""
        for i, factor in enumerate(factors):
            counts = factor.counts()
            for option, count in enumerate(counts):
                if option != plain and count and counts[plain]:
                    at[i, option] = self._fixed.shape[1] + len(columns)
                    columns.append(factor.indicator(option))
        found = self._fitted(factors, columns)
        effects = []
        for option in range(len(factors[0].options)):
            if option == plain:
                continue
            weights = np.zeros(self._fixed.shape[1] + len(columns))
            for i, factor in enumerate(factors):
                if (i, option) in at and self._separated(factor, option, plain):
                    counts = factor.counts()
                    weights[at[i, option]] = counts[option] * counts[plain] / (counts[option] + counts[plain])
            known = found if self._enough(factors, option, plain) else None
            effects.append(self._effect(path, pooled, factors, option, plain, known, weights))
        return tuple(effects)

    def _fitted(self, factors: Sequence[Factor], columns: Sequence[Floats]) -> Fitted | None:
        """The model in which these choices are free; None if there is nothing to fit."""
        if not columns or len(self.design.scores) < 2 * MIN_TRIALS:
            return None
        fixed = np.concatenate([self._fixed, np.stack(columns, axis=1)], axis=1)
        if fixed.shape[1] + 2 > len(fixed):
            return None
        if self._variances is None:  # All scores are equal.
            size = fixed.shape[1]
            none = np.zeros((size, len(fixed)))
            return Fitted(np.zeros(size), np.zeros((size, size)), none, none[0], 1.0)
        return fitted(self.design.scores, fixed, self._others(factors), self._variances)

    def _enough(self, factors: Sequence[Factor], option: int, plain: int) -> bool:
        """Whether the trials separate the option from the reference, and from the other variation."""
        selected = self._selected(factors)
        if min(_trials(selected, option), _trials(selected, plain)) < MIN_TRIALS:
            return False
        return any(self._separated(factor, option, plain) for factor in factors)

    def _separated(self, factor: Factor, option: int, plain: int) -> bool:
        """Whether the trials separate the option at one place from every option of another choice."""
        both = (factor.selected == option) | (factor.selected == plain)
        mine = (factor.selected[both] == option).astype(float)
        return not any(
            _correlation(mine, other.indicator(at)[both]) > MAX_CORRELATION
            for other in self.design.varying
            if other.path != factor.path
            for at in range(len(other.options))
        )

    def _effect(
        self,
        at: Path,
        pooled: bool,
        factors: Sequence[Factor],
        option: int,
        plain: int,
        found: Fitted | None,
        weights: Floats,
    ) -> Effect:
        selected = self._selected(factors)
        difference = low = high = None
        verdict: Verdict = "not enough trials"
        if found is not None and weights.any():
            weights = weights / weights.sum()
            difference = float(weights @ found.means)
            half = quantile(found.freedom) * math.sqrt(max(found.variance(weights), 0.0))
            low, high = difference - half, difference + half
            verdict = self._verdict(low, high)
        return Effect(
            at=at,
            pooled=pooled,
            option=factors[0].options[option],
            against=factors[0].options[plain],
            trials_with=_trials(selected, option),
            trials_without=_trials(selected, plain),
            mean_with=self._mean(selected == option),
            mean_without=self._mean(selected == plain),
            difference=difference,
            low=low,
            high=high,
            verdict=verdict,
        )

    def _verdict(self, low: float, high: float) -> Verdict:
        if low <= 0.0 <= high:
            return "no significant difference"
        return "better" if self.design.sign * low > 0.0 else "worse"

    def _selected(self, factors: Sequence[Factor]) -> Integers:
        """[places, trials]"""
        return np.stack([factor.selected for factor in factors])

    def _mean(self, which: Flags) -> float | None:
        """The mean score of trials, each counted as often as it is in [places, trials]."""
        times = which.sum(axis=0)
        return float(times @ self.design.scores / times.sum()) if times.any() else None


def _trials(selected: Integers, option: int) -> int:
    """The number of trials that have an option at some place."""
    return int(np.sum((selected == option).any(axis=0)))


def _correlation(one: Floats, other: Floats) -> float:
    spread = float(one.std() * other.std())
    return 0.0 if spread < 1e-12 else abs(float(np.mean((one - one.mean()) * (other - other.mean())))) / spread

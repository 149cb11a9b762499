"""Boosted trees over the choices: the forest from which importance and interactions are computed.

J. Friedman, Annals of Statistics 29 (2001) 1189. Compared with random forests and extremely randomized trees on studies
with a known truth, boosted trees explain more of unseen trials and separate true interactions better from chance.

An inactive choice of a trial gets one of its options at random, as in a flat list of hyperparameters: a mark for "not
there" would reveal the number of blocks in every such column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sqsem_dsl.report.statistics.design import Design, Factor, Floats, Integers

TREES = 200
FOLDS = 5
MIN_TRIALS = 20
"""Trials below which no forest is trained."""
SEED = 7


@dataclass(frozen=True)
class Forest:
    """Forests of one table; the same table gives the same ones."""

    design: Design

    @property
    def possible(self) -> bool:
        """Whether there are enough trials, with different scores, and choices that vary."""
        scores = self.design.scores
        return len(scores) >= MIN_TRIALS and bool(self.design.varying) and float(np.ptp(scores)) > 0.0

    @cached_property
    def table(self) -> Floats:
        """[trials, choices that vary]: positions of options, or positions in intervals."""
        generator = np.random.default_rng(SEED)
        return np.stack([_coded(factor, generator) for factor in self.design.varying], axis=1)

    @cached_property
    def whole(self) -> Any:
        """The forest of all trials."""
        return self.grown(self.table, self.design.scores)

    def folds(self) -> Iterator[tuple[Any, Integers]]:
        """Forests of all trials except a part, each with the numbers of the trials in that part."""
        shuffled = np.random.default_rng(SEED).permutation(len(self.design.scores))
        for part in np.array_split(shuffled, FOLDS):
            others = np.setdiff1d(shuffled, part)
            yield self.grown(self.table[others], self.design.scores[others]), part

    def grown(self, table: Floats, scores: Floats) -> Any:
        """Trees of a part of the table."""
        from sklearn.ensemble import GradientBoostingRegressor

        trees = GradientBoostingRegressor(
            n_estimators=TREES, learning_rate=0.05, max_depth=3, subsample=0.5, random_state=SEED
        )
        return trees.fit(table, scores)


def _coded(factor: Factor, generator: np.random.Generator) -> Floats:
    known = factor.selected.astype(float) if factor.place is None else factor.place
    return np.where(factor.exists, known, generator.choice(known[factor.exists], len(known)))

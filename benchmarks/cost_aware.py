"""An experiment: sqsem's `bayesian`, with the expected improvement of a candidate divided by its predicted seconds.

The seconds of a training are predicted by ridge regression of their logarithm on those of the parameters, MACs and
largest tensor, which are known before training. Before `MEASURED` trainings there is no prediction, and the algorithm
is `bayesian`. wall_time.py compares both; docs/algorithms.md has the result.

Source: J. Snoek, H. Larochelle, R. P. Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", NeurIPS
2012, section 3.2 (expected improvement per second).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

import numpy as np
from tasks import Step, Table
from training_seconds import Seconds

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal
from sqsem_dsl.study.algorithms.bayesian import BayesianAlgorithm
from sqsem_dsl.study.algorithms.coded_tree import Code
from sqsem_dsl.study.algorithms.gaussian_process import Array

MEASURED = 10
"""Trainings before the first prediction."""
RIDGE = 1.0
"""The weight of the squared coefficients, of features in standard deviations."""


class PerSecond(BayesianAlgorithm):
    """`bayesian` that also learns the time of its trainings."""

    measured: list[tuple[Code, float]]
    """Trainings that ended, each with its seconds."""

    def time(self, choices: Assignment, seconds: float) -> None:
        """A training of these choices took so long."""
        self.measured.append((self.proposals.coded.encode(choices), seconds))

    def _beliefs(self, pool: Sequence[Code]) -> Array:
        """Both steps that choose candidates multiply their expected improvement by these weights."""
        weights = super()._beliefs(pool)
        if len(self.measured) < MEASURED:
            return weights
        return weights / self._predicted(pool)

    def _predicted(self, pool: Sequence[Code]) -> Array:
        """The seconds that a training of each candidate is expected to take."""
        codes, seconds = zip(*self.measured, strict=True)
        known, asked = self._features.costs(codes), self._features.costs(pool)
        middle, spread = known.mean(axis=0), np.maximum(known.std(axis=0), 1e-3)
        known, asked = (known - middle) / spread, (asked - middle) / spread
        logs = np.log(np.array(seconds))
        slopes = np.linalg.solve(known.T @ known + RIDGE * np.eye(3), known.T @ (logs - logs.mean()))
        # A candidate that breaks a rule has no costs; no prediction is outside the measured times by more than twofold.
        bounds = logs.min() - np.log(2), logs.max() + np.log(2)
        predicted: Array = np.exp(np.clip(asked @ slopes + logs.mean(), *bounds))
        return predicted


def per_second_search(
    table: Table, seconds: Seconds, trainings: int, seed: int, *, until_best: bool = True
) -> list[Step]:
    """A search until its trainings have taken as long as so many of mean length, or, with `until_best`, until it has
    found the best network: nothing after that changes its best score. `seconds` are those of each network."""
    asked = PerSecond(table.space, (table.task.goal,), initial=None, trials=trainings, seed=seed, epochs=None)
    asked.measured = []
    steps: list[Step] = []
    left, best = trainings * mean(seconds), table.task.best(table.scores)
    while left > 0 and not (until_best and best in map(table.score, steps)):
        number = len(steps) + 1
        match asked.ask(number):
            case Proposal(architecture=architecture):
                steps.append(Step(table.numbers[architecture.id]))
                asked.tell(number, (table.score(steps[-1]),))
                asked.time(architecture.choices, seconds[steps[-1].number])
                left -= seconds[steps[-1].number]
            case Exhausted():
                break
    return steps

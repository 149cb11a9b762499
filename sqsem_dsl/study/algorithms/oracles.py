"""KerasTuner's Bayesian optimization, without repeated proposals or proposals outside rules and budgets.

It selects the best confidence bound among untried configurations, random ones and neighbors of the best, instead of the
best point of a box, which may be one that was tried or that breaks a rule; it fits at most `MOST` trials, so that the
time of a proposal does not grow with the search, and for several objectives it uses new weights for each trial
(J. Knowles, "ParEGO", IEEE Transactions on Evolutionary Computation 10(1), 2006).

Proposals depend only on the seed, the number of the trial, and the trials started and finished before: no random
generator and no model of an earlier proposal is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any
from warnings import catch_warnings, simplefilter

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import TrialStatus
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.kerastuner.hyperparameters import Declarations
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.options import TRIALS

POOL = 300
"""Untried configurations from which Bayesian optimization selects, and as many near the best trials."""
MOST = 300
"""Trials that a Gaussian process is fitted to: half of them the best ones, the others the latest."""
AUGMENTED = 0.05
"""The weight of the weighted sum in ParEGO's scalar, from Knowles."""


class BayesianOracle(keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """KerasTuner's Gaussian process over the declared choices; candidates are configurations, not points of a box."""

    def __init__(self, space: Searchable, *, seed: int, epochs: int | None = None, **arguments: Any) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        # KerasTuner treats a seed of 0 as none.
        super().__init__(seed=seed + 1, max_consecutive_failed_trials=math.inf, **arguments)
        self.proposals = Proposals(space, seed, epochs)
        self.declarations = Declarations.of(space.choices)
        self.losses: dict[str, tuple[float, ...]] = {}
        """By trial id, a loss for each objective, if there are several."""
        self._vectors: dict[str, list[float]] = {}

    @property
    def ended(self) -> str | None:
        return self.proposals.ended

    def declare(self) -> None:
        """Adds every choice of the space to the oracle's hyperparameters. No model is built."""
        hp = self.get_space()
        self.declarations.declare(hp)
        self.update_space(hp)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        return self.choose(trial_id)

    def loss(self, trial: Any) -> tuple[float, ...]:
        """The loss of a completed trial, for each objective."""
        return self.losses[trial.trial_id]

    def choose(self, trial_id: str) -> dict[str, Any]:
        number = int(trial_id)
        completed = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        dimensions = len(self.declarations.items)
        # KerasTuner's own number, three for each dimension, would make a short search entirely random.
        initial = self.num_initial_points or max(3, min(3 * dimensions, (self.max_trials or 30) // 3))
        if len(completed) < initial:
            return self._given(self.proposals.by_choice(number))
        y = self._to_lessen(completed, number)
        best = np.argsort(y, kind="stable")
        near = [self.declarations.decode(completed[i].hyperparameters.values) for i in best[:5]]
        pool = self.proposals.pool(number, POOL, near)
        if pool:
            fitted = np.arange(len(completed))
            if len(completed) > MOST:
                latest = fitted[~np.isin(fitted, best[: MOST // 2])][-(MOST - MOST // 2) :]
                fitted = np.sort(np.concatenate([best[: MOST // 2], latest]))
            self._fit([completed[i] for i in fitted], y[fitted])
            vectors = np.array([self._vector(self.declarations.encode(choices)) for choices in pool])
            mean, deviation = self.gpr.predict(vectors, return_std=True)
            for index in np.argsort(mean - self.beta * deviation, kind="stable"):
                if self.proposals.fresh(pool[index]):
                    return self._given(pool[index])
        return self._given(self.proposals.by_choice(number))

    def _given(self, choices: Assignment | None) -> dict[str, Any]:
        """The values KerasTuner expects. If nothing is left, the search ends even if trials are running."""
        if choices is None:
            return {"status": TrialStatus.STOPPED, "values": None}
        return {"status": TrialStatus.RUNNING, "values": self.declarations.encode(choices)}

    def _to_lessen(self, completed: list[Any], number: int) -> Any:
        """One number for each trial: its loss, or for several objectives a weighted combination with weights from the
        number."""
        losses = np.array([self.loss(trial) for trial in completed])
        goals = losses.shape[1]
        if goals == 1:
            return losses[:, 0]
        random = Random(f"{self.proposals.seed}/{number}/weights")
        weights = np.array([random.expovariate(1.0) for _ in range(goals)])  # uniform on the simplex, after scaling
        span = np.ptp(losses, axis=0)
        scaled = (losses - losses.min(axis=0)) / np.where(span > 0, span, 1.0) * (weights / weights.sum())
        return scaled.max(axis=1) + AUGMENTED * scaled.sum(axis=1)

    def _fit(self, trials: list[Any], y: Any) -> None:
        """Fits the process to the finished trials, and to the running ones with a result slightly worse than
        expected."""
        self.gpr = self._make_gpr()
        x = np.array([self._trial_vector(trial) for trial in trials])
        with catch_warnings():
            # A kernel length at an end of its range is not worth a warning.
            simplefilter("ignore", ConvergenceWarning)
            self.gpr.fit(x, y)
        running = list(self.ongoing_trials.values())
        if not running:
            return
        others = np.array([self._trial_vector(trial) for trial in running])
        mean, deviation = self.gpr.predict(others, return_std=True)
        # The kernel is kept: a few assumed values do not justify fitting another.
        self.gpr = GaussianProcessRegressor(self.gpr.kernel_, alpha=self.alpha, optimizer=None, normalize_y=True)
        self.gpr.fit(np.concatenate([x, others]), np.concatenate([y, mean + deviation]))

    def _trial_vector(self, trial: Any) -> list[float]:
        if trial.trial_id not in self._vectors:
            self._vectors[trial.trial_id] = self._vector(trial.hyperparameters.values)
        return self._vectors[trial.trial_id]

    def _vector(self, values: Mapping[str, Any]) -> list[float]:
        """The positions of values, from 0 to 1 in each dimension; inactive ones at their default, as in KerasTuner."""
        return [hp.value_to_prob(values.get(hp.name, hp.default)) for hp in self._nonfixed_space()]


def bayesian(space: Searchable, goal: Goal, *, trials: int | None, **arguments: Any) -> BayesianOracle:
    """The oracle for a search of that many trials."""
    objective = keras_tuner.Objective(goal.metric, goal.direction)
    return BayesianOracle(space, objective=objective, max_trials=trials or TRIALS, **arguments)

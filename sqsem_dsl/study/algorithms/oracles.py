"""KerasTuner's oracles for a space, without repeated proposals or proposals outside rules and budgets.

The algorithms are KerasTuner's. The differences are the source of values (`Proposals`), and:

- random search covers a space and then ends with a message, instead of giving up after 20 collisions;
- hyperband has its own module (`study.algorithms.hyperband`);
- Bayesian optimization selects the best confidence bound among untried configurations, random ones and neighbors of
  the best, instead of the best point of a box, which may be one that was tried or that breaks a rule; it fits at most
  `MOST` trials, so that the time of a proposal does not grow with the search, and for several objectives it uses new
  weights for each trial (J. Knowles, "ParEGO", IEEE Transactions on Evolutionary Computation 10(1), 2006);
- regularized evolution is added (Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search");
- a score that is not finite is a failure, a failed trial is never among the best, and failures do not end a search
  unless there was no success at all.

Proposals depend only on the seed, the number of the trial, and the trials started and finished before: no random
generator and no model of an earlier proposal is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import groupby, islice
from random import Random
from time import monotonic
from typing import Any, Literal
from warnings import catch_warnings, simplefilter

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import TrialStatus
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor

from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.conditions import hyperparameter
from sqsem_dsl.study.algorithms.evolution import best_of_sample, random_ones
from sqsem_dsl.study.algorithms.protocols import Searchable, Values

MAX_INITIAL_FAILURES = 10
"""So many failures at the start, without a success, end a search: the eleventh trial would fail as well."""
POOL = 300
"""Untried configurations from which Bayesian optimization selects, and as many near the best trials."""
MOST = 300
"""Trials that a Gaussian process is fitted to: half of them the best ones, the others the latest."""
AUGMENTED = 0.05
"""The weight of the weighted sum in ParEGO's scalar, from Knowles."""


class SpaceOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """The common base of all oracles of a space; comes before KerasTuner's class in the bases."""

    in_order = False
    """Whether values come in the order of the space."""

    def __init__(
        self, space: Searchable, *, seed: int, hours: float | None = None, epochs: int | None = None, **arguments: Any
    ) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        # KerasTuner treats a seed of 0 as none.
        super().__init__(seed=seed + 1, max_consecutive_failed_trials=math.inf, **arguments)
        self.proposals = Proposals(space, seed, epochs)
        self.losses: dict[str, tuple[float, ...]] = {}
        """By trial id, a loss for each objective, if there are several."""
        self.stopped: str | None = None
        """Why no further trial was started, unless the space or the number of trials was exhausted."""
        self.reasons: dict[str, str] = {}
        """Trial ids to error messages, one line each."""
        self._hours = hours
        self._begun: float | None = None

    @property
    def ended(self) -> str | None:
        return self.stopped or self.proposals.ended

    def declare(self) -> None:
        """Adds every choice of the space to the oracle's hyperparameters. No model is built."""
        hp = self.get_space()
        self.proposals.declarations.declare(hp, hyperparameter)
        self.update_space(hp)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        now = monotonic()
        self._begun = now if self._begun is None else self._begun
        if self._hours is not None and now - self._begun > self._hours * 3600:
            self.stopped = f"the time limit of {self._hours:g} hours is reached"
        if self.stopped is not None:
            return _given(None)
        return self.choose(trial_id)

    def choose(self, trial_id: str) -> dict[str, Any]:
        """The algorithm's answer, for a trial whose id is its number from 0."""
        raise NotImplementedError

    def loss(self, trial: Any) -> tuple[float, ...]:
        """The loss of a completed trial, for each objective."""
        if trial.trial_id in self.losses:
            return self.losses[trial.trial_id]
        return (-trial.score if self.objective.direction == "max" else trial.score,)

    def needed(self) -> set[str]:
        """The ids of the trials that others may still continue, or are continuing."""
        return set()

    def place(self, trial_id: str, values: Mapping[str, Any], memo: Mapping[str, Any]) -> None:
        """Records that `choose` returned these values. `memo`: the result of `placed` for them."""

    def placed(self, trial_id: str) -> dict[str, Any]:
        """Plain data that `place` needs in addition to the values."""
        return {}

    def _record_values(self, trial: Any) -> None:
        super()._record_values(trial)
        self.proposals.record(trial.hyperparameters.values)

    def score_trial(self, trial: Any) -> None:
        super().score_trial(trial)
        if trial.score is None or not math.isfinite(trial.score):
            self.reasons[trial.trial_id] = f"{self.objective.name} is {trial.score}, which is not a score"
            trial.score = math.nan  # `end_trial` treats this as a failure; it would treat an infinity as the best.

    def _check_consecutive_failures(self) -> None:
        ended = [self.trials[trial_id] for trial_id in self.end_order]
        if len(ended) >= MAX_INITIAL_FAILURES and all(t.status == TrialStatus.FAILED for t in ended):
            self.stopped = f"the first {len(ended)} trials all failed"

    def get_best_trials(self, num_trials: int = 1) -> list[Any]:
        """The best completed trials, best first; among equal ones the cheapest comes first. Fewer than requested if
        fewer completed."""
        completed = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        sign = -1 if self.objective.direction == "max" else 1
        ranked = sorted(completed, key=lambda t: sign * t.score)
        groups = (list(tied) for _, tied in groupby(ranked, key=lambda t: t.score))
        return [t for tied in groups for t in (sorted(tied, key=self._sizes) if tied[1:] else tied)][:num_trials]

    def _sizes(self, trial: Any) -> tuple[float, float, int]:
        """The order of trials with the same score: parameters, MACs, number."""
        found = self.proposals.architecture(trial.hyperparameters.values)
        sizes = (math.inf, math.inf) if found is None else (found.params, found.macs)
        return (*sizes, int(trial.trial_id))

    def reload(self) -> None:
        super().reload()
        for trial in self.trials.values():
            self.proposals.record(trial.hyperparameters.values)


class RandomOracle(SpaceOracle, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Uniform samples without repetition, over assignments or choice by choice."""

    def __init__(
        self, space: Searchable, *, over: Literal["assignments", "choices"] = "choices", **arguments: Any
    ) -> None:
        super().__init__(space, **arguments)
        self._over = over

    def choose(self, trial_id: str) -> dict[str, Any]:
        draw = self.proposals.random if self._over == "assignments" else self.proposals.by_choice
        return _given(draw(int(trial_id)))


class GridOracle(SpaceOracle):
    """Every configuration once, in the order of the space; an interval at ten points."""

    in_order = True

    def choose(self, trial_id: str) -> dict[str, Any]:
        return _given(self.proposals.next_in_order())


class BayesianOracle(SpaceOracle, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """KerasTuner's Gaussian process over the declared choices; candidates are configurations, not points of a box."""

    def __init__(self, space: Searchable, **arguments: Any) -> None:
        super().__init__(space, **arguments)
        self._vectors: dict[str, list[float]] = {}

    def choose(self, trial_id: str) -> dict[str, Any]:
        number = int(trial_id)
        completed = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        dimensions = len(self.proposals.declarations.items)
        # KerasTuner's own number, three for each dimension, would make a short search entirely random.
        initial = self.num_initial_points or max(3, min(3 * dimensions, (self.max_trials or 30) // 3))
        if len(completed) < initial:
            return _given(self.proposals.by_choice(number))
        y = self._to_lessen(completed, number)
        best = np.argsort(y, kind="stable")
        near = [completed[i].hyperparameters.values for i in best[:5]]
        pool = self.proposals.pool(number, POOL, near)
        if pool:
            fitted = np.arange(len(completed))
            if len(completed) > MOST:
                latest = fitted[~np.isin(fitted, best[: MOST // 2])][-(MOST - MOST // 2) :]
                fitted = np.sort(np.concatenate([best[: MOST // 2], latest]))
            self._fit([completed[i] for i in fitted], y[fitted])
            mean, deviation = self.gpr.predict(np.array([self._vector(values) for values in pool]), return_std=True)
            for index in np.argsort(mean - self.beta * deviation, kind="stable"):
                if self.proposals.fresh(pool[index]):
                    return _given(pool[index])
        return _given(self.proposals.by_choice(number))

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


class EvolutionOracle(SpaceOracle):
    """Regularized evolution: one choice changed of the best of `sample` trials from the last `population`; for several
    objectives, the best by Pareto rank in the population and then by crowding."""

    def __init__(self, space: Searchable, *, population: int, sample: int, **arguments: Any) -> None:
        super().__init__(space, **arguments)
        self.population, self.sample = population, sample

    def choose(self, trial_id: str) -> dict[str, Any]:
        number = int(trial_id)
        latest = (t for i in reversed(self.end_order) if (t := self.trials[i]).status == TrialStatus.COMPLETED)
        alive = list(islice(latest, self.population))[::-1]
        if len(alive) < random_ones(self.population, self.max_trials):
            return _given(self.proposals.by_choice(number))
        random = Random(f"{self.proposals.seed}/{number}/parents")
        parent = alive[best_of_sample([self.loss(trial) for trial in alive], self.sample, random)]
        return _given(self.proposals.child(number, parent.hyperparameters.values))


def _given(values: Values | None) -> dict[str, Any]:
    """The values KerasTuner expects. If nothing is left, the search ends even if trials are running."""
    if values is None:
        return {"status": TrialStatus.STOPPED, "values": None}
    return {"status": TrialStatus.RUNNING, "values": dict(values)}

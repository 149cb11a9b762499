"""KerasTuner's oracles for a space: they propose nothing twice and nothing outside rules and budgets.

What an algorithm is stays KerasTuner's; what differs is where values come from (`Proposals`), and:

- random search covers a small space and then ends, saying so, instead of giving up after 20 collisions;
- hyperband begins with the largest bracket that its number of trials can finish;
- hyperband promotes the best of what it has where the space is exhausted in the middle of a bracket;
- Bayesian optimisation picks the best confidence bound among untried configurations, random ones and neighbours of the
  best, instead of the best point of a box that may mean one that was tried or that breaks a rule;
- regularised evolution is added (Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search");
- a score that is not finite is a failure, a failed trial is never among the best, and failures do not end a search
  unless nothing else ever happened.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from time import monotonic
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import TrialStatus

from sqsem_dsl.study.conditions import hyperparameter
from sqsem_dsl.study.proposals import Proposals, Searchable, Values

HOPELESS = 10
"""So many failures at the start, and no success, end a search: the eleventh trial would fail as well."""
POOL = 300
"""Untried configurations among which Bayesian optimisation picks, and as many near the best trials."""


class SpaceOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """What all oracles of a space share; stands before KerasTuner's class in the bases."""

    def __init__(self, space: Searchable, *, seed: int, hours: float | None = None, **arguments: Any) -> None:
        # KerasTuner takes a seed of 0 for none.
        super().__init__(seed=seed + 1, max_consecutive_failed_trials=math.inf, **arguments)
        self.proposals = Proposals(space, seed)
        self.stopped: str | None = None
        """Why no further trial was started, if not because the space or the number of trials was exhausted."""
        self.reasons: dict[str, str] = {}
        """Trial ids to what went wrong, in a line."""
        self._hours = hours
        self._begun: float | None = None

    @property
    def ended(self) -> str | None:
        return self.stopped or self.proposals.ended

    def declare(self) -> None:
        """Put every choice of the space into the oracle's hyperparameters. No model is built."""
        hp = self.get_space()
        self.proposals.declarations.declare(hp, hyperparameter)
        self.update_space(hp)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        now = monotonic()
        self._begun = now if self._begun is None else self._begun
        if self._hours is not None and now - self._begun > self._hours * 3600:
            self.stopped = f"the time of {self._hours:g} hours is over"
        if self.stopped is not None:
            return {"status": TrialStatus.STOPPED, "values": None}
        response: dict[str, Any] = self.choose(trial_id)
        return response

    def choose(self, trial_id: str) -> dict[str, Any]:
        """The algorithm's answer: KerasTuner's, unless a class says otherwise."""
        response: dict[str, Any] = super().populate_space(trial_id)
        return response

    def _random_values(self) -> Values | None:
        return self.proposals.random(len(self.trials))

    def _record_values(self, trial: Any) -> None:
        super()._record_values(trial)
        self.proposals.record(trial.hyperparameters.values)

    def score_trial(self, trial: Any) -> None:
        super().score_trial(trial)
        if trial.score is None or not math.isfinite(trial.score):
            self.reasons[trial.trial_id] = f"{self.objective.name} is {trial.score}, which is no score"
            trial.score = math.nan  # `end_trial` takes this for a failure; an infinity it would take for the best.

    def _check_consecutive_failures(self) -> None:
        ended = [self.trials[trial_id] for trial_id in self.end_order]
        if len(ended) >= HOPELESS and all(t.status == TrialStatus.FAILED for t in ended):
            self.stopped = f"the first {len(ended)} trials all failed"

    def get_best_trials(self, num_trials: int = 1) -> list[Any]:
        """The best completed trials, best first: fewer than asked for where fewer completed."""
        completed = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        sign = -1 if self.objective.direction == "max" else 1
        return sorted(completed, key=lambda t: sign * t.score)[:num_trials]

    def reload(self) -> None:
        super().reload()
        for trial in self.trials.values():
            self.proposals.record(trial.hyperparameters.values)

    def _running(self, values: Mapping[str, Any] | None) -> dict[str, Any]:
        if values is None:
            return {"status": TrialStatus.IDLE if self.ongoing_trials else TrialStatus.STOPPED, "values": None}
        return {"status": TrialStatus.RUNNING, "values": dict(values)}


class RandomOracle(SpaceOracle, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Uniform draws without repetition."""


class GridOracle(SpaceOracle):
    """Every configuration once, in the order of the space; an interval at ten points."""

    def choose(self, trial_id: str) -> dict[str, Any]:
        return self._running(self.proposals.next_in_order())


class HyperbandOracle(SpaceOracle, keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    """KerasTuner's hyperband within a number of trials; None: one or more whole iterations."""

    def __init__(self, space: Searchable, *, trials: int | None, hyperband_iterations: float, **arguments: Any) -> None:
        # Under a limit brackets go on until it is reached.
        self._cut: dict[int, int] = {}
        """Bracket numbers to the trials of their first round, where the space held no more."""
        super().__init__(space, hyperband_iterations=0 if trials else hyperband_iterations, **arguments)
        self.max_trials = trials
        if trials is not None:
            while self._current_bracket > 0 and self._trials_of(self._current_bracket) > trials:
                self._current_bracket -= 1
            self._brackets.clear()
            self._start_new_bracket()

    def _random_trial(self, trial_id: str, bracket: dict[str, Any]) -> dict[str, Any]:
        response: dict[str, Any] = super()._random_trial(trial_id, bracket)
        begun = len(bracket["rounds"][0])
        if response["status"] == TrialStatus.STOPPED and begun and bracket["bracket_num"] not in self._cut:
            self._cut[bracket["bracket_num"]] = begun
            return self.choose(trial_id)
        return response

    def _get_size(self, bracket_num: int, round_num: int) -> int:
        if bracket_num in self._cut:
            return max(1, math.ceil(self._cut[bracket_num] / math.pow(self.factor, round_num)))
        size: int = super()._get_size(bracket_num, round_num)
        return size

    def _trials_of(self, bracket: int) -> int:
        return sum(self._get_size(bracket, number) for number in range(self._get_num_rounds(bracket)))


class BayesianOracle(SpaceOracle, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """KerasTuner's Gaussian process over the declared choices; candidates are configurations, not points of a box."""

    def choose(self, trial_id: str) -> dict[str, Any]:
        completed = self.get_best_trials(len(self.trials))
        dimensions = len(self.hyperparameters.space)
        # KerasTuner's own number, three for each dimension, would make a short search random from end to end.
        initial = self.num_initial_points or max(3, min(3 * dimensions, (self.max_trials or 30) // 3))
        number = len(self.trials)
        if len(completed) < initial:
            return self._running(self.proposals.random(number))
        x, y = self._vectorize_trials()
        self.gpr.fit(np.nan_to_num(x), np.nan_to_num(y))
        pool = self.proposals.pool(number, POOL, near=[t.hyperparameters.values for t in completed[:5]])
        if pool:
            mean, deviation = self.gpr.predict(np.array([self._vector(values) for values in pool]), return_std=True)
            for index in np.argsort(mean - self.beta * deviation, kind="stable"):
                if self.proposals.fresh(pool[index]):
                    return self._running(pool[index])
        return self._running(self.proposals.random(number))

    def _vector(self, values: Mapping[str, Any]) -> list[float]:
        """Where values lie, from 0 to 1 in each dimension; inactive ones at their default, as KerasTuner has it."""
        return [hp.value_to_prob(values.get(hp.name, hp.default)) for hp in self._nonfixed_space()]


class EvolutionOracle(SpaceOracle):
    """Regularised evolution: one choice changed of the best of `sample` trials out of the last `population`."""

    def __init__(self, space: Searchable, *, population: int, sample: int, **arguments: Any) -> None:
        super().__init__(space, **arguments)
        self.population, self.sample = population, sample

    def choose(self, trial_id: str) -> dict[str, Any]:
        number = len(self.trials)
        alive = [t for i in self.end_order if (t := self.trials[i]).status == TrialStatus.COMPLETED][-self.population :]
        if len(alive) < min(self.population, max(2, (self.max_trials or self.population) // 3)):
            return self._running(self.proposals.random(number))
        random = Random(f"{self.proposals.seed}/{number}/parents")
        sign = -1 if self.objective.direction == "max" else 1
        parents = random.sample(alive, min(self.sample, len(alive)))
        best = min(parents, key=lambda t: sign * t.score)
        return self._running(self.proposals.child(number, best.hyperparameters.values))

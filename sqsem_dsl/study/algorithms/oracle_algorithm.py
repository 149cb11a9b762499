"""KerasTuner's oracles with the interface of a study: nothing is written, and recorded trials can be replayed.

A study numbers its trials from 1; an oracle's ids are the same numbers from 0, as KerasTuner's own runner assigns them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.oracles import SpaceOracle
from sqsem_dsl.study.hyperparameters import Scalar
from sqsem_dsl.study.objective import Goal


class OracleAlgorithm:
    """An oracle as a study's `Algorithm`: it gets its trials here, not from KerasTuner's runner."""

    def __init__(
        self, oracle: SpaceOracle, goals: tuple[Goal, ...], *, epochs: int | None = None, schedule: int | None = None
    ) -> None:
        """`epochs`: the length of every training, if neither the choices nor the oracle decide it; `schedule`: the
        length for which learning rate schedules are planned, if it is not that of the trial."""
        self.oracle, self.goals = oracle, goals
        self.epochs, self.schedule = epochs, schedule
        oracle.declare()

    def ask(self, number: int) -> Proposal | Wait | Exhausted:
        trial_id = str(number - 1)
        response = self.oracle.populate_space(trial_id)
        match response["status"]:
            case TrialStatus.RUNNING:
                return self._proposal(trial_id, response["values"])
            case TrialStatus.IDLE:
                return Wait()
            case _:
                return Exhausted(self.oracle.ended or "the algorithm has nothing more to propose")

    def _proposal(self, trial_id: str, values: Mapping[str, Scalar]) -> Proposal:
        proposals = self.oracle.proposals
        architecture = proposals.architecture(values)
        assert architecture is not None  # Nothing outside the rules is ever proposed.
        memo = {"known": proposals.memo(values), **self.oracle.placed(trial_id)}
        proposals.record(values, memo["known"]["training"])
        self._begin(trial_id, values)
        past = values.get("tuner/trial_id")
        return Proposal(
            dict(values),
            architecture,
            epochs=int(values.get("tuner/epochs") or self.epochs or architecture.train.epochs),
            schedule_epochs=self.schedule,
            continues=None if past is None else int(past) + 1,
            memo=memo,
        )

    def _begin(self, trial_id: str, values: Mapping[str, Scalar]) -> None:
        hyperparameters = keras_tuner.HyperParameters()
        hyperparameters.values = dict(values)
        trial = Trial(hyperparameters, trial_id, TrialStatus.RUNNING)
        self.oracle.trials[trial_id] = self.oracle.ongoing_trials[trial_id] = trial
        self.oracle.start_order.append(trial_id)

    def tell(self, number: int, scores: tuple[float, ...] | None) -> None:
        trial_id = str(number - 1)
        trial: Any = self.oracle.ongoing_trials.pop(trial_id)
        if scores is None or not all(map(math.isfinite, scores)):
            trial.status = TrialStatus.FAILED
        else:
            losses = tuple(goal.sign * score for goal, score in zip(self.goals, scores, strict=True))
            trial.status, trial.score, self.oracle.losses[trial_id] = TrialStatus.COMPLETED, scores[0], losses
        self.oracle.end_order.append(trial_id)

    def recall(self, number: int, values: Mapping[str, Scalar], memo: Mapping[str, Any]) -> None:
        trial_id = str(number - 1)
        self.oracle.proposals.recall(values, memo.get("known", {}), in_order=self.oracle.in_order and bool(memo))
        self.oracle.place(trial_id, values, memo)
        self._begin(trial_id, values)

    def still_needed(self) -> frozenset[int]:
        return frozenset(int(trial_id) + 1 for trial_id in self.oracle.needed())

    @property
    def skipped(self) -> int:
        return self.oracle.proposals.skipped

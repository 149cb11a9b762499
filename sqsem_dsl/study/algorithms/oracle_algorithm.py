"""KerasTuner's oracles with the interface of a study: nothing is written, and recorded trials can be replayed.

A study numbers its trials from 1; an oracle's ids are the same numbers from 0, as KerasTuner's own runner assigns them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.oracles import BayesianOracle
from sqsem_dsl.study.objective import Goal


class OracleAlgorithm:
    """An oracle as a study's `Algorithm`: it gets its trials here, not from KerasTuner's runner."""

    def __init__(self, oracle: BayesianOracle, goals: tuple[Goal, ...], *, epochs: int | None = None) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        self.oracle, self.goals, self.epochs = oracle, goals, epochs
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

    def _proposal(self, trial_id: str, values: Mapping[str, Any]) -> Proposal:
        proposals = self.oracle.proposals
        architecture, known = proposals.start(self.oracle.declarations.decode(values))
        memo = {"known": known}
        self._begin(trial_id, values)
        return Proposal(
            architecture.choices,
            architecture,
            epochs=self.epochs or architecture.train.epochs,
            memo=memo,
        )

    def _begin(self, trial_id: str, values: Mapping[str, Any]) -> None:
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

    def recall(self, number: int, choices: Assignment, memo: Mapping[str, Any]) -> None:
        trial_id = str(number - 1)
        self.oracle.proposals.recall(choices, memo.get("known", {}))
        self._begin(trial_id, self.oracle.declarations.encode(choices))

    def still_needed(self) -> frozenset[int]:
        return frozenset()

    @property
    def skipped(self) -> int:
        return self.oracle.proposals.skipped

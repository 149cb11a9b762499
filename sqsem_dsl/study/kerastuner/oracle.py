"""A search algorithm as an oracle of KerasTuner, for `space.tuner()`.

The algorithms are those of a study. What differs from KerasTuner's own oracles:

- a score that is not finite is a failure, a failed trial is never among the best, and failures do not end a search
  unless there was no success at all;
- a project that is opened again continues with the trials that it would have had without the interruption: the recorded
  trials are replayed to the algorithm, as a study does;
- among trials with the same score, the cheapest is the best.

KerasTuner numbers trials from 0, and writes the number with leading zeros as an id.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from time import monotonic
from typing import Any, assert_never

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.kerastuner.hyperparameters import Declarations
from sqsem_dsl.study.objective import Goal

MAX_INITIAL_FAILURES = 10
"""So many failures at the start, without a success, end a search: the eleventh trial would fail as well."""


class AlgorithmOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """Gets its trials from an `Algorithm`. `ended` is the reason why no more were started."""

    def __init__(
        self,
        algorithm: Algorithm,
        space: Searchable,
        goal: Goal,
        *,
        trials: int | None,
        hours: float | None = None,
    ) -> None:
        """At most `trials` are started, and none after `hours`."""
        super().__init__(
            objective=keras_tuner.Objective(goal.metric, goal.direction),
            max_trials=trials,
            max_consecutive_failed_trials=math.inf,
        )
        self.algorithm, self.space = algorithm, space
        self.declarations = Declarations.of(space.choices)
        self.ended: str | None = None
        self._hours = hours
        self._started: float | None = None
        self._memos: dict[str, Mapping[str, Any]] = {}
        """By trial id, the memo of its proposal."""
        self._events: list[tuple[str, bool]] = []
        """Trial ids in the order of their starts (False) and ends (True)."""

    def declare(self) -> None:
        """Adds every choice of the space to the oracle's hyperparameters. No model is built."""
        hp = self.get_space()
        self.declarations.declare(hp)
        self.update_space(hp)

    def architecture(self, trial: Any) -> Architecture | None:
        """The architecture of a trial; None if the project is of another version of the spec."""
        return self.space.resolve(self.declarations.decode(trial.hyperparameters.values))

    def needed(self) -> set[str]:
        """The ids of the trials that others may still continue, or are continuing."""
        numbers = self.algorithm.still_needed()
        return {trial_id for trial_id in self.trials if _number(trial_id) in numbers}

    # ---- KerasTuner's methods

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        now = monotonic()
        self._started = now if self._started is None else self._started
        if self._hours is not None and now - self._started > self._hours * 3600:
            self.ended = f"the time limit of {self._hours:g} hours is reached"
        found = Exhausted(self.ended) if self.ended is not None else self.algorithm.ask(_number(trial_id))
        match found:
            case Proposal():
                self._memos[trial_id] = dict(found.memo)
                self._events.append((trial_id, False))
                return {"status": TrialStatus.RUNNING, "values": self._values(found)}
            case Wait():
                return {"status": TrialStatus.IDLE, "values": None}
            case Exhausted(reason=reason):
                self.ended = reason
                return {"status": TrialStatus.STOPPED, "values": None}
            case _:
                assert_never(found)

    def _values(self, proposal: Proposal) -> dict[str, Any]:
        """KerasTuner's values of a proposal; with the names of its hyperband if the algorithm decides the length."""
        values: dict[str, Any] = dict(self.declarations.encode(proposal.choices))
        if proposal.schedule_epochs is None:
            return values
        values |= {"tuner/epochs": proposal.epochs, "tuner/initial_epoch": 0}
        if proposal.continues is not None:
            past = next(each for each in self.trials if _number(each) == proposal.continues)
            values["tuner/initial_epoch"] = self.trials[past].hyperparameters.values["tuner/epochs"]
            values["tuner/trial_id"] = past
        return values

    def score_trial(self, trial: Any) -> None:
        super().score_trial(trial)
        if trial.score is None or not math.isfinite(trial.score):
            trial.score = math.nan  # `end_trial` treats this as a failure; it would treat an infinity as the best.

    def _check_consecutive_failures(self) -> None:
        """Called when a trial has ended and is not run again, before anything is saved."""
        self._events.append((self.end_order[-1], True))
        self._tell(self.end_order[-1])
        ended = [self.trials[trial_id] for trial_id in self.end_order]
        if len(ended) >= MAX_INITIAL_FAILURES and all(trial.status == TrialStatus.FAILED for trial in ended):
            self.ended = f"the first {len(ended)} trials all failed"

    def _tell(self, trial_id: str) -> None:
        trial = self.trials[trial_id]
        completed = trial.status == TrialStatus.COMPLETED
        self.algorithm.tell(_number(trial_id), (trial.score,) if completed else None)

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
        found = self.architecture(trial)
        sizes = (math.inf, math.inf) if found is None else (found.params, found.macs)
        return (*sizes, _number(trial.trial_id))

    # ---- a project on disk

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "memos": self._memos, "events": self._events}

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state(state)
        self._memos = dict(state["memos"])
        self._events = [(trial_id, bool(ends)) for trial_id, ends in state["events"]]

    def reload(self) -> None:
        super().reload()
        for trial_id, ends in self._events:
            if ends:
                self._tell(trial_id)
            else:
                self._recall(trial_id)
        started = {trial_id for trial_id, _ in self._events}
        for trial_id in sorted(set(self.trials) - started, key=_number):  # interrupted before the oracle was saved
            self._recall(trial_id)

    def _recall(self, trial_id: str) -> None:
        trial = self.trials[trial_id]
        found = self.architecture(trial)  # KerasTuner's values may include choices that are not active.
        choices = self.declarations.decode(trial.hyperparameters.values) if found is None else found.choices
        self.algorithm.recall(_number(trial_id), choices, self._memos.get(trial_id, {}))


def _number(trial_id: str) -> int:
    """The number of a trial, as an algorithm counts."""
    return int(trial_id) + 1


def name_failures(oracle: Any) -> None:
    """Makes the display of an oracle print why a trial failed; finished trials are printed as before."""
    display = oracle._display
    finished = display.on_trial_end

    def on_trial_end(trial: Any) -> None:
        if display.verbose < 1 or trial.status == TrialStatus.COMPLETED:
            finished(trial)
            return
        elapsed = display.format_duration(datetime.now() - display.trial_start[trial.trial_id])
        print(f"Trial {display.trial_number[trial.trial_id]} failed [{elapsed}]: {reason_of(trial)}")

    display.on_trial_end = on_trial_end


def reason_of(trial: Any) -> str:
    """Why a trial failed: the first line of its message, which the traceback follows."""
    return next(iter((trial.message or "").splitlines()), "") or "its score is not a finite number"

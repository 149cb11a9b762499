"""Runs a study: asks the algorithm for trials, passes them to the executor, and records the results.

The journal is written before anything is done that depends on it: it always contains enough to resume.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import time
from typing import assert_never

from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study import records
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Exhausted, Proposal, Wait
from sqsem_dsl.study.ending import Ending
from sqsem_dsl.study.executors import Executor
from sqsem_dsl.study.journal.journal import DiskFull, Journal
from sqsem_dsl.study.journal.record import Epoch, Origin, Trial
from sqsem_dsl.study.layout import Plan
from sqsem_dsl.study.limits import enough
from sqsem_dsl.study.models import Models
from sqsem_dsl.study.progress.progress import Progress
from sqsem_dsl.study.reuse import Known
from sqsem_dsl.study.running import Running
from sqsem_dsl.study.stopping.rule import Rule
from sqsem_dsl.study.task import Alive, EpochEnded, Evaluation, Failed, Lost, Message, Started, Stopped, Trained
from sqsem_dsl.study.view import View

POLL = 0.25
"""The maximum interval, in seconds, at which limits and signals are checked."""
MAX_RELOCATIONS = 10
"""Machines that a trial may lose before the trial is considered the cause."""


@dataclass
class Driver:
    """A running study."""

    journal: Journal
    algorithm: Algorithm
    executor: Executor
    view: View
    plan: Plan
    models: Models
    progress: Progress
    known: Known
    ending: Ending
    choices: tuple[Choice, ...]
    """The choices of the space."""
    rule: Rule
    next_number: int = 1
    again: deque[tuple[Trial, Architecture]] = field(default_factory=deque)
    """Trials to resume before a new one is started."""
    first: deque[Proposal] = field(default_factory=deque)
    """Trials to start before the algorithm's."""
    running: Running = field(default_factory=Running)

    def run(self) -> None:
        """Runs trials until there are enough and all have finished, or until the time to stop has passed.

        Raises OSError if the journal cannot be written.
        """
        if self.view.best is not None:  # a process may have been killed after it recorded a trial
            self._keep_models(self.view.best.number)
        while True:
            self.ending.look_at_signals()
            self._fill()
            if not self.running or self.ending.is_late:
                return
            for message in self.executor.receive(POLL):
                self._take(message)
            self._look_at_the_clock()

    # ---- starting trials

    def _fill(self) -> None:
        while self.ending.reason is None and self.running.has_room(self.executor.capacity):
            if self.running.some_wait:
                if not self.running:
                    self._submit(*self.running.next_alone())
                return
            if self.again:
                self._start(*self.again.popleft())
                continue
            self.ending.reason = enough(self.view, self.plan.target)
            if self.ending.reason is not None:
                return
            if self.first and (self.view.limit is None or self.view.configurations < self.view.limit):
                proposal = self.first.popleft()
                self.algorithm.recall(self.next_number, proposal.choices, proposal.memo)
                self._begin(proposal, "start")
                continue
            found = self.algorithm.ask(self.next_number)
            self.view.skipped = self.algorithm.skipped
            match found:
                case Wait():
                    return
                case Exhausted(reason=reason):
                    self.ending.reason = reason
                case Proposal():
                    self._begin(found, "search")
                case _:
                    assert_never(found)

    def _begin(self, proposal: Proposal, origin: Origin) -> None:
        """Records a new trial and starts it."""
        trial = records.proposed(
            proposal,
            self.next_number,
            origin,
            choices=self.choices,
            stops=self.rule.bars(proposal.epochs, self.view.epochs_before(proposal.continues)),
            now=time(),
        )
        self.next_number += 1
        self.journal.begin(trial)
        trial = replace(trial, memo={})  # which only the journal needs
        self.view.started(trial)
        self.rule.trainings.begin(trial)
        self._start(trial, proposal.architecture)

    def _start(self, trial: Trial, architecture: Architecture) -> None:
        """Runs a trial, or uses the result of another study if it was not trained yet."""
        found = self.known.find(trial) if trial.attempts == 0 else None
        if found is not None:
            self._end(found)
        else:
            self._submit(trial, architecture)

    def _submit(self, trial: Trial, architecture: Architecture) -> None:
        number = trial.number
        executions = len(self.plan.seeds(number))
        self.view.submitted(number, trial.planned * executions)
        task = self.plan.task(
            trial,
            architecture,
            goals=self.view.goals,
            root=self.view.root(trial),
            final=number in self.algorithm.still_needed(),
            model=self.models.path(number),
            worth=self.models.worth(self.view),
        )
        self.running.submit(task)
        self.executor.submit(task)
        self.progress.started(trial, self.view)

    # ---- results

    def _take(self, message: Message) -> None:
        if isinstance(message, Evaluation) or message.number not in self.running:
            return
        number = message.number
        trial = self.view.trials[number]
        self.running.hear(number)
        match message:
            case Started(resumed_from=resumed):
                self.running.begin(number)
                self._write(records.started(trial, message))
                if resumed is not None:
                    epochs = "epoch" if resumed[1] == 1 else "epochs"
                    self.progress.remark(f"trial {number} resumes after {resumed[1]} {epochs}")
            case EpochEnded(execution=execution, epoch=epoch, metrics=metrics, seconds=seconds):
                self.view.at_epoch[number] = execution * trial.planned + epoch
                row = Epoch(number, execution, epoch, dict(metrics), seconds)
                self._written(lambda: self.journal.epoch(row, elapsed=self.view.elapsed))
                self.rule.trainings.epoch(row)
                self.progress.epoch(trial, row, self.view)
            case Alive():
                pass
            case Trained():
                self._trained(trial, message)
            case Failed():
                self._failed(trial, message)
            case Stopped():
                self._cut_off(trial)
            case Lost():
                self._lose(trial, message)
            case _:
                assert_never(message)

    def _trained(self, trial: Trial, message: Trained) -> None:
        self.ending.failures.success()
        self._end(records.trained(trial, message))
        if message.note is not None:
            self.progress.remark(f"trial {trial.number}: {message.note}")
        if message.unsaved is not None:
            self._unsaved(trial.number, message.unsaved)

    def _failed(self, trial: Trial, message: Failed) -> None:
        number = trial.number
        if message.kind == "memory" and len(self.running) > 1:
            # There was not enough memory beside other trials; alone there may be.
            self.progress.remark(f"trial {number} ran out of memory beside other trials and will run alone")
            architecture = self.running.architecture(number)
            self.running.wait_to_run_alone(self._cut_off(trial), architecture)
            return
        if self.plan.is_full():  # says nothing about the trial: it continues when there is room
            self._cut_off(trial)
            self._stop_full()
            return
        self.ending.fail(message.kind, message.reason)
        epochs = max((epoch.epoch for epoch in self.journal.epochs(number)), default=0)
        self._end(records.failed(trial, message, epochs))

    def _lose(self, trial: Trial, message: Lost) -> None:
        number = trial.number
        if self.running.lose(number) > (MAX_RELOCATIONS if message.elsewhere else 1):
            self._failed(trial, Failed(number, "died", f"{message.reason}, for the second time"))
            return
        architecture = self.running.architecture(number)
        trial = self._cut_off(trial)
        if self.ending.reason is None:
            self.progress.remark(f"trial {number} is restarted: {message.reason}")
            self.again.append((trial, architecture))

    def _end(self, trial: Trial) -> None:
        """A trial has finished: records it, then notifies everyone concerned."""
        number = trial.number
        done = replace(trial, seconds=self.running.seconds(trial), ended=time())
        self._write(done, ends=True)
        done = replace(done, stops=())  # which only the running trial needs
        self.view.ended(done)
        self.rule.trainings.end(done)
        self.algorithm.tell(number, done.scores if done.status == "completed" else None, done.share)
        self._forget(number)
        self._keep_models(number)
        self.plan.tidy(number, self.algorithm.still_needed())
        self.progress.ended(done, self.view)

    def _cut_off(self, trial: Trial) -> Trial:
        """A trial is no longer running, and not finished: the trial with its time so far, recorded."""
        trial = replace(trial, seconds=self.running.seconds(trial))
        self._write(trial)
        self._forget(trial.number)
        return trial

    def _write(self, trial: Trial, ends: bool = False) -> None:
        self.view.trials[trial.number] = trial
        facts = {"elapsed": self.view.elapsed, "skipped": self.view.skipped}
        self._written(lambda: self.journal.update(trial, ends, **facts))

    def _written(self, write: Callable[[], None]) -> None:
        """Records something. A full disk ends the study if this was written with the last reserve."""
        try:
            write()
        except OSError as problem:
            if not isinstance(problem, DiskFull) and problem.errno != errno.ENOSPC:
                raise
            self._stop_full()

    def _keep_models(self, number: int) -> None:
        """Keeps the models of the best trials and makes `best.keras` the best one, after the end of a trial."""
        try:
            self.models.tidy(self.view)
        except OSError as problem:
            self._unsaved(number, str(problem))

    def _unsaved(self, number: int, reason: str) -> None:
        """A model that should be kept could not be written."""
        if self.plan.is_full():
            self._stop_full()
        else:
            self.progress.remark(f"the model of trial {number} could not be saved: {reason}")

    def _stop_full(self) -> None:
        self.journal.release()
        self.ending.stop_full(self.plan.folder)

    def _forget(self, number: int) -> None:
        """A trial is no longer running."""
        self.running.forget(number)
        self.view.left(number)

    def _look_at_the_clock(self) -> None:
        if self.ending.is_stopping:
            return
        for number, reason in self.running.overdue(self.plan.trial_minutes).items():
            self.executor.kill(number)
            self._failed(self.view.trials[number], Failed(number, "timeout", reason))

"""Runs a study: asks the algorithm for trials, passes them to the executor, and records the results.

The journal is written before anything is done that depends on it: it always contains enough to resume.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic, time
from typing import assert_never

from sqsem_dsl.ir.choices import Choice, encode_choices
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Exhausted, Proposal, Wait
from sqsem_dsl.study.executors import Executor
from sqsem_dsl.study.journal.journal import DiskFull, Journal
from sqsem_dsl.study.journal.record import Epoch, Origin, Trial
from sqsem_dsl.study.journal.settings_json import settings_json
from sqsem_dsl.study.layout import Plan
from sqsem_dsl.study.limits import Failures, enough, overdue
from sqsem_dsl.study.models import Models
from sqsem_dsl.study.progress.progress import Progress
from sqsem_dsl.study.reuse import Known
from sqsem_dsl.study.stopping.rule import Rule
from sqsem_dsl.study.task import (
    Alive,
    EpochEnded,
    Evaluation,
    Failed,
    Lost,
    Message,
    Started,
    Stopped,
    Task,
    Trained,
)
from sqsem_dsl.study.view import View

POLL = 0.25
"""The maximum interval, in seconds, at which limits and signals are checked."""
SHUTDOWN_TIMEOUT_S = 20.0
"""Seconds that trials have to save their state in their checkpoints when the study is stopped."""
MAX_RELOCATIONS = 10
"""Machines that a trial may lose before the trial is considered the cause."""


@dataclass
class Driver:
    """A running study. `ended` is the reason why no more trials are started."""

    journal: Journal
    algorithm: Algorithm
    executor: Executor
    view: View
    plan: Plan
    models: Models
    progress: Progress
    known: Known
    stop_asked: Callable[[], str | None]
    """Why the study must stop now, if it must."""
    choices: tuple[Choice, ...]
    """The choices of the space."""
    rule: Rule
    next_number: int = 1
    again: deque[tuple[Trial, Architecture]] = field(default_factory=deque)
    """Trials to resume before a new one is started."""
    first: deque[Proposal] = field(default_factory=deque)
    """Trials to start before the algorithm's."""
    ended: str | None = None
    interrupted: bool = False
    failures: Failures = field(default_factory=Failures)
    hopeless: bool = False
    """Whether repeated identical failures have ended it."""
    full: OSError | None = None
    """Why nothing more can be written, if that has ended it."""
    _tasks: dict[int, Task] = field(default_factory=dict)
    _begun: dict[int, float] = field(default_factory=dict)
    _heard: dict[int, float] = field(default_factory=dict)
    _lost: dict[int, int] = field(default_factory=dict)
    _waits_alone: deque[tuple[Trial, Architecture]] = field(default_factory=deque)
    _alone: int | None = None
    _deadline: float | None = None

    def run(self) -> None:
        """Runs trials until there are enough and all have finished, or until the time to stop has passed.

        Raises OSError if the journal cannot be written.
        """
        while True:
            self._look_at_signals()
            self._fill()
            if not self._tasks or (self._deadline is not None and monotonic() > self._deadline):
                return
            for message in self.executor.receive(POLL):
                self._take(message)
            self._look_at_the_clock()

    def stop(self, why: str) -> None:
        """Starts no more trials, and asks the running ones to save their state in their checkpoints."""
        self.ended, self._deadline = why, monotonic() + SHUTDOWN_TIMEOUT_S
        self.executor.stop()

    # ---- starting trials

    def _fill(self) -> None:
        while self.ended is None and len(self._tasks) < self.executor.capacity and self._alone is None:
            if self._waits_alone:
                if not self._tasks:
                    trial, architecture = self._waits_alone.popleft()
                    self._alone = trial.number
                    self._submit(trial, architecture)
                return
            if self.again:
                self._submit(*self.again.popleft())
                continue
            self.ended = enough(self.view, self.plan.target)
            if self.ended is not None:
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
                    self.ended = reason
                case Proposal():
                    self._begin(found, "search")
                case _:
                    assert_never(found)

    def _begin(self, proposal: Proposal, origin: Origin) -> None:
        """Records a new trial and runs it, or takes its result from where it is known."""
        architecture = proposal.architecture
        trial = Trial(
            number=self.next_number,
            choices=encode_choices(self.choices, proposal.choices),
            architecture=architecture.id,
            training=settings_json(architecture.train, proposal.epochs),
            params=architecture.params,
            macs=architecture.macs,
            origin=origin,
            continues=proposal.continues,
            planned=proposal.epochs,
            schedule_epochs=proposal.schedule_epochs,
            started=time(),
            memo=dict(proposal.memo),
            stops=self.rule.bars(proposal.epochs, self._after(proposal)),
        )
        self.next_number += 1
        self.journal.begin(trial)
        trial = replace(trial, memo={})  # which only the journal needs
        self.view.begun(trial)
        self.rule.trainings.begin(trial)
        found = self.known.find(trial)
        if found is not None:
            self._end(found)
        else:
            self._submit(trial, architecture)

    def _after(self, proposal: Proposal) -> int:
        """The epochs that are done of the training that a proposal continues."""
        return 0 if proposal.continues is None else self.view.trials[proposal.continues].epochs

    def _submit(self, trial: Trial, architecture: Architecture) -> None:
        number = trial.number
        executions = len(self.plan.seeds(number))
        self.view.at_epoch[number], self.view.whole[number] = 0, trial.planned * executions
        self._heard[number] = monotonic()
        self._tasks[number] = task = self.plan.task(
            trial,
            architecture,
            goals=self.view.goals,
            root=self._root(trial),
            final=number in self.algorithm.still_needed(),
            model=self.models.path(number),
            worth=self.models.worth(self.view),
        )
        self.executor.submit(task)
        self.progress.started(trial, self.view)

    def _root(self, trial: Trial) -> int:
        """The number of the trial that started a training that others continued."""
        while trial.continues is not None and trial.continues in self.view.trials:
            trial = self.view.trials[trial.continues]
        return trial.number

    # ---- results

    def _take(self, message: Message) -> None:
        if isinstance(message, Evaluation) or message.number not in self._tasks:
            return
        number = message.number
        trial = self.view.trials[number]
        self._heard[number] = monotonic()
        match message:
            case Started(process=process, host=host, resumed_from=resumed):
                self._begun[number] = monotonic()
                trial = replace(trial, worker=f"{host}:{process}", attempts=trial.attempts + 1)
                self._write(trial)
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
            case Failed(kind=kind, reason=reason, trace=trace):
                self._failed(trial, kind, reason, trace)
            case Stopped():
                self._cut_off(trial)
            case Lost():
                self._lose(trial, message)
            case _:
                assert_never(message)

    def _trained(self, trial: Trial, message: Trained) -> None:
        self.failures.success()
        done = replace(
            trial,
            status="completed",
            scores=message.scores,
            metrics=dict(message.metrics),
            spread=dict(message.spread),
            epochs=message.epochs,
            stopped=message.stopped,
        )
        self._end(done)
        if message.note is not None:
            self.progress.remark(f"trial {trial.number}: {message.note}")
        if message.unsaved is not None:
            self._unsaved(trial.number, message.unsaved)

    def _failed(self, trial: Trial, kind: str, reason: str, trace: str = "") -> None:
        number = trial.number
        if kind == "memory" and len(self._tasks) > 1:
            # There was not enough memory beside other trials; alone there may be.
            self.progress.remark(f"trial {number} ran out of memory beside other trials and will run alone")
            architecture = self._tasks[number].architecture
            self._waits_alone.append((self._cut_off(trial), architecture))
            return
        if self.plan.is_full():  # says nothing about the trial: it continues when there is room
            self._cut_off(trial)
            self._stop_full()
            return
        if self.failures.add(kind, reason) and self.ended is None:
            self.hopeless = True
            self.stop(f"{self.failures.count} trials in a row failed with the same error: {reason}")
        epochs = max((epoch.epoch for epoch in self.journal.epochs(number)), default=0)
        self._end(replace(trial, status="failed", error=kind, reason=reason, trace=trace, epochs=epochs))

    def _lose(self, trial: Trial, message: Lost) -> None:
        number = trial.number
        self._lost[number] = self._lost.get(number, 0) + 1
        if self._lost[number] > (MAX_RELOCATIONS if message.elsewhere else 1):
            self._failed(trial, "died", f"{message.reason}, for the second time")
            return
        architecture = self._tasks[number].architecture
        trial = self._cut_off(trial)
        if self.ended is None:
            self.progress.remark(f"trial {number} is restarted: {message.reason}")
            self.again.append((trial, architecture))

    def _end(self, trial: Trial) -> None:
        """A trial has finished: records it, then notifies everyone concerned."""
        number = trial.number
        done = replace(trial, seconds=self._seconds(trial), ended=time())
        self._write(done, ends=True)
        done = replace(done, stops=())  # which only the running trial needs
        self.view.over(done)
        self.rule.trainings.end(done)
        self.algorithm.tell(number, done.scores if done.status == "completed" else None, done.share)
        self._forget(number)
        try:
            self.models.tidy(self.view)
        except OSError as problem:
            self._unsaved(number, str(problem))
        self.plan.tidy(number, self.algorithm.still_needed())
        self.progress.ended(done, self.view)

    def _cut_off(self, trial: Trial) -> Trial:
        """A trial is no longer running, and not finished: the trial with its time so far, recorded."""
        trial = replace(trial, seconds=self._seconds(trial))
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

    def _unsaved(self, number: int, reason: str) -> None:
        """A model that should be kept could not be written."""
        if self.plan.is_full():
            self._stop_full()
        else:
            self.progress.remark(f"the model of trial {number} could not be saved: {reason}")

    def _stop_full(self) -> None:
        self.full = self.full or OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.plan.folder))
        self.journal.release()
        self.stop("the disk is full")

    def _forget(self, number: int) -> None:
        """A trial is no longer running."""
        for known in (self._tasks, self._begun, self._heard, self.view.at_epoch, self.view.whole):
            known.pop(number, None)
        if self._alone == number:
            self._alone = None

    def _seconds(self, trial: Trial) -> float:
        began = self._begun.get(trial.number)
        return trial.seconds + (monotonic() - began if began is not None else 0.0)

    # ---- limits

    def _look_at_signals(self) -> None:
        why = self.stop_asked()
        if why is None:
            return
        if not self.interrupted:
            self.interrupted = True
            self.progress.remark(
                f"{why}: saving running trials (up to {SHUTDOWN_TIMEOUT_S:g} s; Ctrl-C again to quit now)"
            )
            self.stop(why)
        elif why == "at once":
            self._deadline = 0.0

    def _look_at_the_clock(self) -> None:
        if self._deadline is not None:
            return
        late = overdue(monotonic(), self._begun, self._heard, self.plan.trial_minutes)
        for number, reason in late.items():
            self.executor.kill(number)
            self._failed(self.view.trials[number], "timeout", reason)

    # ---- after the last trial

    def evaluate(self, architecture: Architecture, number: int, seconds: float) -> Evaluation | None:
        """The best model's scores on the test set; None if they were not available within that time."""
        self.executor.submit(Evaluation(str(self.models.path(number)), architecture))
        until = monotonic() + seconds
        while monotonic() < until and self.stop_asked() != "at once":
            for message in self.executor.receive(POLL):
                if isinstance(message, Evaluation):
                    return message
        return None

    def train_again(self, trial: Trial, architecture: Architecture) -> bool:
        """Trains a trial again whose model is missing because its result came from another study. Returns whether the
        model exists."""
        self.progress.remark(f"trial {trial.number}, the best, is trained again for its model")
        task = self.plan.task(
            _for_its_score(trial),
            architecture,
            goals=self.view.goals,
            root=trial.number,
            final=False,
            model=self.models.path(trial.number),
            worth=None,
        )
        self.executor.submit(task)
        while self.stop_asked() is None:
            for message in self.executor.receive(POLL):
                match message:
                    case Trained(saved=saved):
                        with suppress(OSError):
                            self.models.tidy(self.view)
                        return saved
                    case Failed() | Lost() | Stopped():
                        return False
                    case _:
                        pass
        return False


def _for_its_score(trial: Trial) -> Trial:
    """A trial that trains from the beginning to the epoch of which it has its score."""
    if trial.stopped is None:
        return replace(trial, continues=None)
    length = trial.schedule_epochs or trial.planned
    return replace(trial, continues=None, planned=trial.epochs, schedule_epochs=length)

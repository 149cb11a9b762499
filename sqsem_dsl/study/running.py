"""The running trials of a study, and those that wait until they can run alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from time import monotonic

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.limits import overdue
from sqsem_dsl.study.task import Task


@dataclass
class Running:
    """The running trials by number: the task and the times of each. Only the driver changes it."""

    _tasks: dict[int, Task] = field(default_factory=dict)
    _began: dict[int, float] = field(default_factory=dict)
    """When each training began, which process startup or a full cluster may delay."""
    _heard: dict[int, float] = field(default_factory=dict)
    """When each trial was submitted or sent its last message."""
    _losses: dict[int, int] = field(default_factory=dict)
    """How often each trial lost its process or machine, counted over all its restarts."""
    _waiting: deque[tuple[Trial, Architecture]] = field(default_factory=deque)
    """Trials that may only run alone."""
    _alone: int | None = None
    """The trial that runs alone: no other is started beside it."""

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, number: int) -> bool:
        return number in self._tasks

    def architecture(self, number: int) -> Architecture:
        """The network that a trial trains."""
        return self._tasks[number].architecture

    def has_room(self, capacity: int) -> bool:
        """Whether another trial may be started, if so many run at a time."""
        return len(self._tasks) < capacity and self._alone is None

    def submit(self, task: Task) -> None:
        """Adds a trial. Its time counts from when its training begins."""
        self._tasks[task.number] = task
        self.hear(task.number)

    def begin(self, number: int) -> None:
        """Records that the training of a trial begins now."""
        self._began[number] = monotonic()

    def hear(self, number: int) -> None:
        """Records that a trial has sent a message."""
        self._heard[number] = monotonic()

    def lose(self, number: int) -> int:
        """Records that a trial lost its process or machine; returns how often it did so far."""
        self._losses[number] = self._losses.get(number, 0) + 1
        return self._losses[number]

    def forget(self, number: int) -> None:
        """Removes a trial, which is no longer running."""
        for known in (self._tasks, self._began, self._heard):
            known.pop(number, None)
        if self._alone == number:
            self._alone = None

    def seconds(self, trial: Trial) -> float:
        """The training time of a trial so far, including that of earlier attempts."""
        began = self._began.get(trial.number)
        return trial.seconds + (monotonic() - began if began is not None else 0.0)

    def overdue(self, minutes: float | None) -> dict[int, str]:
        """The trials that take too long, each with a message. `minutes` limits the time of each training."""
        return overdue(monotonic(), self._began, self._heard, minutes)

    # ---- trials that run alone

    @property
    def some_wait(self) -> bool:
        """Whether trials wait until no other is running."""
        return bool(self._waiting)

    def wait_to_run_alone(self, trial: Trial, architecture: Architecture) -> None:
        """Queues a trial that may only run while no other does."""
        self._waiting.append((trial, architecture))

    def next_alone(self) -> tuple[Trial, Architecture]:
        """Takes the first waiting trial: until it is forgotten, there is no room for another."""
        trial, architecture = self._waiting.popleft()
        self._alone = trial.number
        return trial, architecture

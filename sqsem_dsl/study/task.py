"""The messages between a study and the processes that train: tasks in one direction, results in the other. Does not use
Keras.

Everything here can be pickled. A task holds everything that a trial needs except the data, which a process receives
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.user_callbacks import UserCallbacks

FailureKind = Literal["error", "memory", "diverged", "timeout", "died"]
"""Why a trial gave no result: an exception, out of memory, no finite loss or score in any epoch, its time limit
exceeded, or the end of its process."""


@dataclass(frozen=True, slots=True)
class Task:
    """One trial to train."""

    number: int
    architecture: Architecture
    """Its network is computed, so training does not need the space."""
    goals: tuple[Goal, ...]
    epochs: int
    """The last epoch, counted from the very first one of the training."""
    seeds: tuple[int, ...]
    """One for each execution: initial weights, order of samples, augmentation, dropout."""
    schedule_epochs: int | None = None
    """The length for which learning rate schedules are planned, if it is not `epochs`."""
    stops: tuple[Bar, ...] = ()
    """What its first execution must beat to train further. If it does not, the trial ends there."""
    checkpoint: str | None = None
    """The checkpoint from which the training resumes. The study removes it after the result of the trial is
    recorded. None: no file."""
    checkpoint_seconds: float = 30.0
    """The maximum training time that a killed process loses."""
    start: str | None = None
    """The file with another trial's last state that this training continues, if `checkpoint` does not exist."""
    final: str | None = None
    """The file for the last state of the first execution, for trials that continue it. None: no file."""
    model: str | None = None
    """The file for the compiled model with its best weights."""
    worth: float | None = None
    """The model is saved only if the first objective's score times its `sign` is below this. None: always."""
    tensorboard: str | None = None
    """The folder of TensorBoard logs. None: none are written."""
    callbacks: UserCallbacks | None = None
    """The caller's callbacks for each training."""


@dataclass(frozen=True, slots=True)
class Started:
    number: int
    process: int
    host: str
    resumed_from: tuple[int, int] | None = None
    """Where an interrupted training resumes: its execution, and the number of finished epochs."""


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch (from 1) of an execution (from 0) has finished."""

    number: int
    execution: int
    epoch: int
    metrics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class Alive:
    """A training is running: sent every few seconds, also within epochs."""

    number: int


@dataclass(frozen=True, slots=True)
class Trained:
    """A trial has finished with a result."""

    number: int
    scores: tuple[float, ...]
    """By objective: at the best epoch, the mean over executions."""
    metrics: Mapping[str, float]
    """All values reported at the best epoch, the mean over executions; includes `params` and `macs`."""
    spread: Mapping[str, float]
    """The standard deviation over executions (n - 1) by metric; empty if there is only one."""
    epochs: int
    """Epochs of the longest execution, from the very first one of the training."""
    saved: bool = False
    """Whether the requested model was saved."""
    unsaved: str | None = None
    """Why the model was not saved although its score qualifies: the disk is full, for instance."""
    note: str | None = None
    """Other deviations that do not affect the scores: no room for checkpoints, for instance."""
    stopped: str | None = None
    """Where and why it ended at one of its bars: its score is of the epochs until then."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A trial has finished without a result."""

    number: int
    kind: FailureKind
    reason: str
    """In one line."""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A training was stopped on request; its state is in the checkpoint."""

    number: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The process or machine of a trial was lost: the trial may be restarted from its checkpoint."""

    number: int
    reason: str
    elsewhere: bool = False
    """Whether the machine was lost, in which case the trial is not considered the cause."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores a saved model on the test set of the data."""

    model: str
    architecture: Architecture
    scores: Mapping[str, float] = field(default_factory=dict)
    """Filled in when this comes back."""
    reason: str | None = None
    """Why there are none, if it comes back without scores."""


Message = Started | EpochEnded | Alive | Trained | Failed | Stopped | Lost | Evaluation

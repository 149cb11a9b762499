"""What passes between a study and the processes that train: a task one way, messages the other. Knows no Keras.

Everything here can be pickled. A task holds all that a trial needs but the data, which a process is given once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.objective import Goal

FailureKind = Literal["error", "memory", "diverged", "timeout", "died"]
"""Why a trial gave no result: an exception, no memory left, no finite loss or score in any epoch, longer than its
limit, or the end of its process."""


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
    """The length that learning rate schedules are laid out for, where it is not `epochs`."""
    checkpoint: str | None = None
    """The checkpoint from which the training resumes. The study removes it after the result of the trial is
    recorded. None: no file."""
    checkpoint_seconds: float = 30.0
    """How much time of training at most a killed process loses."""
    start: str | None = None
    """The file of another trial's last state that this training continues, where `checkpoint` does not exist."""
    final: str | None = None
    """Where the last state of the first execution is left, for trials that continue it. None: nowhere."""
    model: str | None = None
    """Where the compiled model with its best weights is saved."""
    worth: float | None = None
    """The model is saved only where the first goal's score times its `sign` is below this. None: always."""
    tensorboard: str | None = None
    """The folder of TensorBoard logs. None: none are written."""


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
    """By goal: at the best epoch, the mean over executions."""
    metrics: Mapping[str, float]
    """All that was reported at the best epoch, the mean over executions; `params` and `macs` among them."""
    spread: Mapping[str, float]
    """The standard deviation over executions (n - 1) by metric; empty where there is one."""
    epochs: int
    """Epochs of the longest execution, from the very first one of the training."""
    saved: bool = False
    """Whether the model was saved where the task asked for it."""
    unsaved: str | None = None
    """Why it does not although it was worth it: the disk is full, for instance."""
    note: str | None = None
    """What else went otherwise than asked, and left the scores as they are: no room for checkpoints, for instance."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A trial has finished without a result."""

    number: int
    kind: FailureKind
    reason: str
    """In a line."""
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
    """Whether it was the machine that went, which says nothing against the trial."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Score a saved model on the test set of the data."""

    model: str
    architecture: Architecture
    scores: Mapping[str, float] = field(default_factory=dict)
    """Filled in where this comes back."""
    reason: str | None = None
    """Why there are none, where it comes back without."""


Message = Started | EpochEnded | Alive | Trained | Failed | Stopped | Lost | Evaluation

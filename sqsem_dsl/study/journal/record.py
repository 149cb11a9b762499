"""What a study knows of a trial, as its journal keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqsem_dsl.study.hyperparameters import Scalar

Status = Literal["running", "completed", "failed"]
Origin = Literal["search", "start", "reused", "baseline"]
"""Who wanted a trial: the algorithm, `--start-from`, the algorithm with a result that another study had; or it is a
network of another spec, which stands in a journal of its own (`study.baselines`)."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial. Numbers count from 1, times are seconds since 1970."""

    number: int
    values: Mapping[str, Scalar]
    """By hyperparameter, only the active ones, and the algorithm's own values (`tuner/…`)."""
    choices: Mapping[str, Any]
    """By path, as plain data: numbers, texts, flags, lists."""
    architecture: str
    """The id of the network, the same in every study."""
    training: str
    """The training settings as it is trained, as JSON with all defaults: `epochs` is `planned`."""
    params: int
    macs: int
    status: Status = "running"
    origin: Origin = "search"
    continues: int | None = None
    """The number of the trial whose training it continues."""
    planned: int = 0
    """Epochs of training that it was to have at most, those of the trial that it continues included."""
    epochs: int = 0
    """Epochs of training that it had: of the longest execution, those of the trial that it continues included."""
    schedule_epochs: int | None = None
    """The length that learning rate schedules are laid out for, where it is not `planned`."""
    scores: tuple[float, ...] = ()
    """By objective: at the best epoch, the mean over executions. Empty where there are none."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """All that was reported at the best epoch, the mean over executions."""
    spread: Mapping[str, float] = field(default_factory=dict)
    """The standard deviation over executions; empty where there is one."""
    seconds: float = 0.0
    """How long it ran, those parts included that were lost or cut off."""
    error: str | None = None
    """Which kind of failure it was (`task.FailureKind`), or `outdated` where the spec was edited."""
    reason: str | None = None
    """Why it failed, or where its result is from, in a line."""
    trace: str = ""
    """Where in the program it failed."""
    started: float = 0.0
    ended: float | None = None
    attempts: int = 0
    """How often it was started or resumed."""
    worker: str = ""
    valid: bool = True
    """Whether it is a trial of the spec as it is now."""
    memo: Mapping[str, Any] = field(default_factory=dict)
    """What the algorithm keeps in addition to the values."""

    @property
    def score(self) -> float | None:
        """By the first objective."""
        return self.scores[0] if self.scores else None


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was reported after an epoch, from 1, of an execution, from 0."""

    trial: int
    execution: int
    epoch: int
    metrics: Mapping[str, float]
    seconds: float

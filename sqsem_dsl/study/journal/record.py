"""The record of a trial in the journal of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqsem_dsl.study.stopping.bar import Bar

Status = Literal["running", "completed", "failed"]
Origin = Literal["search", "start", "reused", "baseline"]
"""The origin of a trial: the algorithm, `--start-from`, the algorithm with a result from another study, or a network of
another spec, which has a separate journal (`study.baselines`)."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial. Numbers count from 1, times are seconds since 1970."""

    number: int
    choices: Mapping[str, Any]
    """The active choices by path, in their JSON form (`ir.choices.encode_choices`): numbers, texts, flags, lists."""
    architecture: str
    """The id of the network, the same in every study."""
    training: str
    """The training settings of the trial, as JSON with all defaults: `epochs` is `planned`."""
    params: int
    macs: int
    status: Status = "running"
    origin: Origin = "search"
    continues: int | None = None
    """The number of the trial whose training it continues."""
    planned: int = 0
    """The maximum number of epochs of its training, including those of the trial that it continues."""
    epochs: int = 0
    """The epochs of its training: of the longest execution, including those of the trial that it continues."""
    schedule_epochs: int | None = None
    """The length for which learning rate schedules are planned, if it is not `planned`."""
    scores: tuple[float, ...] = ()
    """By objective: at the best epoch, the mean over executions. Empty if there are none."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """All values reported at the best epoch, the mean over executions."""
    spread: Mapping[str, float] = field(default_factory=dict)
    """The standard deviation over executions; empty if there is only one."""
    seconds: float = 0.0
    """Its running time, including interrupted and lost parts."""
    error: str | None = None
    """The kind of failure (`task.FailureKind`), or `outdated` if the spec was edited."""
    reason: str | None = None
    """Why it failed, or where its result is from, in one line."""
    trace: str = ""
    """The traceback of the failure."""
    started: float = 0.0
    ended: float | None = None
    attempts: int = 0
    """The number of times it was started or resumed."""
    worker: str = ""
    valid: bool = True
    """Whether it is a trial of the current spec."""
    memo: Mapping[str, Any] = field(default_factory=dict)
    """The algorithm's own data, which only the algorithm reads."""
    stops: tuple[Bar, ...] = ()
    """The scores that it must beat to train further, in the order of their epochs."""
    stopped: str | None = None
    """After which epoch and why it ended because others were better. Its score is of the epochs until then."""

    @property
    def share(self) -> float:
        """The part of its planned epochs after which it was stopped; 1 if it was not."""
        return 1.0 if self.stopped is None or not self.planned else self.epochs / self.planned

    @property
    def score(self) -> float | None:
        """By the first objective."""
        return self.scores[0] if self.scores else None

    @property
    def length(self) -> str:
        """The number of its epochs; if it was stopped, that of the planned ones, too: `3/9`."""
        return f"{self.epochs:,}" if self.stopped is None else f"{self.epochs:,}/{self.planned:,}"

    @property
    def remark(self) -> str:
        """Why it failed or was stopped, or where its result is from, in one line; empty for any other."""
        return self.reason or (f"stopped {self.stopped}" if self.stopped is not None else "")


@dataclass(frozen=True, slots=True)
class Epoch:
    """The values reported after an epoch, from 1, of an execution, from 0."""

    trial: int
    execution: int
    epoch: int
    metrics: Mapping[str, float]
    seconds: float

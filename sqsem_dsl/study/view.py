"""Where a study stands: what its display shows, and what decides whether it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import time

from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.record import Trial


@dataclass
class View:
    """The state of a running study. The study alone changes it."""

    goals: tuple[Goal, ...]
    trials: dict[int, Trial] = field(default_factory=dict)
    """Every valid trial by number, as it now is."""
    at_epoch: dict[int, int] = field(default_factory=dict)
    """Running trials: the epochs that are over, those of earlier executions included."""
    whole: dict[int, int] = field(default_factory=dict)
    """Running trials: the epochs that they are to have, by all executions together."""
    skipped: int = 0
    """Configurations put aside because they give a training that was had already."""
    best: Trial | None = None
    """The best one so far, by the first objective."""
    front: tuple[Trial, ...] = ()
    """The Pareto front so far, where there are several objectives."""
    limit: int | None = None
    """How many trials there are to be; None: as many as the algorithm needs."""
    hours: float | None = None
    """How long the study may take, all its processes one after another; None: as long as it needs."""
    before: float = 0.0
    """Seconds that earlier processes worked on it."""
    began: float = field(default_factory=time)
    workers: int = 1

    @property
    def elapsed(self) -> float:
        """Seconds that the study has taken, time between its processes apart."""
        return self.before + time() - self.began

    @property
    def running(self) -> list[Trial]:
        return [trial for trial in self.trials.values() if trial.status == "running"]

    @property
    def completed(self) -> list[Trial]:
        return [trial for trial in self.trials.values() if trial.status == "completed"]

    @property
    def failed(self) -> list[Trial]:
        return [trial for trial in self.trials.values() if trial.status == "failed"]

    @property
    def reused(self) -> int:
        return sum(trial.origin == "reused" for trial in self.trials.values())

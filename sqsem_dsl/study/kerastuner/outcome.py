"""What is known of a trial when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqsem_dsl.operators.row import Value


@dataclass(frozen=True, slots=True)
class Outcome:
    """One trial: what was chosen, what came of it, and what it cost. Numbers count from 1."""

    number: int
    choices: Mapping[str, Value]
    params: int
    macs: int
    seconds: float = 0.0
    epochs: int = 0
    """Epochs of training this model has had, those of the trial that it goes on from included."""
    score: float | None = None
    """The objective at the best epoch, the mean over executions; None where the trial failed."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Everything that was reported at that epoch."""
    reason: str | None = None
    """Why it failed, in a line."""

    @property
    def status(self) -> str:
        return "completed" if self.score is not None else "failed"

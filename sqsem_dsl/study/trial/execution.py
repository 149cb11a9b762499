"""The progress of one training of a trial: its epochs, the best of them, and its patience. Does not use Keras.

All of it except the weights goes into checkpoints as plain data, so that a resumed training makes the same decisions as
an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, nan
from typing import Any

from numpy.typing import NDArray

from sqsem_dsl.settings.optimizers import ReduceOnPlateau
from sqsem_dsl.settings.options import Patience
from sqsem_dsl.study.objective import Goal, deciding_metric
from sqsem_dsl.study.stopping.bar import Bar, stopped_at

Logs = dict[str, float]
"""The values reported after an epoch, by name."""


def merit(goals: Sequence[Goal], logs: Mapping[str, float]) -> float | None:
    """The merit of an epoch, less is better: by the first objective that training reports. None: it does not count,
    because its loss or an objective is not a finite number."""
    deciding, sign = deciding_metric(goals)
    values = [logs.get(goal.by_epoch[0], nan) for goal in goals]
    if not all(isfinite(x) for x in (*values, logs.get("loss", 0.0), logs.get("val_loss", 0.0))):
        return None
    return sign * logs[deciding]


@dataclass(slots=True)
class Execution:
    """One training, running or finished."""

    seed: int
    epochs: int = 0
    """Finished epochs."""
    batches: int = 0
    """Finished batches of the current epoch."""
    seconds: float = 0.0
    """Seconds spent on the current epoch."""
    history: list[tuple[Logs, float]] = field(default_factory=list)
    """The values reported after each epoch of this trial, and its seconds, without those of a trial that it
    continues."""
    ended: bool = False
    """Whether it has stopped early: no patience is left, the loss is NaN, or others were better."""
    stopped: str | None = None
    """Where and why it has stopped, if others were better."""
    best: float | None = None
    """The lowest `merit` of an epoch."""
    logs: Logs = field(default_factory=dict)
    """The values reported after the best epoch."""
    awaited: float | None = None
    """The best value so far that early stopping monitors."""
    waited: int = 0
    """Epochs without an improvement."""
    plateau: float | None = None
    """The best value so far by which the learning rate is reduced."""
    on_plateau: int = 0
    """Epochs without an improvement of it, since the last reduction."""
    weights: list[NDArray[Any]] | None = None
    """The weights of the best epoch, if they are needed."""

    @property
    def state_epoch(self) -> int:
        """The epoch, counted from 0, of its last step."""
        return self.epochs if self.batches else max(self.epochs - 1, 0)

    def epoch_ended(self, logs: Logs, goals: Sequence[Goal], patience: Patience | None) -> bool:
        """Counts an epoch; returns whether it is the best so far."""
        self.history.append((logs, self.seconds))
        self.epochs, self.batches, self.seconds = self.epochs + 1, 0, 0.0
        if not isfinite(logs.get("loss", 0.0)) or (patience is not None and self._is_late(logs, patience)):
            self.ended = True
        value = merit(goals, logs)
        if value is None or (self.best is not None and value >= self.best):
            return False
        self.best, self.logs = value, logs
        return True

    def compare(self, stops: Sequence[Bar], epochs: int) -> None:
        """Stops a training of so many epochs if its best epoch so far does not beat the bar of the last one."""
        bar = next((bar for bar in stops if bar.epoch == self.epochs), None)
        if bar is not None and not self.ended and not (self.best is not None and self.best < bar.bar):
            self.ended, self.stopped = True, stopped_at(self.epochs, epochs, bar.reason)

    def _is_late(self, logs: Logs, patience: Patience) -> bool:
        """Whether patience is exhausted: the monitored value has not improved by more than `min_delta` for so long."""
        value = logs.get(patience.monitor)
        if value is None:
            return False
        if patience.rises:
            value = -value
        self.waited += 1
        if self.awaited is None or value + patience.min_delta < self.awaited:
            self.awaited, self.waited = value, 0
        return self.waited >= patience.epochs and self.epochs > 1

    def reduces_rate(self, logs: Logs, schedule: ReduceOnPlateau) -> bool:
        """Whether the learning rate is reduced after an epoch: `schedule.patience` epochs did not improve the monitored
        value by more than `min_delta`, as `keras.callbacks.ReduceLROnPlateau` counts them."""
        value = logs.get(schedule.monitor)
        if value is None:
            return False
        if schedule.rises:
            value = -value
        self.on_plateau += 1
        if self.plateau is None or value + schedule.min_delta < self.plateau:
            self.plateau, self.on_plateau = value, 0
        if self.on_plateau < schedule.patience:
            return False
        self.on_plateau = 0
        return True

    def epochs_told(self) -> Iterator[tuple[int, Logs, float]]:
        """The epochs of this trial itself: number from 1, reported values, seconds."""
        before = self.epochs - len(self.history)
        for number, (logs, seconds) in enumerate(self.history, before + 1):
            yield number, logs, seconds

    def to_plain(self) -> dict[str, Any]:
        """Everything except the weights, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "weights"}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Execution:
        """The inverse of `to_plain`."""
        history = [(logs, seconds) for logs, seconds in plain["history"]]
        return cls(**{**plain, "history": history})


def by_merit(execution: Execution) -> float:
    """A sort key that puts the best execution first."""
    return inf if execution.best is None else execution.best

"""Callbacks for the training of one trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import keras

from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.trial.execution import merit


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Holds the weights of the best epoch in memory, with its reported values.

    An epoch whose loss or objective is not finite does not count. `facts` are added to the reported values.
    """

    def __init__(self, goal: Goal, facts: Mapping[str, float]) -> None:
        super().__init__()
        self.goal = goal
        self.facts = dict(facts)
        self.epochs = 0
        self.best: float | None = None
        self.logs: dict[str, float] = {}
        self.weights: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        found = {name: float(value) for name, value in (logs or {}).items()} | self.facts
        self.epochs = epoch + 1
        value = merit([self.goal], found)
        if value is not None and (self.best is None or value < self.best):
            self.best, self.logs = value, found
            self.weights = self.model.get_weights()


class EachEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls a function after every epoch, with its number from 1 and its metrics."""

    def __init__(self, tell: Callable[[int, Mapping[str, float]], None]) -> None:
        super().__init__()
        self.tell = tell

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.tell(epoch + 1, {name: float(value) for name, value in (logs or {}).items()})


class Follower(Protocol):
    """Follows the progress of a training. Epochs and batches count from 0."""

    def epoch_began(self) -> None: ...
    def batch_ended(self, batch: int) -> None: ...
    def validated(self) -> None:
        """A batch of the validation."""
        ...

    def epoch_ended(self, logs: dict[str, float]) -> bool:
        """Whether training continues."""
        ...


class Follow(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports every batch and epoch to a follower; its exceptions end the training immediately."""

    def __init__(self, follower: Follower) -> None:
        super().__init__()
        self.follower = follower

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.follower.epoch_began()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.follower.batch_ended(batch)

    def on_test_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.follower.validated()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if not self.follower.epoch_ended({name: float(value) for name, value in (logs or {}).items()}):
            self.model.stop_training = True

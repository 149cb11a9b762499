"""What goes along with the training of one trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite, nan
from typing import Any

import keras

from sqsem_dsl.study.objective import Goal


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Holds the weights of the best epoch in memory, with what was reported then.

    An epoch whose loss or objective is not finite does not count. `facts` are added to what is reported.
    """

    def __init__(self, goal: Goal, facts: Mapping[str, float]) -> None:
        super().__init__()
        self.deciding, self.sign = goal.by_epoch
        self.facts = dict(facts)
        self.epochs = 0
        self.best: float | None = None
        self.logs: dict[str, float] = {}
        self.weights: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        found = {name: float(value) for name, value in (logs or {}).items()} | self.facts
        self.epochs = epoch + 1
        value = self.sign * found.get(self.deciding, nan)
        if not all(isfinite(x) for x in (value, found.get("loss", 0.0), found.get("val_loss", 0.0))):
            return
        if self.best is None or value < self.best:
            self.best, self.logs = value, found
            self.weights = self.model.get_weights()


class EachEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells a function of every epoch: its number from 1, and what was reported."""

    def __init__(self, tell: Callable[[int, Mapping[str, float]], None]) -> None:
        super().__init__()
        self.tell = tell

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.tell(epoch + 1, {name: float(value) for name, value in (logs or {}).items()})

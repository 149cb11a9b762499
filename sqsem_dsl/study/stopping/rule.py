"""The rule that stops the trials of one study."""

from __future__ import annotations

from sqsem_dsl.settings.search import EachToItsEnd, Stopping
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.stopping.bar import Bar
from sqsem_dsl.study.stopping.bars import bars_for, is_compared
from sqsem_dsl.study.stopping.trainings import Trainings


class Rule:
    """The rule that stops the trials of a study, with the results that it compares."""

    def __init__(self, stopping: Stopping, goal: Goal) -> None:
        self.stopping = stopping
        self.trainings = Trainings(goal, lambda epoch: is_compared(stopping, epoch))

    @property
    def is_on(self) -> bool:
        """Whether any trial is stopped."""
        return not isinstance(self.stopping, EachToItsEnd)

    def bars(self, epochs: int, after: int = 0) -> tuple[Bar, ...]:
        """What a trial that starts now must beat to train for all its `epochs`, of which the first `after` are done."""
        return bars_for(self.stopping, self.trainings, epochs, after)

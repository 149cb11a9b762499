"""The trainings of a study as `stopping` compares them: their results at each epoch, and those that were stopped.

A training is that of a trial and of the trials that continue it. Everything here is kept in order as results arrive,
so that a decision takes no longer in a study of many trials.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from math import inf

from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.trial.execution import merit

Place = tuple[float, int]
"""The best merit of a training so far, less is better, and the number of its first trial: of equal ones the earlier
is better."""


class Trainings:
    """All trainings so far, from the records of a study. Only their first execution is compared."""

    def __init__(self, goal: Goal, compared: Callable[[int], bool]) -> None:
        """`compared`: whether trainings are compared at the end of an epoch, from 1."""
        self.goal, self.compared = goal, compared
        self.configurations = 0
        """Trials that have started, without those that continue a stopped one."""
        self.finished = 0
        """Trainings that have completed without being stopped."""
        self.running: dict[int, Trial] = {}
        self._first: dict[int, int] = {}
        """For a trial that continues another, the first trial of its training."""
        self._best: dict[int, list[float]] = {}
        """By first trial, the best merit up to each epoch, of trainings that may still continue."""
        self._results: dict[int, list[Place]] = {}
        """By epoch, best first."""
        self._stopped: dict[int, list[Place]] = {}
        """By the epoch at which they were stopped, best first, those that no trial has continued."""
        self._last: dict[int, Trial] = {}
        """By first trial, the last trial of each of them."""

    # ---- events, in the order of the study

    def begin(self, trial: Trial) -> None:
        """A trial has started."""
        self.running[trial.number] = trial
        if trial.continues is None:
            self.configurations += 1
            return
        first = self._first[trial.number] = self._first.get(trial.continues, trial.continues)
        past = self._last.pop(first, None)
        if past is not None:
            self._stopped[past.epochs].remove((self._merit_of(past), first))

    def epoch(self, row: Epoch) -> None:
        """A trial has reported an epoch, perhaps once more after an interruption."""
        if row.execution:
            return
        first = self._first.get(row.trial, row.trial)
        best, at = self._best.setdefault(first, []), row.epoch - 1
        before = best[min(at, len(best)) - 1] if at and best else inf
        found = merit((self.goal,), row.metrics)
        now = before if found is None else min(before, found)
        old = best[at] if at < len(best) else None
        best[at:] = [*[before] * (at - len(best)), now, *best[at + 1 :]]
        if now != old and self.compared(row.epoch):
            results = self._results.setdefault(row.epoch, [])
            place = bisect_left(results, (inf if old is None else old, first))
            if place < len(results) and results[place] == (old, first):
                del results[place]
            insort(results, (now, first))

    def end(self, trial: Trial) -> None:
        """A trial has ended."""
        self.running.pop(trial.number, None)
        first = self._first.get(trial.number, trial.number)
        if trial.status == "completed" and trial.stopped is not None:
            insort(self._stopped.setdefault(trial.epochs, []), (self._merit_of(trial), first))
            self._last[first] = trial
            return
        self.finished += trial.status == "completed"
        self._best.pop(first, None)

    def _merit_of(self, trial: Trial) -> float:
        """A stopped trial has one execution, whose best epoch gives its score."""
        return self.goal.sign * trial.scores[0]

    # ---- comparisons

    def at(self, epoch: int) -> Sequence[Place]:
        """The results of all trainings that have reached an epoch, best first."""
        return self._results.get(epoch, ())

    def promotable(self, factor: int) -> Trial | None:
        """The best stopped trial of those that came furthest and are now among the best `1 / factor` at their epoch."""
        for epoch, stopped in self._furthest():
            results = self.at(epoch)
            if bisect_left(results, stopped[0]) < len(results) // factor:
                return self._last[stopped[0][1]]
        return None

    def leader(self) -> Trial | None:
        """The best of the stopped trials that came furthest."""
        return next((self._last[stopped[0][1]] for _, stopped in self._furthest()), None)

    def needed(self, kept: int) -> frozenset[int]:
        """The trials whose last state another trial may continue: running ones that may be stopped, those that running
        ones continue, and the best `kept` stopped ones of each epoch."""
        running = self.running.values()
        found = {trial.number for trial in running if trial.stops}
        found |= {trial.continues for trial in running if trial.continues is not None}
        found |= {self._last[first].number for _, stopped in self._furthest() for _, first in stopped[:kept]}
        return frozenset(found)

    def _furthest(self) -> list[tuple[int, list[Place]]]:
        """The epochs at which trials are stopped, from the last one, with those that may be continued."""
        found = sorted(self._stopped.items(), reverse=True)
        return [(epoch, stopped) for epoch, stopped in found if stopped and self.compared(epoch)]

"""The state of a study: the data of its display, and of the decision whether it continues."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from time import time

from sqsem_dsl.study.journal.ranking import Place, place
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal


@dataclass
class View:
    """The state of a running study. Only the study changes it."""

    goals: tuple[Goal, ...]
    trials: dict[int, Trial] = field(default_factory=dict)
    """Every valid trial by number, with its current fields."""
    at_epoch: dict[int, int] = field(default_factory=dict)
    """Running trials: the number of finished epochs, including those of earlier executions."""
    whole: dict[int, int] = field(default_factory=dict)
    """Running trials: the planned epochs of all executions together."""
    skipped: int = 0
    """Configurations skipped because they repeat an earlier training."""
    ranking: list[Trial] = field(default_factory=list)
    """The completed trials, best first in the order of `ranking.place`."""
    front: list[Trial] = field(default_factory=list)
    """The Pareto front so far, if there are several objectives, in the same order."""
    counts: Counter[str] = field(default_factory=Counter)
    """The number of finished trials by status, under `reused` of those trained in another study, under `stopped` of
    those that were stopped early, and under `continued` of those that continue one of them."""
    limit: int | None = None
    """The planned number of trials; None: as many as the algorithm needs."""
    counted_by_algorithm: bool = False
    """Whether the algorithm knows when there are enough trials, because it continues stopped ones in addition."""
    hours: float | None = None
    """The time limit of the study, for all its processes in sequence; None: as long as it needs."""
    before: float = 0.0
    """Seconds that earlier processes worked on it."""
    began: float = field(default_factory=time)
    workers: int = 1
    _continued: set[int] = field(default_factory=set)
    """The trials that continue a stopped one."""

    @property
    def elapsed(self) -> float:
        """Total seconds of the study, without the time between its processes."""
        return self.before + time() - self.began

    @property
    def best(self) -> Trial | None:
        """The best one so far, by the first objective."""
        return self.ranking[0] if self.ranking else None

    @property
    def running(self) -> list[Trial]:
        """The running trials."""
        return [self.trials[number] for number in self.at_epoch]

    @property
    def configurations(self) -> int:
        """The trials that have started, without those that continue a stopped one."""
        return len(self.trials) - len(self._continued)

    @property
    def finished(self) -> int:
        """The trials that have finished, without those that continue a stopped one."""
        return self.counts["completed"] + self.counts["failed"] - self.counts["continued"]

    def root(self, trial: Trial) -> int:
        """The number of the trial that began the training which a trial continues, directly or through others."""
        while trial.continues is not None and trial.continues in self.trials:
            trial = self.trials[trial.continues]
        return trial.number

    def epochs_before(self, continues: int | None) -> int:
        """The epochs that are done of a training that continues this trial; none if it continues no trial."""
        return 0 if continues is None else self.trials[continues].epochs

    def started(self, trial: Trial) -> None:
        """Records that a trial has started."""
        self.trials[trial.number] = trial
        before = None if trial.continues is None else self.trials.get(trial.continues)
        if before is not None and before.stopped is not None:
            self._continued.add(trial.number)

    def submitted(self, number: int, whole: int) -> None:
        """Records that a trial is running: `whole` are the planned epochs of all executions together."""
        self.at_epoch[number], self.whole[number] = 0, whole

    def left(self, number: int) -> None:
        """Records that a trial is no longer running, finished or not."""
        self.at_epoch.pop(number, None)
        self.whole.pop(number, None)

    def ended(self, trial: Trial) -> None:
        """Records that a trial has finished."""
        self.trials[trial.number] = trial
        self.counts[trial.status] += 1
        self.counts["continued"] += trial.number in self._continued
        self.counts["stopped"] += trial.stopped is not None
        self.counts["reused"] += trial.origin == "reused"
        if trial.status == "completed":
            insort(self.ranking, trial, key=self._place)
            if len(self.goals) > 1 and not any(self._beats(other, trial) for other in self.front):
                self.front = [other for other in self.front if not self._beats(trial, other)]
                insort(self.front, trial, key=self._place)

    def _place(self, trial: Trial) -> Place:
        return place(trial, self.goals[0])

    def _beats(self, one: Trial, other: Trial) -> bool:
        """Whether one trial dominates another: no worse in any objective and better in one, or equal in all and earlier
        in order."""
        pairs = [
            (goal.sign * a, goal.sign * b) for goal, a, b in zip(self.goals, one.scores, other.scores, strict=True)
        ]
        return all(a <= b for a, b in pairs) and (any(a < b for a, b in pairs) or self._place(one) < self._place(other))

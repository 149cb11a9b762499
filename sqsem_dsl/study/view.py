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
    """The number of finished trials by status, and under `reused` of those trained in another study."""
    limit: int | None = None
    """The planned number of trials; None: as many as the algorithm needs."""
    hours: float | None = None
    """The time limit of the study, for all its processes in sequence; None: as long as it needs."""
    before: float = 0.0
    """Seconds that earlier processes worked on it."""
    began: float = field(default_factory=time)
    workers: int = 1

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

    def over(self, trial: Trial) -> None:
        """Records that a trial has finished."""
        self.trials[trial.number] = trial
        self.counts[trial.status] += 1
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

"""What a display shows of a running study: counts, running trials, the best trial, and the remaining time."""

from __future__ import annotations

from dataclasses import dataclass
from time import time

from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.progress.progress import result
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.numbers import counted, four_digits
from sqsem_dsl.utils.visible import visible

FEWEST = 2
"""Trials that must have finished before an estimate is shown."""


class Clock:
    """The remaining time of a study, estimated from its finished trials."""

    def __init__(self, view: View) -> None:
        self._count, self._seconds = 0, 0.0
        for trial in view.trials.values():
            self.add(trial)

    def add(self, trial: Trial) -> None:
        """Records a finished trial. A result from another study took no time."""
        if trial.status == "completed" and trial.origin != "reused":
            self._count += 1
            self._seconds += trial.seconds

    def left(self, view: View) -> float | None:
        """Seconds until the last trial finishes or the time limit is reached; None if too little is known."""
        times = []
        if view.limit is not None and self._count >= FEWEST:
            mean = self._seconds / self._count
            finished = view.finished
            parts = [min(1.0, view.at_epoch.get(n, 0) / whole) for n, whole in view.whole.items() if whole]
            waiting = max(0, view.limit - finished) - sum(parts)
            times.append(max(0.0, waiting) * mean / max(1, view.workers))
        if view.hours is not None and self._count >= FEWEST:
            times.append(max(0.0, view.hours * 3600 - view.elapsed))
        return min(times, default=None)


@dataclass(frozen=True)
class Shown:
    """The content of a display: a copy of the study's state, because another thread may render it."""

    finished: int
    limit: int | None
    counts: str
    best: str
    running: tuple[tuple[int, int, int, str], ...]
    """For each running trial: its number, its finished and planned epochs, and its scores."""
    began: float
    """When the study would have started if it had run without interruption."""
    done: float | None
    """When it will finish."""


class Standing:
    """Follows a study, and makes the content of its display."""

    def __init__(self, view: View) -> None:
        self._clock = Clock(view)
        self._said: dict[int, str] = {}
        """What is known about the running trials."""

    def started(self, trial: Trial) -> None:
        self._said[trial.number] = f"{trial.params:,} parameters"

    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None:
        metric = next((goal.metric for goal in view.goals if goal.metric in epoch.metrics), None)
        said = [f"{metric} {four_digits(epoch.metrics[metric])}"] if metric else []
        where = [trial.worker] if view.workers > 1 and trial.worker else []
        self._said[trial.number] = visible("  ".join(said + where))

    def ended(self, trial: Trial) -> None:
        self._clock.add(trial)
        self._said.pop(trial.number, None)

    def shown(self, view: View) -> Shown:
        """The content now."""
        left = self._clock.left(view)
        running = tuple(
            (number, finished, view.whole.get(number, 0), self._said.get(number, ""))
            for number, finished in view.at_epoch.items()
        )
        counts = view.counts
        parts = [
            (len(running), "running"),
            (counts["failed"], "failed"),
            (counts["stopped"], "stopped early"),
            (view.skipped, "skipped as duplicates"),
            (counts["reused"], "reused"),
        ]
        return Shown(
            finished=view.finished,
            limit=view.limit,
            counts=counted(parts),
            best=visible(_best(view)),
            running=running,
            began=time() - view.elapsed,
            done=None if left is None else time() + left,
        )


def _best(view: View) -> str:
    """The best trial with its size; for several objectives, also the number of trials on the front."""
    best = view.best
    if best is None:
        return ""
    front = f"; front of {len(view.front)}" if len(view.goals) > 1 else ""
    return f"best: trial {best.number}, {result(best, view.goals)}{front}"

"""How much longer a study takes."""

from __future__ import annotations

from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.view import View

FEWEST = 2
"""Trials that must have been trained before anything is said."""


class Clock:
    """How long a study will take yet, from what its trials took."""

    def __init__(self, view: View) -> None:
        self._count, self._seconds = 0, 0.0
        for trial in view.trials.values():
            self.add(trial)

    def add(self, trial: Trial) -> None:
        """Note a trial that is over. What another study trained took no time."""
        if trial.status == "completed" and trial.origin != "reused":
            self._count += 1
            self._seconds += trial.seconds

    def left(self, view: View) -> float | None:
        """Seconds until the last trial is over, or the time is; None where too little is known."""
        times = []
        if view.limit is not None and self._count >= FEWEST:
            mean = self._seconds / self._count
            over = view.counts["completed"] + view.counts["failed"]
            parts = [min(1.0, view.at_epoch.get(n, 0) / whole) for n, whole in view.whole.items() if whole]
            waiting = max(0, view.limit - over) - sum(parts)
            times.append(max(0.0, waiting) * mean / max(1, view.workers))
        if view.hours is not None and self._count >= FEWEST:
            times.append(max(0.0, view.hours * 3600 - view.elapsed))
        return min(times, default=None)

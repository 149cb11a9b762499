"""The conditions under which a study ends, and a trial has taken too long."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqsem_dsl.study.view import View

STALLED = 30 * 60.0
"""Seconds without a finished batch, or any other message of a trial, after which it counts as hung."""
MAX_SAME_FAILURES = 5
"""After so many identical failures in a row the study ends: the next trial would fail as well."""
MAX_DIVERGED = 15
"""The same for losses that diverge: in a searched range of settings, many may do so."""


def enough(view: View, target: float | None) -> str | None:
    """Why no further trial is started; None if one is."""
    goal = view.goals[0]
    best = view.best
    if target is not None and best is not None and goal.sign * best.scores[0] <= goal.sign * target:
        return f"the target is reached: {goal.metric} {best.scores[0]:.4g}, wanted {target:g}"
    if view.hours is not None and view.elapsed >= view.hours * 3600:
        return f"the time limit of {view.hours:g} hours is reached"
    if view.limit is not None and view.configurations >= view.limit and not view.counted_by_algorithm:
        return all_done(view.limit)
    return None


def all_done(trials: int) -> str:
    """That so many trials, all of a search, were started."""
    return f"all {trials} trials are done" if trials != 1 else "the one trial is done"


class Failures:
    """Counts identical failures in a row."""

    def __init__(self) -> None:
        self.count = 0
        self.kind = ""
        self.reason = ""
        self._pattern = ""

    def add(self, kind: str, reason: str) -> bool:
        """Records a failure; returns whether there were too many like it."""
        # Sizes and addresses differ between trials that fail for the same reason.
        pattern = re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "#", f"{kind} {reason}")
        self.count = self.count + 1 if pattern == self._pattern else 1
        self._pattern, self.kind, self.reason = pattern, kind, reason
        return self.count >= (MAX_DIVERGED if kind == "diverged" else MAX_SAME_FAILURES)

    def success(self) -> None:
        self.count, self._pattern = 0, ""


def overdue(
    now: float, started: Mapping[int, float], heard: Mapping[int, float], minutes: float | None
) -> dict[int, str]:
    """The trials that take too long, each with a message. Times are seconds of one clock: the start of each training,
    which process startup or a full cluster may delay, and the last message of each."""
    found = {}
    for number, last in heard.items():
        if minutes is not None and number in started and now - started[number] > minutes * 60:
            found[number] = f"it took longer than {minutes:g} minutes"
        elif now - last > STALLED:
            found[number] = f"it has not responded for {STALLED / 60:g} minutes"
    return found

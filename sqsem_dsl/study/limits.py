"""When a study ends, and when a trial has taken too long."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqsem_dsl.study.view import View

STALLED = 30 * 60.0
"""Seconds without a batch that ends, or anything else heard of a trial, after which it hangs."""
MAX_SAME_FAILURES = 5
"""So many trials in a row that fail alike end a study: the next would fail as well."""
MAX_DIVERGED = 15
"""The same for losses that grow without end: settings may be searched of which many do."""


def enough(view: View, target: float | None) -> str | None:
    """Why no further trial is started; None if one is."""
    goal = view.goals[0]
    best = view.best
    if target is not None and best is not None and goal.sign * best.scores[0] <= goal.sign * target:
        return f"the target is reached: {goal.metric} {best.scores[0]:.4g}, wanted {target:g}"
    if view.hours is not None and view.elapsed >= view.hours * 3600:
        return f"the time limit of {view.hours:g} hours is reached"
    if view.limit is not None and len(view.trials) >= view.limit:
        return f"all {view.limit} trials are done" if view.limit != 1 else "the one trial is done"
    return None


class Failures:
    """Counts failures in a row that are alike."""

    def __init__(self) -> None:
        self.count = 0
        self.kind = ""
        self.reason = ""
        self._pattern = ""

    def add(self, kind: str, reason: str) -> bool:
        """Note a failure; whether there were too many of its like."""
        # Sizes and addresses differ between trials that fail for the same reason.
        pattern = re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "#", f"{kind} {reason}")
        self.count = self.count + 1 if pattern == self._pattern else 1
        self._pattern, self.kind, self.reason = pattern, kind, reason
        return self.count >= (MAX_DIVERGED if kind == "diverged" else MAX_SAME_FAILURES)

    def success(self) -> None:
        self.count, self._pattern = 0, ""


def overdue(
    now: float, begun: Mapping[int, float], heard: Mapping[int, float], minutes: float | None
) -> dict[int, str]:
    """The trials that take too long, with what to say of each. Times are seconds of one clock: since when each trains,
    which a process that starts up or a full cluster may delay, and when each was last heard of."""
    found = {}
    for number, last in heard.items():
        if minutes is not None and number in begun and now - begun[number] > minutes * 60:
            found[number] = f"it took longer than {minutes:g} minutes"
        elif now - last > STALLED:
            found[number] = f"it has not responded for {STALLED / 60:g} minutes"
    return found

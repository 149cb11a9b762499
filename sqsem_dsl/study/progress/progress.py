"""The progress of a study on a terminal: a live display if the terminal and `rich` support it, otherwise a line for
each trial.

An error of the stream never ends a search: its reader may have ended, or its disk may be full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TextIO

from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.numbers import four_digits

UNITS = {
    "params": "parameters",
    "macs": "MACs",
    "memory": "bytes of memory",
    "flash": "bytes of flash",
    "latency": "ns",
}
"""What counts as objectives count."""


class Progress(Protocol):
    """The events of a study as it runs. The view shows the state after the event."""

    def begin(self, title: str, view: View) -> None: ...
    def remark(self, text: str) -> None: ...
    def started(self, trial: Trial, view: View) -> None: ...
    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None: ...
    def ended(self, trial: Trial, view: View) -> None: ...
    def close(self) -> None: ...


class NullProgress:
    """Nothing is shown."""

    def begin(self, title: str, view: View) -> None: ...
    def remark(self, text: str) -> None: ...
    def started(self, trial: Trial, view: View) -> None: ...
    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None: ...
    def ended(self, trial: Trial, view: View) -> None: ...
    def close(self) -> None: ...


class LineProgress(NullProgress):
    """A line for each trial: for logs, and for terminals without `rich`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = BestEffortStream(stream)

    def begin(self, title: str, view: View) -> None:
        self.remark(title)

    def remark(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def ended(self, trial: Trial, view: View) -> None:
        self.remark(line(trial, view) + so_far(trial, view))


class CompositeProgress:
    """Passes every event to several progresses."""

    def __init__(self, followers: Sequence[Progress]) -> None:
        self._followers = tuple(followers)

    def begin(self, title: str, view: View) -> None:
        for follower in self._followers:
            follower.begin(title, view)

    def remark(self, text: str) -> None:
        for follower in self._followers:
            follower.remark(text)

    def started(self, trial: Trial, view: View) -> None:
        for follower in self._followers:
            follower.started(trial, view)

    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None:
        for follower in self._followers:
            follower.epoch(trial, epoch, view)

    def ended(self, trial: Trial, view: View) -> None:
        for follower in self._followers:
            follower.ended(trial, view)

    def close(self) -> None:
        for follower in self._followers:
            follower.close()


class BestEffortStream:
    """A text stream that ignores errors in writing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # ValueError: it was closed
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                encoding = self._stream.encoding or "ascii"
                self._stream.write(text.encode(encoding, "replace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def line(trial: Trial, view: View) -> str:
    """A finished trial, in one line."""
    head = f"trial {trial.number}" + (f"/{view.limit}" if view.limit and not view.counted_by_algorithm else "")
    if view.counted_by_algorithm and trial.continues is not None:
        head += f", continuing trial {trial.continues}"
    if trial.status == "failed":
        return f"{head}: failed, {trial.reason}"
    how = f"reused: {trial.reason}" if trial.origin == "reused" else f"{trial.seconds:.1f} s"
    early = "" if trial.stopped is None else f", stopped at {trial.length}"
    return f"{head}: {result(trial, view.goals)}, {how}{early}"


def result(trial: Trial, goals: Sequence[Goal]) -> str:
    """The scores of a trial with its size."""
    scores = [_named(goal, score_of(trial, at, goal)) for at, goal in enumerate(goals)]
    size = [] if any(goal.metric == "params" for goal in goals) else [f"{trial.params:,} parameters"]
    return ", ".join([*scores, *size])


def score_of(trial: Trial, at: int, goal: Goal) -> str:
    """The value of objective number `at` of a trial; None if training has not reported it."""
    if goal.metric in ("params", "macs"):
        return four_digits(trial.params if goal.metric == "params" else trial.macs)
    if goal.metric in COUNTS:
        return four_digits(int(trial.scores[at])) if at < len(trial.scores) else ""
    return four_digits(trial.scores[at], trial.spread.get(goal.metric)) if at < len(trial.scores) else ""


def classes_lines(classes: Mapping[str, Sequence[str]], most: int = 10) -> list[str]:
    """A line for each output, with its classes in the order of its units.

    >>> classes_lines({"label": ["cat", "dog"]})
    ['label: cat, dog']
    >>> classes_lines({"label": ["a", "b", "c"]}, most=2)
    ['label: a, b, … (3 in all)']
    >>> classes_lines({"mask": ["0", "255"]})
    ['mask: 0 = 0, 1 = 255']
    """
    lines = []
    for output, names in classes.items():
        values = any(
            name != str(number) and (name.isdecimal() or name.startswith("#")) for number, name in enumerate(names)
        )
        shown = [f"{number} = {name}" if values else name for number, name in enumerate(names[:most])]
        more = f", … ({len(names):,} in all)" if len(names) > most else ""
        lines.append(f"{output}: {', '.join(shown)}{more}")
    return lines


def _named(goal: Goal, score: str) -> str:
    """A score with the name of its metric, in reading order."""
    if goal.metric in COUNTS:
        return f"{score} {UNITS[goal.metric]}"
    return f"{goal.metric} {score}"


def so_far(trial: Trial, view: View) -> str:
    """The best trial so far, as the end of another trial's line; for several objectives, the size of the front."""
    best = view.best
    if trial.status == "failed" or best is None:
        return ""
    if len(view.goals) > 1:
        within = any(other.number == trial.number for other in view.front)
        return f"; {'on the' if within else 'the'} front of {len(view.front)}"
    return f"; best {score_of(best, 0, view.goals[0])} (trial {best.number})"

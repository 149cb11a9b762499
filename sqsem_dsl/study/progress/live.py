"""A running study on a terminal: a bar for all trials, one for each running trial, and the current results."""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.progress.progress import BestEffortStream, line, result
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.numbers import counted, duration, four_digits
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


MOST = 8
"""Running trials that have a bar."""
BAR = 24
"""Columns of a bar."""


@dataclass(frozen=True)
class Shown:
    """The content of the display: a copy of the study's state, because another thread renders it."""

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


class Display:
    """The live display. Lines for finished trials and remarks are printed above it."""

    def __init__(self, stream: TextIO) -> None:
        self._shown: Shown | None = None
        self._said: dict[int, str] = {}
        console = Console(file=cast(TextIO, BestEffortStream(stream)), highlight=False)
        self.live = Live(console=console, transient=True, get_renderable=self._rendered)

    def begin(self, title: str, view: View) -> None:
        self._clock = Clock(view)
        self._show(view)
        self.live.start()
        self.remark(title)

    def remark(self, text: str) -> None:
        self.live.console.print(visible(text, "\n"), markup=False, soft_wrap=True)

    def started(self, trial: Trial, view: View) -> None:
        self._said[trial.number] = f"{trial.params:,} parameters"
        self._show(view)

    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None:
        metric = next((goal.metric for goal in view.goals if goal.metric in epoch.metrics), None)
        said = [f"{metric} {four_digits(epoch.metrics[metric])}"] if metric else []
        where = [trial.worker] if view.workers > 1 and trial.worker else []
        self._said[trial.number] = visible("  ".join(said + where))
        self._show(view)

    def ended(self, trial: Trial, view: View) -> None:
        self._clock.add(trial)
        self._said.pop(trial.number, None)
        self._show(view)
        self.remark(line(trial, view))

    def close(self) -> None:
        self.live.stop()

    def _show(self, view: View) -> None:
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
        self._shown = Shown(
            finished=view.finished,
            limit=view.limit,
            counts=counted(parts),
            best=visible(_best(view)),
            running=running,
            began=time() - view.elapsed,
            done=None if left is None else time() + left,
        )

    def _rendered(self) -> RenderableType:
        shown = self._shown
        if shown is None:
            return Text("")
        table = Table.grid(padding=(0, 1))
        for _ in range(3):
            table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        of = f"/{shown.limit:,}" if shown.limit else ""
        left = "" if shown.done is None else f", {duration(max(0.0, shown.done - time()))} left"
        elapsed = duration(time() - shown.began)
        table.add_row("trials", _bar(shown.finished, shown.limit), f"{shown.finished:,}{of}", f"{elapsed}{left}")
        for number, finished, whole, said in shown.running[:MOST]:
            bar = _bar(finished, whole or None)
            table.add_row(f"trial {number}", bar, f"{finished}/{whole}" if whole else f"{finished}", said, style="dim")
        more = len(shown.running) - MOST
        below = [f"… and {more} more" if more > 0 else "", shown.counts, shown.best]
        return Group(table, *(Text(text, no_wrap=True, overflow="ellipsis") for text in below if text))


def _bar(finished: int, whole: int | None) -> RenderableType:
    return ProgressBar(total=whole, completed=finished, width=BAR) if whole else Text("")


def _best(view: View) -> str:
    """The best trial with its size; for several objectives, also the number of trials on the front."""
    best = view.best
    if best is None:
        return ""
    front = f"; front of {len(view.front)}" if len(view.goals) > 1 else ""
    return f"best: trial {best.number}, {result(best, view.goals)}{front}"

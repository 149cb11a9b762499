"""A running study on a terminal: a bar for all trials, one for each running trial, and the current results."""

from __future__ import annotations

from time import time
from typing import TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.progress.progress import BestEffortStream, line
from sqsem_dsl.study.progress.standing import Shown, Standing
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.numbers import duration
from sqsem_dsl.utils.visible import visible

MOST = 8
"""Running trials that have a bar."""
BAR = 24
"""Columns of a bar."""


class Display:
    """The live display. Lines for finished trials and remarks are printed above it."""

    def __init__(self, stream: TextIO) -> None:
        self._shown: Shown | None = None
        console = Console(file=cast(TextIO, BestEffortStream(stream)), highlight=False)
        self.live = Live(console=console, transient=True, get_renderable=self._rendered)

    def begin(self, title: str, view: View) -> None:
        self._standing = Standing(view)
        self._shown = self._standing.shown(view)
        self.live.start()
        self.remark(title)

    def remark(self, text: str) -> None:
        self.live.console.print(visible(text, "\n"), markup=False, soft_wrap=True)

    def started(self, trial: Trial, view: View) -> None:
        self._standing.started(trial)
        self._shown = self._standing.shown(view)

    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None:
        self._standing.epoch(trial, epoch, view)
        self._shown = self._standing.shown(view)

    def ended(self, trial: Trial, view: View) -> None:
        self._standing.ended(trial)
        self._shown = self._standing.shown(view)
        self.remark(line(trial, view))

    def close(self) -> None:
        self.live.stop()

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

"""A running study in a notebook: one output of the cell, which is updated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from html import escape
from time import monotonic, time
from typing import Any

from IPython.display import display

from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.progress.progress import line, so_far
from sqsem_dsl.study.progress.standing import Shown, Standing
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import duration
from sqsem_dsl.utils.visible import visible

INTERVAL = 0.5
"""The least seconds between two updates for trials: thousands of them would be too many messages for a browser."""
FIRST = 20
"""The most remarks that are shown from before the first trial: on the data, the algorithm and the workers."""
LATEST = 5
"""The most finished trials and later remarks that are shown: the last ones."""
MOST = 8
"""The most running trials that are shown."""


class NotebookProgress:
    """The output of one search. The first message makes it, and it stays with the last state."""

    def __init__(self) -> None:
        self._output: Any = None
        self._updated = 0.0
        self._standing: Standing | None = None
        self._view: View | None = None
        self._first: deque[str] = deque(maxlen=FIRST)
        self._latest: deque[str] = deque(maxlen=LATEST)

    def begin(self, title: str, view: View) -> None:
        self._standing, self._view = Standing(view), view
        self.remark(title)

    def remark(self, text: str) -> None:
        trials = self._view is not None and (self._view.at_epoch or self._latest)
        (self._latest if trials else self._first).append(text)
        self._update()

    def started(self, trial: Trial, view: View) -> None:
        if self._standing is not None:
            self._standing.started(trial)
        self._update_sometimes()

    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None:
        if self._standing is not None:
            self._standing.epoch(trial, epoch, view)
        self._update_sometimes()

    def ended(self, trial: Trial, view: View) -> None:
        if self._standing is not None:
            self._standing.ended(trial)
        self._latest.append(line(trial, view) + so_far(trial, view))
        self._update_sometimes()

    def close(self) -> None:
        self._update()

    def _update_sometimes(self) -> None:
        if monotonic() - self._updated >= INTERVAL:
            self._update()

    def _update(self) -> None:
        shown = None
        if self._standing is not None and self._view is not None:
            shown = self._standing.shown(self._view)
        lines = [visible(text, "\n") for text in (*self._first, *self._latest)]
        forms = {
            "text/plain": "\n".join([*lines, *(_facts(shown) if shown else ())]),
            "text/html": "".join([*map(_line, lines), *(_state(shown) if shown else ())]),
        }
        if self._output is None:
            self._output = display(forms, raw=True, display_id=True)  # type: ignore[no-untyped-call, unused-ignore]
        else:
            self._output.update(forms, raw=True)
        self._updated = monotonic()


def _line(text: str) -> str:
    return f"<div>{escape(text)}</div>"


def _facts(shown: Shown) -> list[str]:
    """The counts and the best trial, without what changes with time alone."""
    of = f"/{shown.limit:,}" if shown.limit else ""
    return [text for text in (f"{shown.finished:,}{of} trials", shown.counts, shown.best) if text]


def _state(shown: Shown) -> Iterator[str]:
    """A bar for all trials, the counts, the best trial, and a table of the running ones."""
    finished, *more = _facts(shown)
    elapsed = duration(time() - shown.began)
    left = "" if shown.done is None else f", {duration(max(0.0, shown.done - time()))} left"
    bar = (
        f'<progress max="{shown.limit}" value="{min(shown.finished, shown.limit)}"></progress> ' if shown.limit else ""
    )
    yield f"<div>{bar}{escape(f'{finished}, {elapsed}{left}')}</div>"
    yield from map(_line, more)
    if shown.running:
        rows = [
            [number, f"{done}/{whole}" if whole else str(done), said] for number, done, whole, said in shown.running
        ]
        hidden = len(rows) - MOST
        title = "running trials" + (f"; {hidden:,} more are not shown" if hidden > 0 else "")
        yield html_table(title, ["trial", "epochs", ""], rows[:MOST])

"""How a search is followed on a terminal: bars where there is one and `rich` is installed, else a line a trial."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from sqsem_dsl.space.architecture import Architecture
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.outcome import Outcome


class Progress(Protocol):
    """What is told of a search as it goes."""

    def begin(self, title: str, goal: Goal, trials: int | None) -> None: ...
    def started(self, number: int, architecture: Architecture, epochs: int) -> None: ...
    def epoch(self, number: int, epoch: int, epochs: int, logs: Mapping[str, float]) -> None: ...
    def ended(self, outcome: Outcome, best: Outcome | None) -> None: ...
    def close(self) -> None: ...


class Silent:
    """Nothing is shown."""

    def begin(self, title: str, goal: Goal, trials: int | None) -> None: ...
    def started(self, number: int, architecture: Architecture, epochs: int) -> None: ...
    def epoch(self, number: int, epoch: int, epochs: int, logs: Mapping[str, float]) -> None: ...
    def ended(self, outcome: Outcome, best: Outcome | None) -> None: ...
    def close(self) -> None: ...


class Lines(Silent):
    """A line a trial: for logs, and for terminals without `rich`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.trials: int | None = None
        self.goal: Goal | None = None

    def begin(self, title: str, goal: Goal, trials: int | None) -> None:
        self.goal, self.trials = goal, trials
        self._say(title)

    def ended(self, outcome: Outcome, best: Outcome | None) -> None:
        self._say(line(outcome, best, self.goal, self.trials))

    def _say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)


class Bars:
    """Two bars, over trials and over the epochs of the trial that runs, and a line for each trial above them."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns: list[Any] = [
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
        ]
        self.bars = RichProgress(*columns, console=Console(file=stream, highlight=False), transient=True)
        self.goal: Goal | None = None
        self.total: int | None = None
        self.best = ""

    def begin(self, title: str, goal: Goal, trials: int | None) -> None:
        self.goal, self.total = goal, trials
        self.bars.start()
        self._print(title)
        self.trials = self.bars.add_task("trials", total=trials, said="")
        self.epochs = self.bars.add_task("epochs", total=None, said="")

    def started(self, number: int, architecture: Architecture, epochs: int) -> None:
        said = f"{architecture.params:,} parameters"
        self.bars.reset(self.epochs, total=epochs, said=said, description=f"trial {number}")

    def epoch(self, number: int, epoch: int, epochs: int, logs: Mapping[str, float]) -> None:
        metric = self.goal.metric if self.goal else "loss"
        said = f"{metric} {logs[metric]:.4f}" if metric in logs else ""
        self.bars.update(self.epochs, completed=epoch, total=epochs, said=said)

    def ended(self, outcome: Outcome, best: Outcome | None) -> None:
        self._print(line(outcome, None, self.goal, self.total))
        said = f"best {best.score:.4f} (trial {best.number})" if best and best.score is not None else ""
        self.bars.update(self.trials, advance=1, said=said)

    def close(self) -> None:
        self.bars.stop()

    def _print(self, text: str) -> None:
        self.bars.console.print(text, markup=False, soft_wrap=True)


def line(outcome: Outcome, best: Outcome | None, goal: Goal | None, trials: int | None) -> str:
    """A trial in a line, with the best one so far where it is given."""
    head = f"trial {outcome.number}" + (f"/{trials}" if trials else "")
    if outcome.score is None:
        return f"{head}: failed, {outcome.reason}"
    name = goal.metric if goal else "score"
    so_far = f"; best {best.score:.4f} (trial {best.number})" if best and best.score is not None else ""
    return f"{head}: {name} {outcome.score:.4f}, {outcome.params:,} parameters, {outcome.seconds:.1f} s{so_far}"


def progress_on(stream: TextIO | None = None) -> Progress:
    """Bars on a terminal that can show them, lines otherwise."""
    stream = stream or sys.stderr
    if stream.isatty():
        try:
            return Bars(stream)
        except ModuleNotFoundError:
            pass
    return Lines(stream)

"""What is shown of a search."""

from __future__ import annotations

import io

import pytest

from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.outcome import Outcome
from sqsem_dsl.study.progress import Bars, Lines, line, progress_on

GOAL = Goal("val_accuracy", "max")
GOOD = Outcome(3, {}, 12345, 10, seconds=2.04, score=0.91234)
BAD = Outcome(4, {}, 12345, 10, reason="the loss was not a finite number in any epoch")


def test_a_line_says_how_a_trial_went():
    assert line(GOOD, GOOD, GOAL, 20) == (
        "trial 3/20: val_accuracy 0.9123, 12,345 parameters, 2.0 s; best 0.9123 (trial 3)"
    )
    assert line(BAD, GOOD, GOAL, None) == "trial 4: failed, the loss was not a finite number in any epoch"


def test_lines_where_there_is_no_terminal():
    assert isinstance(progress_on(io.StringIO()), Lines)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bars_on_a_terminal(monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("TERM", "xterm")
    bars = progress_on(Terminal())
    assert isinstance(bars, Bars)
    bars.begin("digits", GOAL, None)
    bars.started(3, type("Architecture", (), {"params": 12345})(), 5)
    bars.epoch(3, 1, 5, {"val_accuracy": 0.5})
    bars.ended(GOOD, GOOD)
    bars.close()
    shown = bars.bars.console.file.getvalue()
    assert "digits" in shown
    assert "trial 3: val_accuracy 0.9123" in shown


def test_lines_where_rich_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rich.console", None)
    assert isinstance(progress_on(Terminal()), Lines)

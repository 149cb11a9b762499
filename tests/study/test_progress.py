"""The display of a running study."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from time import time
from types import ModuleType

import pytest

from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.progress import progress_on
from sqsem_dsl.study.progress.progress import CompositeProgress, LineProgress, NullProgress, line, so_far
from sqsem_dsl.study.progress.standing import Clock
from sqsem_dsl.study.view import View

ONE = (Goal("val_accuracy", "max"),)
TWO = (*ONE, Goal("params", "min"))
NEW = Trial(1, {}, "id", "{}", 12345, 10, planned=5)


def good(number, *scores, **facts):
    return replace(NEW, number=number, status="completed", scores=scores, **{"seconds": 2.04, **facts})


def failed(number):
    return replace(NEW, number=number, status="failed", reason="the loss was not a finite number in any epoch")


def standing(goals=ONE, finished=(), **facts):
    """A study in which these trials have finished."""
    view = View(goals, **facts)
    for trial in finished:
        view.ended(trial)
    return view


# ---- lines


def test_a_line_says_how_a_trial_went():
    view = standing(finished=[good(2, 0.95)], limit=8)
    assert line(good(3, 0.91234), view) == "trial 3/8: val_accuracy 0.9123, 12,345 parameters, 2.0 s"
    assert so_far(good(3, 0.91234), view) == "; best 0.9500 (trial 2)"
    assert line(failed(4), view) == "trial 4/8: failed, the loss was not a finite number in any epoch"
    assert so_far(failed(4), view) == ""
    view.limit = None
    several = good(3, 0.91234, spread={"val_accuracy": 0.0041})
    assert line(several, view) == "trial 3: val_accuracy 0.9123 ±0.0041, 12,345 parameters, 2.0 s"
    reused = good(5, 0.5, origin="reused", reason="trial 4 of runs/before", seconds=0.0)
    assert line(reused, view) == "trial 5: val_accuracy 0.5000, 12,345 parameters, reused: trial 4 of runs/before"


def test_a_line_of_several_objectives():
    first, second = good(1, 0.9, 12345.0), good(2, 0.8, 12345.0)
    view = standing(TWO, [first, second, good(3, 0.7, 100.0, params=100)])
    assert line(first, view) == "trial 1: val_accuracy 0.9000, 12,345 parameters, 2.0 s"
    assert so_far(first, view) == "; on the front of 2"
    assert so_far(second, view) == "; the front of 2"


def test_lines_where_there_is_no_terminal():
    stream = io.StringIO()
    progress, view = progress_on(stream), standing()
    progress.remark("waiting until it is done")
    progress.begin("digits on digits", view)
    progress.started(NEW, view)
    progress.epoch(NEW, Epoch(1, 0, 1, {"val_accuracy": 0.3}, 0.1), view)
    view.ended(good(1, 0.9))
    progress.ended(good(1, 0.9), view)
    progress.close()
    assert stream.getvalue() == (
        "waiting until it is done\ndigits on digits\n"
        "trial 1: val_accuracy 0.9000, 12,345 parameters, 2.0 s; best 0.9000 (trial 1)\n"
    )


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def __init__(self, terminal, problem):
        super().__init__()
        self.terminal, self.problem = terminal, problem

    def isatty(self):
        return self.terminal

    def write(self, text):
        raise self.problem

    def flush(self):
        raise self.problem


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("problem", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")])
def test_a_stream_that_cannot_be_written_ends_nothing(terminal, problem, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    tell(progress_on(Broken(terminal, problem)))


def test_a_stream_that_does_not_know_a_letter_gets_the_rest():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    LineProgress(stream).remark("0.9 ±0.1")
    assert stream.buffer.getvalue() == b"0.9 ?0.1\n"


# ---- the display


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tell(progress):
    """All information, with three trials of which one is still running."""
    view = standing(limit=20, workers=2, skipped=3)
    progress.begin("digits on digits", view)
    for number in (1, 2, 3):
        trial = view.trials[number] = replace(NEW, number=number)
        view.at_epoch[number], view.whole[number] = 0, 5
        progress.started(trial, view)
    view.at_epoch[3] = 2
    progress.epoch(replace(NEW, number=3, worker="node:77"), Epoch(3, 0, 2, {"val_accuracy": 0.5}, 0.1), view)
    progress.remark("trial 2 resumes after 1 epoch")
    for trial in (good(1, 0.91234, seconds=100.0), failed(2)):
        del view.at_epoch[trial.number], view.whole[trial.number]
        view.ended(trial)
        progress.ended(trial, view)
    progress.close()
    return view


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_shows_how_the_study_stands(monkeypatch, width):
    console = pytest.importorskip("rich.console")
    monkeypatch.setenv("TERM", "xterm")
    display = progress_on(Terminal())
    tell(display)
    said = display.live.console.file.getvalue()
    for text in ("digits on digits", "trial 1/20: val_accuracy 0.9123, ", "resumes after", "trial 2/20: failed"):
        assert text in said
    page = console.Console(file=io.StringIO(), width=width, color_system=None)
    page.print(display.live.get_renderable())
    trials, running, counts, best = page.file.getvalue().splitlines()
    assert trials.split()[0] == "trials"
    assert trials.rstrip().endswith("2/20 0 s")
    assert running.split()[:2] == ["trial", "3"]
    assert running.rstrip().endswith("2/5  val_accuracy 0.5000  node:77")
    assert counts == "1 running, 1 failed, 3 skipped as duplicates"
    assert best == "best: trial 1, val_accuracy 0.9123, 12,345 parameters"


def test_many_running_trials_are_not_all_shown(monkeypatch):
    console = pytest.importorskip("rich.console")
    monkeypatch.setenv("TERM", "xterm")
    display, view = progress_on(Terminal()), standing()
    display.begin("digits", view)
    for number in range(1, 12):
        view.at_epoch[number] = 0
        display.started(replace(NEW, number=number), view)
    display.close()
    page = console.Console(file=io.StringIO(), width=80)
    page.print(display.live.get_renderable())
    assert page.file.getvalue().splitlines()[-2:] == ["… and 3 more", "11 running"]


def test_lines_where_rich_is_missing(monkeypatch):
    monkeypatch.delitem(sys.modules, "sqsem_dsl.study.progress.live", raising=False)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert isinstance(progress_on(Terminal()), LineProgress)


# ---- notebooks


class Output:
    """Replaces IPython's display of one output: the forms that it was shown in, in order."""

    def __init__(self):
        self.forms = []

    def display(self, forms, *, raw, display_id):
        assert raw
        assert display_id is True
        assert not self.forms
        return self.update(forms, raw=raw)

    def update(self, forms, *, raw):
        assert raw
        self.forms.append(forms)
        return self

    @property
    def html(self):
        return self.forms[-1]["text/html"]

    @property
    def plain(self):
        return self.forms[-1]["text/plain"]


class Kernel(io.StringIO):
    """The error stream of a notebook."""


Kernel.__module__ = "ipykernel.iostream"


def in_a_notebook(monkeypatch):
    """The output of the cell. (A fixture would replace the streams too early: pytest captures each phase anew.)"""
    found = Output()
    module = ModuleType("IPython.display")
    module.display = found.display
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.delitem(sys.modules, "sqsem_dsl.study.progress.notebook", raising=False)
    monkeypatch.setattr(sys, "stderr", Kernel())
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    return found


def test_a_notebook_shows_one_output_that_is_updated(monkeypatch):
    output = in_a_notebook(monkeypatch)
    progress = progress_on()
    progress.remark("loading TensorFlow")
    tell(progress)
    assert sys.stdout.getvalue() == sys.stderr.getvalue() == ""
    assert output.plain.splitlines() == [
        "loading TensorFlow",
        "digits on digits",
        "trial 2 resumes after 1 epoch",
        "trial 1/20: val_accuracy 0.9123, 12,345 parameters, 100.0 s; best 0.9123 (trial 1)",
        "trial 2/20: failed, the loss was not a finite number in any epoch",
        "2/20 trials",
        "1 running, 1 failed, 3 skipped as duplicates",
        "best: trial 1, val_accuracy 0.9123, 12,345 parameters",
    ]
    assert '<progress max="20" value="2"></progress>' in output.html
    assert "<td>3</td>" in output.html
    assert "val_accuracy 0.5000  node:77" in output.html


def test_a_notebook_gets_few_updates_and_the_last_state(monkeypatch):
    output = in_a_notebook(monkeypatch)
    progress, view = progress_on(), standing(limit=2_000)
    progress.begin("digits on digits", view)
    for number in range(1, 2_001):
        trial = view.trials[number] = replace(NEW, number=number)
        progress.started(trial, view)
        view.ended(good(number, number / 4_000))
        progress.ended(good(number, number / 4_000), view)
    progress.close()
    assert len(output.forms) < 100
    assert len(output.html) < 2_000
    assert "2,000/2,000 trials" in output.plain
    assert "best: trial 2000" in output.plain


def test_a_notebook_escapes_every_text(monkeypatch):
    output = in_a_notebook(monkeypatch)
    progress, view = progress_on(), standing()
    progress.begin("<i>\x1b[1m", view)
    trial = replace(NEW, number=1, status="failed", reason="<script>")
    view.at_epoch[1] = 0
    progress.started(trial, view)
    progress.epoch(replace(trial, worker="<b>"), Epoch(1, 0, 1, {}, 0.1), standing(workers=2))
    progress.ended(replace(trial, number=2), view)
    progress.close()
    for text in ("<i>", "<script>", "<b>", "\x1b"):
        assert text not in output.html
    assert "&lt;script&gt;" in output.html


def test_lines_in_a_notebook_without_displays(monkeypatch):
    in_a_notebook(monkeypatch)
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    progress_on().remark("loading TensorFlow")
    assert sys.stdout.getvalue() == "loading TensorFlow\n"


def test_several_receive_the_same():
    streams = io.StringIO(), io.StringIO()
    tell(CompositeProgress([LineProgress(streams[0]), NullProgress(), LineProgress(streams[1])]))
    assert streams[0].getvalue() == streams[1].getvalue()
    assert streams[0].getvalue().count("\n") == 4


# ---- the time left


def test_no_time_is_shown_before_two_trials_were_trained():
    reused = good(2, 0.5, origin="reused")
    view = standing(finished=[good(1, 0.5), reused], limit=10, hours=1.0)
    assert Clock(view).left(view) is None


def test_the_time_left_is_that_of_the_trials_to_come_by_all_workers():
    view = standing(finished=[good(1, 0.5, seconds=10.0), good(2, 0.5, seconds=30.0), failed(3)], limit=10, workers=2)
    clock = Clock(view)
    assert clock.left(view) == pytest.approx(7 * 20 / 2)
    view.at_epoch, view.whole = {4: 3}, {4: 4}
    assert clock.left(view) == pytest.approx((7 - 3 / 4) * 20 / 2)


def test_no_more_time_is_left_than_there_is():
    view = standing(finished=[good(1, 0.5), good(2, 0.5)], limit=10_000, hours=1.0, before=3000.0, began=time())
    assert Clock(view).left(view) == pytest.approx(600, abs=5)
    view = standing(finished=[good(1, 0.5), good(2, 0.5)])
    assert Clock(view).left(view) is None

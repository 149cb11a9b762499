"""The output at the end of a search. The table is tested in tests/cli/test_trials.py, page by page."""

from __future__ import annotations

from pathlib import Path

from sqsem_dsl.report.text.trials import summary, trials_table
from sqsem_dsl.study.objective import Goal
from tests.fakes.journals import TWO, trials

ONE_GOAL = (Goal("val_accuracy", "max"),)
TWO_GOALS = (*ONE_GOAL, Goal("params", "min"))
TEST = {"accuracy": 0.97777, "loss": 0.069}
FOLDER = Path("runs/digits")


def test_a_summary_names_the_best_and_where_it_is() -> None:
    assert summary(trials()[:3], ONE_GOAL, 87.2, "all 3 trials are done", TEST, FOLDER) == (
        "3 trials in 87 s: all 3 trials are done\n"
        "trial 2 on the test set: accuracy 0.9778, loss 0.0690\n"
        "its model, choices and all trials are in runs/digits"
    )


def test_a_summary_of_several_objectives_has_the_front() -> None:
    assert summary(trials(TWO)[:5], TWO_GOALS, 754.0, "the space is exhausted", TEST, FOLDER) == (
        "5 trials (1 failed, 1 reused) in 13 min: the space is exhausted\n"
        "the front has 3 trials: 2, 3, 1\n"
        "trial 2 on the test set: accuracy 0.9778, loss 0.0690\n"
        "models, choices and all trials are in runs/digits"
    )


def test_a_summary_without_a_result() -> None:
    assert summary(trials()[3:4], ONE_GOAL, 2.0, "interrupted", {}, FOLDER) == (
        "1 trial (1 failed) in 2 s: interrupted\nall trials are in runs/digits"
    )


def test_a_table_has_the_best_trials_that_count() -> None:
    lines = trials_table(trials(), ONE_GOAL, limit=2).splitlines()
    assert [line.split()[0] for line in lines] == ["trial", "-----", "2", "first=32", "3", "first=16"]
    assert lines[2].split() == ["2", "0.9000", "771", "736", "12.2"]

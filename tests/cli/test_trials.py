"""`sqsem trials`: the pages in `trials/`, CSV, JSON, and errors.

To change a page, run `pytest tests/cli/test_trials.py --update-golden` and read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sqsem_dsl.cli import main
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.journal.record import Epoch
from sqsem_dsl.study.lock import owner
from tests.fakes.journals import TWO, make_study, trials

HERE = Path(__file__).parent / "trials"
PAGES: dict[str, list[str]] = {
    "one": [],
    "one, the best": ["-n", "1"],
    "two": [],
    "two, all": ["--all"],
}
"""Studies of one and of two objectives, and the options for the folder."""
KEYS = ("number", "status", "choices", "architecture", "params", "macs", "metrics", "epochs", "seconds", "error")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sqsem trials` beside studies of one and of two objectives: exit code, output, messages."""
    make_study(tmp_path / "one")
    make_study(tmp_path / "two", TWO, ended="all 6 trials are done")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["trials", *arguments])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize("case", PAGES)
def test_page(run: Run, case: str, update_golden: bool) -> None:
    code, out, err = run(case.partition(",")[0], *PAGES[case])
    assert (code, err) == (0, "")
    out = re.sub(r"\d+\.\d kB", "SIZE", out)  # SQLite's own files
    page = HERE / f"{case.replace(', ', '-').replace(' ', '-')}.txt"
    if update_golden:
        page.write_text(out, encoding="utf-8")
    assert out == page.read_text(encoding="utf-8")


def test_before_the_first_result(tmp_path: Path, run: Run) -> None:
    with closing(Journal.create(tmp_path / "new", {"goals": [["val_loss", "min"]], "space": "s", "spec": ""})):
        pass
    code, out, _ = run("new")
    assert code == 0
    assert "0 trials in 0 s: not finished" in out


# ---- for programs


def test_json_has_every_trial_of_the_spec(run: Run) -> None:
    code, out, _ = run("one", "--json")
    rows = json.loads(out)
    assert [json.loads(line.rstrip(",")) for line in out.splitlines()[1:-1]] == rows
    assert code == 0
    assert [(row["number"], row["status"], row["error"]) for row in rows] == [
        (1, "completed", None),
        (2, "completed", None),
        (3, "completed", None),
        (4, "failed", "diverged"),
        (5, "completed", None),
        (6, "running", None),
    ]
    for row, trial in zip(rows, trials(), strict=False):
        assert row.keys() >= set(KEYS)
        assert all(row[key] == getattr(trial, key) for key in KEYS)


def test_json_of_every_trial_and_of_the_best(run: Run) -> None:
    _, out, _ = run("one", "--json", "--all")
    assert [row["number"] for row in json.loads(out) if not row["valid"]] == [7]
    _, out, _ = run("two", "--json", "-n", "2")
    assert [row["number"] for row in json.loads(out)] == [2, 3]


def test_what_is_not_finite_is_null(tmp_path: Path, run: Run) -> None:
    trial = replace(trials()[0], metrics={"loss": float("nan"), "val_accuracy": float("inf")}, scores=(float("inf"),))
    with closing(Journal.open(tmp_path / "one", write=True)) as journal:
        journal.update(trial)

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    _, out, _ = run("one", "--json")
    first = json.loads(out, parse_constant=refuse)[0]
    assert (first["metrics"], first["scores"]) == ({"loss": None, "val_accuracy": None}, [None])
    _, out, _ = run("one", "--json", "--epochs")
    assert {e["metrics"]["loss"] for e in json.loads(out, parse_constant=refuse) if e["trial"] == 4} == {None}


def test_csv_has_the_trials_that_have_finished(run: Run) -> None:
    _, out, _ = run("one", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["trial"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert list(rows[0]) == [
        *("trial", "status", "score", "params", "macs", "epochs", "seconds"),
        *("first", "more", "more.dense.units", "dropout.rate", "train.learning_rate", "reason"),
    ]
    assert rows[2]["train.learning_rate"] == "0.00123456"
    assert (rows[0]["more"], rows[0]["more.dense.units"], rows[2]["more.dense.units"]) == ("false", "", "8")
    assert (rows[3]["score"], rows[3]["reason"]) == ("", "the loss was not a finite number in any epoch")


def test_epochs(run: Run) -> None:
    _, out, _ = run("one", "--csv", "--epochs", "-n", "1")
    assert out == "trial,execution,epoch,seconds,loss\n2,0,1,0.100,1.0\n2,0,2,0.100,0.5\n"


def test_it_is_read_while_it_is_written(tmp_path: Path, run: Run) -> None:
    with closing(Journal.open(tmp_path / "one", write=True)) as journal:
        journal.epoch(Epoch(6, 0, 3, {"loss": 0.25}, 0.1))
        _, out, _ = run("one", "--json", "--epochs")
        assert json.loads(out)[-1] == {
            "trial": 6,
            "execution": 0,
            "epoch": 3,
            "seconds": 0.1,
            "metrics": {"loss": 0.25},
        }


# ---- errors


def test_no_study(tmp_path: Path, run: Run) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = run("empty")
    assert (code, out) == (1, "")
    assert "error[SQS763]: there is no study in `empty`" in err
    assert "which does not exist" in run("nowhere")[2]


@pytest.mark.parametrize("damage", ["text", "table"])
def test_a_damaged_study(tmp_path: Path, run: Run, damage: str) -> None:
    path = tmp_path / "one" / FILE
    if damage == "text":
        path.write_text("this is not a database, whatever its name says " * 100)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE trial SET choices = '{'")
            connection.commit()
    code, out, err = run("one")
    assert code == 1
    if damage == "text":
        assert out == ""
        assert "error[SQS764]: cannot read the study" in err
    else:
        assert "0 trials" in out
        assert "error[SQS770]: the study" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs"], "--epochs requires --csv or --json"),
        (["--csv", "--json"], "not allowed with"),
        (["-n", "0"], "must be at least 1"),
        (["-n", "1", "--all"], "not allowed with"),
    ],
)
def test_usage(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run("one", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_a_killed_search_is_not_watched(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqsem_dsl.cli.trials.sleep", None)
    monkeypatch.setattr("sqsem_dsl.study.lock.os.kill", lambda *_: (_ for _ in ()).throw(ProcessLookupError))
    with closing(Journal.open(Path("one"), write=True)) as journal:
        journal.note(owner=owner())
    code, out, _ = run("one", "--watch")
    assert (code, out.count("trial 6, not finished")) == (0, 1)


def test_watching_shows_the_page_again_until_the_search_ends(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        with closing(Journal.open(Path("one"), write=True)) as journal:
            number = 3 + len(waited)
            journal.epoch(Epoch(6, 0, number, {"loss": 0.5, "val_accuracy": number / 10}, 0.1))
            if len(waited) == 2:
                journal.note(ended="all trials are done")

    monkeypatch.setattr("sqsem_dsl.cli.trials.sleep", wait)
    code, out, messages = run("one", "--watch")
    assert code == 0, messages
    assert waited == [2.0, 2.0]
    shown = re.findall("trial 6, not finished: (.*)", out)
    assert shown == ["epoch 2 of 10", "epoch 4 of 10, val_accuracy 0.4000", "epoch 5 of 10, val_accuracy 0.5000"]
    assert "all trials are done" in out.splitlines()[-3]

"""Following a study: each reading brings what a search has written since, and only that."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from tests.fakes.journals import make_study, trials


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_study(tmp_path / "study")


@pytest.fixture
def writer(folder: Path) -> Iterator[Journal]:
    with closing(Journal.open(folder, write=True)) as journal:
        yield journal


def ended(trial: Trial, score: float = 0.95) -> Trial:
    return replace(trial, status="completed", scores=(score,), ended=trial.started + 1)


def new(number: int) -> Trial:
    return replace(trials()[5], number=number)


def test_everything_is_read_at_first(folder: Path) -> None:
    study = FollowedStudy(folder)
    assert sorted(study.trials) == list(range(1, 8))
    assert study.running == (6,)
    assert (study.name, str(study.goals[0])) == ("perceptron", "maximize val_accuracy")
    assert [epoch.epoch for epoch in study.curve(6)] == [1, 2]
    assert study.problem is None
    assert study.damage is None


def test_nothing_is_read_if_nothing_was_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = FollowedStudy(folder)
    monkeypatch.setattr(Journal, "_rows", None)  # calling it would be an error
    before = study.revision
    study.refresh()
    assert (study.revision, study.problem) == (before, None)


def test_changes_are_read_and_finished_trials_are_not(folder: Path, writer: Journal) -> None:
    study = FollowedStudy(folder)
    before = study.revision
    writer.epoch(Epoch(6, 0, 3, {"val_accuracy": 0.5}, 0.1))
    writer.begin(new(8))
    writer.update(ended(study.trials[6]), ends=True)
    # A journal never changes a finished trial without a note; if it did, this would not be read.
    with closing(sqlite3.connect(folder / FILE)) as other, other:
        other.execute("UPDATE trial SET seconds = 99 WHERE number = 1")
    study.refresh()
    assert study.running == (8,)
    assert study.trials[6].score == 0.95
    assert [epoch.epoch for epoch in study.curve(6)] == [1, 2, 3]
    assert {number for number, changed in study.changed.items() if changed > before} == {6, 8}
    assert study.trials[1].seconds == 1.5


def test_a_trial_that_begins_and_ends_between_two_readings(folder: Path, writer: Journal) -> None:
    study = FollowedStudy(folder)
    writer.begin(new(8))
    writer.epoch(Epoch(8, 0, 1, {"val_accuracy": 0.5}, 0.1))
    writer.update(ended(new(8)), ends=True)
    study.refresh()
    assert study.trials[8].status == "completed"
    assert len(study.curve(8)) == 1


def test_a_restarted_training_replaces_its_epochs(folder: Path, writer: Journal) -> None:
    study = FollowedStudy(folder)
    writer.update(replace(study.trials[6], attempts=2))
    writer.epoch(Epoch(6, 0, 1, {"loss": 7.0}, 0.1))
    study.refresh()
    assert [epoch.metrics["loss"] for epoch in study.curve(6)] == [7.0, 0.5]


def test_a_resumed_search_revises_finished_trials(folder: Path, writer: Journal) -> None:
    study = FollowedStudy(folder)
    writer.revise([replace(study.trials[1], valid=False)], owner="process 1 on another")
    study.refresh()
    assert not study.trials[1].valid
    assert study.generation == 0


def test_a_deleted_study_is_a_problem_until_it_is_there_again(folder: Path) -> None:
    study = FollowedStudy(folder)
    shutil.rmtree(folder)
    study.refresh()
    assert study.problem == f"the study {folder} was deleted: this page shows what was read before"
    assert len(study.trials) == 7
    assert study.curve(6)
    assert study.curve(3) == () or study.curve(3)  # no error, whatever the system keeps of a deleted file
    make_study(folder, made=trials()[:2])
    study.refresh()
    assert (study.problem, study.generation, sorted(study.trials)) == (None, 1, [1, 2])


def test_a_file_that_is_no_journal_any_more_is_a_problem(folder: Path) -> None:
    study = FollowedStudy(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / FILE).write_text("not a database")
    study.refresh()
    assert study.problem is not None
    assert FILE in study.problem
    assert len(study.trials) == 7


def test_damaged_rows_are_left_out_and_said(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as other, other:
        other.execute("UPDATE trial SET params = 'many' WHERE number = 2")
        other.execute("UPDATE trial SET metrics = '[' WHERE number = 3")
    study = FollowedStudy(folder)
    assert 2 not in study.trials
    assert 3 not in study.trials
    assert study.damage is not None
    assert "trial 2: `params` is not a whole number" in study.damage


def test_no_study(tmp_path: Path) -> None:
    with pytest.raises(SqsError) as error:
        FollowedStudy(tmp_path)
    assert error.value.diagnostics[0].code == "SQS763"


def test_the_folder_is_not_written(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    study = FollowedStudy(folder)
    study.refresh()
    study.curve(2)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.name in before}
    assert after == before

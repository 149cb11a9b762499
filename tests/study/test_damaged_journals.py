"""Damaged journals: one clear error, all readable data is shown, and there is no internal error.

Every run uses the same journals; `SQSEM_FUZZ=20000` tries that many others.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import main
from sqsem_dsl.study.journal.journal import FILE
from sqsem_dsl.study.journal.rows import COLUMNS, EPOCH, TRIAL
from tests.fakes.journals import TWO, make_study
from tests.fakes.searching import search
from tests.study.damaged import bite, change, damage

MANY = int(os.environ.get("SQSEM_FUZZ", "0"))

CHANGES = {
    "choices": "UPDATE trial SET choices = 'null' WHERE number = 3",
    "training": "UPDATE trial SET training = '' WHERE number = 3",
    "params": "UPDATE trial SET params = NULL WHERE number = 3",
    "macs": "UPDATE trial SET macs = NULL WHERE number = 3",
    "status": "UPDATE trial SET status = NULL WHERE number = 3",
    "architecture": "UPDATE trial SET architecture = x'ff00' WHERE number = 3",
    "scores": "UPDATE trial SET scores = '[]' WHERE number = 3",
    "started": "UPDATE trial SET started = 1e300 WHERE number = 3",
}


def test_every_column_is_checked() -> None:
    assert set(TRIAL) == set(COLUMNS)


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
def test_the_other_trials_are_shown(
    column: str, form: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(make_study(tmp_path), CHANGES[column])
    assert main(["trials", str(tmp_path), *form]) == 1
    out, err = capsys.readouterr()
    assert "0.9" in out
    assert "0.88" not in out
    assert "SQS770" in err
    assert "trial 3" in err
    with pytest.raises(sqs.SqsError, match="trial 3"):
        sqs.load_study(tmp_path)


def test_epochs_and_notes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path)
    change(tmp_path, "UPDATE epoch SET metrics = 'x' WHERE trial = 3 AND epoch = 2")
    assert main(["trials", str(tmp_path), "--json", "--epochs"]) == 1
    out, err = capsys.readouterr()
    assert '"trial": 3' in out
    assert "epoch 2 of trial 3: `metrics` is not JSON" in err
    change(tmp_path, "UPDATE note SET value = replace(value, 'allow_extern', 'allow_exte2n')")
    assert main(["trials", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "0.9" in out
    assert "the note `sources`" in err


def test_a_search_does_not_continue_with_one(tmp_path: Path) -> None:
    search(tmp_path, trials=2, workers=0)
    change(tmp_path, "UPDATE trial SET seconds = 'long' WHERE number = 2")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(sqs.SqsError, match="`seconds` is not a number"):
        search(tmp_path, trials=3, workers=0)
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TRIGGER t AFTER INSERT ON trial BEGIN DELETE FROM note; END",
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "ALTER TABLE trial ADD COLUMN more GENERATED ALWAYS AS (number + 1)",
    ],
)
def test_nothing_in_it_runs(made: str, tmp_path: Path) -> None:
    change(make_study(tmp_path), made)
    with pytest.raises(sqs.SqsError, match="journal"):
        sqs.load_study(tmp_path)


def _commands(folder: Path, report: bool) -> list[list[str]]:
    shown = [["trials", str(folder), *form] for form in ((), ("--json",), ("--csv",), ("--json", "--epochs"))]
    return [*shown, ["report", str(folder), "-o", str(folder / "page.html")]] if report else shown


@pytest.mark.parametrize("seed", range(MANY or 250))
def test_any_damage(seed: int, tmp_path: Path, whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(seed)
    folder = tmp_path / "damaged"
    shutil.copytree(whole, folder)
    fault = (damage if random.random() < 0.8 else bite)(folder, random)
    for command in _commands(folder, report=seed % 10 == 0):
        code = main(command)
        _, err = capsys.readouterr()
        assert code in (0, 1), f"{fault}: {command} ends with {code}: {err}"
        assert code == 0 or "error[SQS" in err or "error: " in err, f"{fault}: {command}: {err}"


@pytest.mark.parametrize("seed", range(MANY // 10 or 60))
def test_a_search_on_any_damage(seed: int, tmp_path: Path, searched: Path) -> None:
    """It resumes, or says why not."""
    random = Random(seed)
    folder = tmp_path / "damaged"
    shutil.copytree(searched, folder)
    fault = (damage if random.random() < 0.8 else bite)(folder, random)
    try:
        search(folder, trials=5, workers=0)
    except sqs.SqsError:
        pass
    except Exception as problem:
        raise AssertionError(f"{fault}: {problem!r}") from problem


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("whole") / "study", TWO)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searched") / "study"
    search(folder, trials=4, workers=0)
    return folder


def test_a_whole_one_is_read_without_a_word(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [main(command) for command in _commands(whole, report=True)] == [0] * 5
    assert capsys.readouterr().err == ""
    assert set(EPOCH) == {"trial", "execution", "epoch", "metrics", "seconds"}

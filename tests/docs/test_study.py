"""The page on studies: its examples, the printed page, and the JSON output."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sqsem_dsl.cli import main
from sqsem_dsl.study.journal.table import trial_json
from tests.docs.examples import run
from tests.docs.scripts import page
from tests.fakes.journals import TWO, make_study, trials

PAGE = page("study.md")


@pytest.fixture
def studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `runs/perceptron` is a study."""
    make_study(tmp_path / "runs" / "perceptron", TWO, ended="all 6 trials are done")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    return tmp_path


def test_the_examples(studies: Path) -> None:
    pytest.importorskip("pandas")
    run(PAGE, studies)


def test_the_trials_are_those_that_are_printed(studies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trials", "runs/perceptron"]) == 0
    trials, disk = capsys.readouterr().out.split("disk usage: ")
    assert re.fullmatch(r"\d+\.\d kB: journal \d+\.\d kB\n", disk)
    assert f"```text\n{trials}disk usage: " in PAGE


def test_every_key_is_listed_in_order() -> None:
    table = PAGE.split("The objects of `--json`")[1].split("With `--epochs`")[0]
    named = [key for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)]
    assert named == list(trial_json(trials()[0]))

"""Files in the working directory are never imported by the program, whatever their names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.scripts import ROOT
from tests.fakes.searching import search

RAN = "open('RAN', 'a').write(__name__ + ' ')\nraise SystemExit(3)\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with files named like modules of the standard library."""
    for name in ("queue", "json", "signal", "argparse", "subprocess", "_queue", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(RAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("first", [None, ""])
def test_processes_run_none_of_them(here: Path, first: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even if this process looks there first, as an interactive one does."""
    if first is not None:
        monkeypatch.setattr(sys, "path", [first, *sys.path])
    assert len(search(here / "study", trials=1).trials) == 1
    assert not (here / "RAN").exists()


def test_processes_find_what_this_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_training.py").write_text("from tests.fakes.fake_training import *\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, ""])
    from sqsem_dsl.study.executors.processes import Processes
    from tests.fakes.standin import dataset

    executor = Processes(dataset(), train="own_training:train")
    try:
        executor.start()
        [worker] = executor._workers
        for _ in range(600):
            assert executor.receive(0.1) == []
            if worker.ready:
                break
        assert worker.ready
    finally:
        executor.close()


def test_the_program_runs_none_of_them(here: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    (here / "s.sqs").write_text("sqs 1 space s { input x: [4] output y = x -> dense(any [2, 3]) }")
    (here / "sitecustomize.py").unlink()  # Python itself runs it, before any program
    done = subprocess.run(
        [sys.executable, "-m", "sqsem_dsl", "compile", "--check", "s.sqs"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not (here / "RAN").exists()

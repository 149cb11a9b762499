"""`sqsem search`: errors that are reported before training, and the end of a search."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from sqsem_dsl.cli import main
from sqsem_dsl.cli.search import _say_start
from sqsem_dsl.study.backend import NAMES

SPEC = """sqs 1
space blobs {
  input x: [8]
  output y = x -> dense(any [4, 8, 16]) -> relu -> dense(3) -> softmax
  train { epochs = 2 }
  search { algorithm = grid }
}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A spec and an .npz file."""
    import numpy as np

    (tmp_path / "blobs.sqs").write_text(SPEC)
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "blobs.npz", x=generator.normal(size=(60, 8)).astype("float32"), y=np.arange(60) % 3)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--define", "width"], "--define expects NAME=VALUE, not 'width'"),
        (["--gpus", "first"], "--gpus expects numbers like 0,1 or `none`, not 'first'"),
        (["--gpus-per-trial", "0.5"], "--gpus-per-trial requires --ray"),
        (["--ray", "auto", "--workers", "2"], "--workers and --gpus are for this machine, --ray is for a cluster"),
        (["--ray", "auto", "--gpus-per-trial", "-1"], "must not be below 0"),
        (["--hours", "0"], "must be above 0"),
        (["--target", "nan"], "must be finite"),
    ],
)
def test_usage(folder, capsys, more, said):
    with pytest.raises(SystemExit) as caught:
        main(["search", "blobs.sqs", "--data", "blobs.npz", *more])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_wrong_spec_costs_no_framework(folder):
    (folder / "blobs.sqs").write_text(SPEC.replace("dense(3)", "dence(3)"))
    code = (
        "import sys; from sqsem_dsl.cli import main\n"
        "result = main(['search', 'blobs.sqs', '--data', 'blobs.npz'])\n"
        "assert not {'keras', 'tensorflow', 'jax', 'sqlite3'} & set(sys.modules)\n"
        "sys.exit(result)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "`dence`" in done.stderr


def test_the_first_line_comes_before_anything_large_is_loaded(folder):
    code = (
        "import io, sys\n"
        "class Stream(io.StringIO):\n"
        "    def write(self, text):\n"
        "        if not self.getvalue():\n"
        "            print(sorted({'numpy', 'pydantic', 'lark', 'keras', 'sklearn', 'rich'} & set(sys.modules)))\n"
        "        return super().write(text)\n"
        "sys.stderr = Stream()\n"
        "from sqsem_dsl.cli import main\n"
        "result = main(['search', 'blobs.sqs', '--data', 'x=blobs.npz', 'y=missing.npz'])\n"
        "print(result, sys.stderr.getvalue().splitlines()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n1 checking blobs.sqs with data x=blobs.npz y=missing.npz\n"


def test_a_first_line_that_cannot_be_written_ends_nothing(monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    _say_start(Namespace(spec="blobs.sqs", data=["blobs.npz"]))


@pytest.mark.search
@pytest.mark.keras
def test_it_ends_and_continues(folder, capfd):
    """From the command to the model, in separate processes."""
    pytest.importorskip("keras_tuner")
    command = [sys.executable, "-m", "sqsem_dsl", "search", "blobs.sqs", "--data", "blobs.npz"]
    first = subprocess.run([*command, "--trials", "2"], capture_output=True, text=True, check=True, env=os.environ)
    assert "2 trials in" in first.stdout
    said = first.stderr.splitlines()
    name = NAMES[os.environ.get("KERAS_BACKEND", "tensorflow")]
    assert said[0] == "checking blobs.sqs with data blobs.npz"
    assert [line.partition(" in ")[0] for line in said if line.startswith("loading ")] == [f"loading {name}"]
    assert "its model, choices and all trials are in blobs-search" in first.stdout
    second = subprocess.run([*command, "--quiet"], capture_output=True, text=True, check=True, env=os.environ)
    assert second.stderr == ""
    assert "all 3 architectures of the space were tried" in second.stdout
    trials = subprocess.run(
        [sys.executable, "-m", "sqsem_dsl", "trials", "blobs-search", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [(t["number"], t["status"], t["choices"]) for t in json.loads(trials.stdout)] == [
        (number, "completed", {"dense.units": units}) for number, units in ((1, 4), (2, 8), (3, 16))
    ]
    assert Path("blobs-search", "best.keras").exists()


def test_a_folder_with_another_study(folder, capsys):
    """Rejected before training, because scores would not be comparable."""
    pytest.importorskip("keras_tuner")
    from sqsem_dsl.study.journal.journal import Journal

    facts = {"space": "blobs", "seed": 0, "fingerprint": "another", "data": "digits", "executions": 1}
    more = {
        "sources": None,
        "goals": [["val_accuracy", "max"]],
        "created": 1_700_000_000.0,
        "elapsed": 0.0,
        "skipped": 0,
    }
    Journal.create(folder / "old", {**facts, **more}).close()
    assert main(["search", "blobs.sqs", "--data", "blobs.npz", "-o", "old", "--workers", "1"]) == 1
    said = capsys.readouterr().err
    assert "error[SQS765]: `old` holds a study with other data: its scores are not comparable" in said
    assert "there it is digits (another), here " in said

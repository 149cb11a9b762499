"""The page about using a model: its commands and its Python run on a small study."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("keras")
import numpy as np

from sqsem_dsl.cli import main

pytestmark = [pytest.mark.keras, pytest.mark.search]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "predicting.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `runs/digits`, a search of one trial, and five digits in `new.npz`."""
    folder = tmp_path_factory.mktemp("predicting")
    short = ["--trials", "1", "--epochs", "3", "--workers", "0", "--quiet", "-o", str(folder / "runs" / "digits")]
    assert main(["search", str(ROOT / "specs" / "digits.sqs"), "--data", "digits", *short]) == 0
    from sklearn.datasets import load_digits

    images = load_digits().images[:5] / 16
    np.savez(folder / "new.npz", image=np.kron(images, np.ones((2, 2))))
    return folder


def test_the_commands(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    assert "sqsem predict runs/digits new.npz\n" in PAGE
    assert main(["predict", "runs/digits", "new.npz"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["id"] for row in rows] == list("01234")
    assert [row["digit"] for row in rows].count("0") >= 1
    assert float(rows[0]["digit.0"]) > 0.5
    assert main(["predict", "runs/digits", "new.npz", "-o", "shares.npz"]) == 0
    assert np.load("shares.npz")["digit"].shape == (5, 10)
    capsys.readouterr()
    assert main(["evaluate", "runs/digits", "digits", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["samples"] == 1797
    low, high = found["scores"]["accuracy"]["interval"]
    assert 0.7 < low < found["scores"]["accuracy"]["value"] < high
    assert main(["evaluate", "runs/digits", "digits"]) == 0
    assert "predicted worst" in capsys.readouterr().out


def test_data_without_labels_have_no_score(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert main(["evaluate", "runs/digits", "new.npz"]) == 1
    assert "the data have no labels" in capsys.readouterr().err
    assert main(["predict", "runs/digits", "new.npz", "-o", "p.txt"]) == 1
    assert "its ending is neither .csv nor .npz" in capsys.readouterr().err


def test_the_python(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(folder)
    for code in PAGE.split("```python\n")[1:]:
        exec(compile(code.split("```")[0], "predicting.md", "exec"), {})
    assert "<Evaluation on 3 samples: " in capsys.readouterr().out


def test_a_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The model is used with the windows, and the columns, that it was searched with."""
    monkeypatch.chdir(tmp_path)
    assert "--window 24 --horizon 6" in PAGE
    assert "sqsem predict runs/forecast csv:power.csv\n" in PAGE
    hours = np.datetime64("2024-01-01T00") + np.arange(200)
    rows = [f"{hour},{at % 24},{at}" for at, hour in enumerate(map(str, hours))]
    Path("power.csv").write_text("\n".join(["time,load,count", *rows]))
    Path("forecast.sqs").write_text(
        "space forecast { input past: [24, 1]  output load = past -> flatten -> dense(6)  train { epochs = 1 } }"
    )
    search = [
        "search",
        "forecast.sqs",
        "--data",
        "csv:power.csv",
        "--window",
        "24",
        "--horizon",
        "6",
        "--drop",
        "count",
    ]
    assert main([*search, "--workers", "0", "--quiet", "-o", "runs/forecast"]) == 0
    capsys.readouterr()
    assert main(["predict", "runs/forecast", "csv:power.csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert (len(rows), rows[0]["id"], rows[-1]["id"]) == (177, "2024-01-01T23", "2024-01-09T07")
    assert list(rows[0]) == ["id", *(f"load.{ahead}" for ahead in range(6))]
    assert main(["evaluate", "runs/forecast", "csv:power.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 171

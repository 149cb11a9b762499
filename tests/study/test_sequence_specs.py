"""Specs of sequences, text, series and tables, searched by a plain command; their best models load without sqsem."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("sklearn")

ROOT = Path(__file__).parents[2]
LOADED = """
import sys, keras, numpy as np
model = keras.models.load_model(sys.argv[1])
inputs = {tensor.name: np.ones((3, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs}
found = model(inputs if len(inputs) > 1 else next(iter(inputs.values())))
print(tuple(found.shape), any(m.startswith("sqsem") for m in sys.modules))
"""
SEARCHES = {
    "digits_rows": (["digits"], 10, 0.2),  # chance is 0.1
    "digits_transformer": (["digits"], 10, 0.2),
    "source_lines": (["python:specs.data.source_lines:load", "--allow-extern"], 3, 0.5),  # chance is 1 / 3
    "co2_forecast": (["csv:specs/data/co2_mauna_loa.csv", "--window", "36", "--horizon", "12"], 12, 10.0),
    "tips": (["csv:specs/data/tips.csv"], 1, 2.0),
}
"""The data of a spec, the values of its output, and a score that every short search surpasses: an accuracy, or an error
in the unit of the data (carbon dioxide rises by 46 ppm in all, and tips are of 1 to 10 dollars)."""


@pytest.mark.parametrize("name", SEARCHES)
def test_a_plain_command_searches_it(name: str, tmp_path: Path) -> None:
    data, values, bound = SEARCHES[name]
    study = tmp_path / "study"
    command = [sys.executable, "-m", "sqsem_dsl", "search", f"specs/{name}.sqs", "--data", *data, "-o", str(study)]
    limits = ["--trials", "2", "--epochs", "3", "--workers", "1"]
    subprocess.run([*command, *limits], check=True, capture_output=True, text=True, timeout=600, cwd=ROOT)
    best = json.loads((study / "best.json").read_text(encoding="utf-8"))
    assert best["score"] > bound if best["objective"]["direction"] == "max" else best["score"] < bound
    loaded = [sys.executable, "-c", LOADED, str(study / "best.keras")]
    found = subprocess.run(loaded, check=True, capture_output=True, text=True, timeout=300, env=dict(os.environ))
    assert found.stdout.strip() == f"(3, {values}) False"

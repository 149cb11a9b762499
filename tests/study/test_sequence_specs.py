"""Specs with recurrent layers and attention, searched by a plain command; their best models load without sqsem."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("sklearn")

SPECS = Path(__file__).parents[2] / "specs"
LOADED = """
import sys, keras, numpy as np
model = keras.models.load_model(sys.argv[1])
print(tuple(model(np.zeros((3, 8, 8, 1), "float32")).shape), any(m.startswith("sqsem") for m in sys.modules))
"""


@pytest.mark.parametrize("name", ["digits_rows", "digits_transformer"])
def test_a_plain_command_searches_it(name: str, tmp_path: Path) -> None:
    study = tmp_path / "study"
    spec = str(SPECS / f"{name}.sqs")
    command = [sys.executable, "-m", "sqsem_dsl", "search", spec, "--data", "digits", "-o", str(study)]
    limits = ["--trials", "2", "--epochs", "3", "--workers", "1"]
    subprocess.run([*command, *limits], check=True, capture_output=True, text=True, timeout=600)
    best = json.loads((study / "best.json").read_text(encoding="utf-8"))
    assert best["score"] > 0.2  # chance is 0.1
    loaded = [sys.executable, "-c", LOADED, str(study / "best.keras")]
    found = subprocess.run(loaded, check=True, capture_output=True, text=True, timeout=300, env=dict(os.environ))
    assert found.stdout.strip() == "(3, 10) False"

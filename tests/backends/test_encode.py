"""Raw columns inside the model: what the network sees, and saved models that need only Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras import training  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model, encoder  # noqa: E402
from sqsem_dsl.backends.keras.standardize import scales  # noqa: E402

COLUMNS = Columns(
    (Column("sex", ("female", "male")), Column("age", missing=True), Column("deck", ("A", "B"), missing=True)), True
)
"""They give 2 + 2 + 3 values."""
RAW = np.array([[0, 3, 2], [1, np.nan, 0], [2, 5, 1]], np.float32)
ENCODED = [[1, 0, 3, 0, 0, 0, 1], [0, 1, 4, 1, 1, 0, 0], [0, 0, 5, 0, 0, 1, 0]]

SPEC = """space passengers {
  input x: [7]
  output y = x -> dense(4) -> batchnorm -> relu -> dense(1) -> sigmoid
  train { standardize = per_channel  epochs = 1  batch_size = 16 }
}"""
LOAD = """
import sys
import numpy as np
import keras

assert not any(name.startswith("sqsem") for name in sys.modules)
model = keras.models.load_model(sys.argv[1])
np.testing.assert_allclose(model.predict(np.load(sys.argv[2]), verbose=0), np.load(sys.argv[3]), atol=1e-5)
"""


def dataset() -> Dataset:
    generator = np.random.default_rng(0)
    raw = np.stack([generator.integers(0, 2, 64), generator.normal(40, 9, 64), generator.integers(0, 3, 64)], axis=1)
    raw[::4, 1] = np.nan
    labels = {"y": (raw[:, :1] == 1).astype(np.float32)}
    part = Part({"x": raw.astype(np.float32)}, labels)
    return Dataset("made", {"y": OutputFact((1,), "sigmoid")}, part, part, part, columns={"x": COLUMNS})


def test_columns_become_the_values_of_the_input() -> None:
    layer = encoder(COLUMNS, (0.0, 4.0, 0.0), "x.encode")
    np.testing.assert_array_equal(layer.predict(RAW, verbose=0), ENCODED)
    assert layer.count_params() == 0


def test_numbers_are_standardized_after_gaps_are_filled_and_categories_are_not() -> None:
    data = dataset()
    scale = scales(TrainSettings.from_plain({"standardize": "per_channel"}), data, {"x": (7,)})["x"]
    model = build_model(sqs.loads(SPEC).default(), scales={"x": scale})
    seen = keras.Model(model.inputs, model.get_layer("x.standardize").output).predict(data.train.inputs["x"], verbose=0)
    np.testing.assert_allclose(seen.mean(axis=0)[2], 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(axis=0)[2], 1, atol=1e-4)
    assert np.isin(seen[:, [0, 1, 3, 4, 5, 6]].round(5), [0, 1]).all()


def test_a_saved_model_takes_raw_columns_without_this_package(tmp_path: Path) -> None:
    space, data = sqs.loads(SPEC), dataset()
    architecture = space.default()
    model = build_model(architecture, scales=scales(architecture.train, data, architecture.inputs))
    training.prepare(model, architecture.train, data)
    history = training.fit(model, architecture.train, data, seed=0)
    assert np.isfinite(history["val_loss"]).all()
    model.save(tmp_path / "best.keras")
    np.save(tmp_path / "raw.npy", data.test.inputs["x"])
    np.save(tmp_path / "seen.npy", model.predict(data.test.inputs["x"], verbose=0))
    files = [str(tmp_path / name) for name in ("best.keras", "raw.npy", "seen.npy")]
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", LOAD, *files], capture_output=True, text=True, env=plain, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

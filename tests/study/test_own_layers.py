"""A user's layers: a trained model can be saved and loaded, or it is rejected before the first trial."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal.load_trials import read_trials
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.study.task import EpochEnded, Started, Stopped

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

MODULE = """
import keras

class Plain(keras.layers.Layer):
    def call(self, x):
        return x * 2.0

    def compute_output_shape(self, shape):
        return shape

@keras.saving.register_keras_serializable(package="own")
class Registered(Plain):
    pass

@keras.saving.register_keras_serializable(package="own")
class Scales(Plain):
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale

class Weighted(Plain):
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale

class Forgets(Plain):
    def __init__(self, factor, **more):
        super().__init__(**more)
        self.factor = factor

    def get_config(self):
        return keras.layers.Layer.get_config(self)
"""
SPEC = """sqs 1
space own {{
  input x: [6]
  output y = x -> dense(4) -> extern({layer}) -> dense(2) -> softmax
  train {{ epochs = 1 }}
  search {{ trials = 1 }}
}}
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    (tmp_path / "own_layers_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    x = np.random.default_rng(0).normal(size=(60, 6)).astype("float32")
    np.savez(tmp_path / "t.npz", x=x, y=(x[:, 0] > 0).astype(int))

    def write(layer):
        (tmp_path / "own.sqs").write_text(SPEC.format(layer=layer))
        return tmp_path

    return write


class Remarks(NullProgress):
    def __init__(self):
        self.said = []

    def remark(self, text):
        self.said.append(text)


@pytest.mark.parametrize(("name", "said"), [("Plain", True), ("Registered", False)])
def test_a_model_with_a_layer_of_ones_own_is_scored_on_the_test_set(written, name, said):
    folder, remarks = written(f'"own_layers_of_a_test:{name}"'), Remarks()
    result = sqs.search(
        folder / "own.sqs", str(folder / "t.npz"), folder / "run", workers=0, allow_extern=True, progress=remarks
    )
    assert set(result.test) == {"loss", "accuracy"}
    assert any(f'custom_objects={{"{name}": {name}}}' in text for text in remarks.said) is said


def test_a_trial_with_a_layer_without_a_decorator_resumes_with_the_same_numbers(written, tmp_path):
    from tests.fakes.trials import SPEC as SMALL
    from tests.fakes.trials import TRAIN, after, run, task

    written('"own_layers_of_a_test:Weighted"')
    text = SMALL.format(train=TRAIN).replace("relu ->", 'relu -> extern("own_layers_of_a_test:Weighted") ->')
    architecture = sqs.loads(text, allow_extern=True).default()
    assert any(layer.operator == "extern" for layer in architecture.layers)
    whole = run(task(architecture=architecture, model=str(tmp_path / "whole.keras")))
    given = {
        "architecture": architecture,
        "checkpoint": str(tmp_path / "checkpoint"),
        "model": str(tmp_path / "parts.keras"),
    }
    first = run(task(**given), after(11))
    second = run(task(**given))
    assert isinstance(first.end, Stopped)
    assert second.of(Started)[0].resumed_from == (0, 1)
    # A resumed trial reports its earlier epochs again.
    assert [message.metrics for message in second.of(EpochEnded)] == [
        message.metrics for message in whole.of(EpochEnded)
    ]
    assert second.end == whole.end


@pytest.mark.search
def test_a_layer_without_a_decorator_works_in_other_processes_and_after_an_interruption(written, monkeypatch):
    """Training, saving, the score on the test set and resuming; plain Keras loads the model as the remark says."""
    folder = written('"own_layers_of_a_test:Weighted"')
    spec = folder / "own.sqs"
    spec.write_text(spec.read_text().replace("dense(4)", "dense(any [4, 8])").replace("trials = 1", "trials = 2"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    given = {"workers": 1, "allow_extern": True}
    first = sqs.search(spec, str(folder / "t.npz"), folder / "run", options=SearchOptions(trials=1), **given)
    assert len(first.trials) == 1
    remarks = Remarks()
    result = sqs.search(spec, str(folder / "t.npz"), folder / "run", progress=remarks, **given)
    assert any("resuming" in text for text in remarks.said)
    assert [trial.status for trial in result.trials] == ["completed"] * 2
    assert set(result.test) == {"loss", "accuracy"}
    [remark] = [text for text in remarks.said if "custom_objects" in text]
    code = f"""
import keras, numpy as np
from own_layers_of_a_test import Weighted
assert 'custom_objects={{"Weighted": Weighted}}' in {remark!r}
path, x = {str(folder / "run" / "best.keras")!r}, np.load({str(folder / "t.npz")!r})["x"]
print(keras.models.load_model(path, custom_objects={{"Weighted": Weighted}}).predict(x, verbose=0).shape)
try:
    keras.models.load_model(path)
except (TypeError, ValueError):
    print("not found")
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.split("\n")[-3:-1] == ["(60, 2)", "not found"]


def test_a_layer_that_cannot_be_loaded_again_is_refused_when_the_spec_is_read(written):
    folder = written('"own_layers_of_a_test:Forgets", factor = 3')
    with pytest.raises(SqsError, match=r"could be saved, but not loaded: .*factor.*"):
        sqs.load(folder / "own.sqs", allow_extern=True)


def test_what_is_counted_of_its_operations_is_called_a_lower_bound(written):
    folder = written('"own_layers_of_a_test:Scales"')
    result = sqs.search(folder / "own.sqs", str(folder / "t.npz"), folder / "run", workers=0, allow_extern=True)
    assert json.loads((folder / "run" / "best.json").read_text())["lower_bounds"] == ["macs"]
    table = folder / "run" / "trials.csv"
    assert "macs_at_least" in table.read_text().splitlines()[0].split(",")
    (row,) = read_trials(table, sqs.load(folder / "own.sqs", allow_extern=True))
    assert row.architecture.id == result.best.architecture
    pytest.importorskip("pandas")
    assert {"macs_at_least", "params"} <= {*sqs.load_study(folder / "run", allow_extern=True).to_pandas().columns}

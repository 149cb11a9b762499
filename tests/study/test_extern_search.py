"""Searches with losses, metrics, optimizers and callbacks of the user: in other processes, resumed, and loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.task import EpochEnded, Failed, Started, Stopped
from tests.fakes import own_code

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

OWN = "tests.fakes.own_code"
TRAIN = f"""
    loss           = extern("{OWN}:FocalLoss", gamma = 1.5)
    metrics        = [accuracy, extern("{OWN}:Kappa"), extern("{OWN}:sureness")]
    optimizer      = extern("{OWN}:Momentum", momentum = 0.5)
    callbacks      = [extern("{OWN}:Halve", after = 2)]
    learning_rate  = 0.1
    batch_size     = 16
    early_stopping = patience(3, monitor = val_kappa, mode = max)
"""
SPEC = """sqs 1
space own {
  input x: [6]
  output y = x -> dense(any [4, 8]) -> relu -> dense(2) -> softmax
  train {
    loss      = any [extern("my_code:FocalLoss", gamma = any [1, 2]), extern("my_code:power_loss"), mse]
    metrics   = [accuracy, extern("my_code:Kappa"), extern("my_code:sureness", name = "sure")]
    optimizer = extern("my_code:Momentum", momentum = any [0.0, 0.5])
    callbacks = [extern("my_code:Halve", after = 1)]
    epochs    = 2
  }
  search { objective = maximize(val_kappa)  algorithm = random  trials = 4  seed = 3 }
}
"""


def architecture_of(train):
    from tests.fakes.trials import SPEC as SMALL

    return sqs.loads(SMALL.format(train=train), allow_extern=True).default()


def small_task(**given):
    from tests.fakes.trials import task

    return task(**{"architecture": architecture_of(TRAIN), "goals": (Goal("val_kappa", "max"),), **given})


def test_a_trial_resumes_within_an_epoch_with_the_same_numbers(tmp_path):
    from tests.fakes.trials import after, run

    whole = run(small_task(model=str(tmp_path / "whole.keras")))
    assert not isinstance(whole.end, Failed), whole.end
    given = {"checkpoint": str(tmp_path / "checkpoint"), "model": str(tmp_path / "parts.keras")}
    first, second = run(small_task(**given), after(9)), run(small_task(**given))
    assert isinstance(first.end, Stopped)
    assert second.of(Started)[0].resumed_from == (0, 1)
    assert [e.metrics for e in second.of(EpochEnded)] == [e.metrics for e in whole.of(EpochEnded)]
    assert second.end == whole.end
    loaded = [keras.models.load_model(tmp_path / f"{name}.keras") for name in ("whole", "parts")]
    assert all(np.array_equal(a, b) for a, b in zip(*(one.get_weights() for one in loaded), strict=True))


def test_early_stopping_follows_a_metric_of_the_user_upwards():
    from tests.fakes.trials import run

    ended = {}
    for mode in ("max", "min"):
        train = TRAIN.replace("patience(3, monitor = val_kappa, mode = max)", f"patience(1, val_kappa, mode = {mode})")
        ended[mode] = run(small_task(architecture=architecture_of(train), epochs=8)).end
    assert ended["max"].epochs > ended["min"].epochs


def test_a_module_that_a_process_lacks_fails_the_trial(monkeypatch):
    from tests.fakes.trials import run

    task = small_task()
    monkeypatch.delitem(sys.modules, OWN)
    monkeypatch.setattr("sqsem_dsl.operators.extern_import.import_module", _no_module)
    end = run(task).end
    assert isinstance(end, Failed)
    assert "cannot import `tests.fakes.own_code`" in end.reason


def _no_module(name):
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def folder(tmp_path):
    """A module and a spec. Other tests have modules of that name, too."""
    sys.modules.pop("my_code", None)
    shutil.copy(own_code.__file__, tmp_path / "my_code.py")
    (tmp_path / "own.sqs").write_text(SPEC)
    x = np.random.default_rng(0).normal(size=(120, 6)).astype("float32")
    np.savez(tmp_path / "t.npz", x=x, y=(x[:, 0] > 0).astype(int))
    yield tmp_path
    sys.modules.pop("my_code", None)


@pytest.mark.search
def test_a_search_by_the_command_line_in_two_processes(folder):
    """With own objects of all four kinds, resumed for more trials; then plain Keras loads the best model."""
    path = os.pathsep.join([str(folder), str(Path(sqs.__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}

    def sqsem(*words, code=0):
        command = [sys.executable, "-m", "sqsem_dsl", *words]
        run = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=600)
        assert run.returncode == code, run.stderr + run.stdout
        return run.stdout if code == 0 else run.stderr

    search = ["search", "own.sqs", "--data", "t.npz", "-o", "run", "--workers", "2"]
    assert "SQS117" in sqsem(*search, code=1)
    sqsem(*search, "--allow-extern", "--trials", "2")
    sqsem(*search, "--allow-extern")
    trials = json.loads(sqsem("trials", "run", "--json"))
    assert [trial["status"] for trial in trials] == ["completed"] * 4
    assert {"val_kappa", "val_sure", "kappa"} < set(trials[0]["metrics"])
    assert trials[0]["training"]["optimizer"]["target"] == "my_code:Momentum"
    assert trials[0]["training"]["callbacks"] == [
        {"name": "extern", "target": "my_code:Halve", "arguments": {"after": 1}}
    ]
    best = json.loads((folder / "run" / "best.json").read_text())
    assert best["objective"] == {"metric": "val_kappa", "direction": "max"}
    assert set(best["test"]) == {"loss", "accuracy", "kappa", "sure"}
    table = sqsem("evaluate", "run", "t.npz", "--allow-extern")
    assert "kappa" in table
    assert "sure" in table
    assert "SQS117" in sqsem("evaluate", "run", "t.npz", code=1)
    code = f"""
import sys
import keras, numpy as np
model = keras.models.load_model({str(folder / "run" / "best.keras")!r})
print(model.predict(np.load({str(folder / "t.npz")!r})["x"], verbose=0).shape)
print([name for name in sys.modules if name in ("my_code", "sqsem_dsl")])
"""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, env=alone)
    assert run.stdout.split("\n")[-3:-1] == ["(120, 2)", "[]"]


def test_a_study_loads_its_models_compiled_and_an_edit_of_an_argument_is_another_training(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    given = {"workers": 0, "allow_extern": True, "trials": 1}
    result = sqs.search(folder / "own.sqs", str(folder / "t.npz"), folder / "run", **given)
    study = sqs.load_study(folder / "run", allow_extern=True)
    model = study.best_model()
    assert model.compiled
    assert type(model.optimizer).__name__ == "Momentum"
    found = {score.name: score.value for score in study.evaluate(str(folder / "t.npz")).scores}
    assert {"loss", "accuracy", "kappa", "sure"} == set(found)
    assert found["kappa"] == pytest.approx(2 * found["accuracy"] - 1, abs=1e-5)
    assert set(result.test) == {"loss", "accuracy", "kappa", "sure"}
    text = (folder / "own.sqs").read_text()
    (folder / "own.sqs").write_text(text.replace("after = 1", "after = 2"))
    edited = sqs.search(folder / "own.sqs", str(folder / "t.npz"), folder / "run", **given)
    assert [trial.number for trial in edited.trials] == [2]
    first, second = sqs.load_study(folder / "run", allow_extern=True).trials
    assert (first.valid, second.valid) == (False, True)
    assert 'extern("my_code:Halve", after = 1)] -> [extern("my_code:Halve", after = 2)]' in str(first.reason)


def test_the_hypermodel_uses_all_four(folder, monkeypatch):
    pytest.importorskip("keras_tuner")
    import keras_tuner

    from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel

    space = sqs.loads(SPEC.replace("my_code", OWN), allow_extern=True)
    hypermodel, hp = SpaceHyperModel(space, seed=1), keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    assert type(model.optimizer).__name__ == "Momentum"
    arrays = np.load(folder / "t.npz")
    own_code.TRAINED.clear()
    history = hypermodel.fit(hp, model, arrays["x"], arrays["y"], validation_data=(arrays["x"], arrays["y"]), verbose=0)
    assert {"val_kappa", "val_sure"} < set(history.history)
    assert [epoch for epoch, _ in own_code.TRAINED] == [0, 1]
    in_batches = [(arrays["x"][:60], np.eye(2, dtype="float32")[arrays["y"][:60]])] * 2
    own_code.TRAINED.clear()
    hypermodel.fit(hp, model, (one for one in in_batches * 2), steps_per_epoch=2, verbose=0)
    assert [epoch for epoch, _ in own_code.TRAINED] == [0, 1]


def test_each_fold_has_its_own_callbacks(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    import my_code

    my_code.TRAINED.clear()
    result = sqs.search(
        folder / "own.sqs", str(folder / "t.npz"), folder / "run", workers=0, allow_extern=True, trials=1, folds=2
    )
    (trial,) = result.trials
    assert trial.status == "completed"
    assert set(trial.spread) >= {"val_kappa", "val_sure"}
    assert [epoch for epoch, _ in my_code.TRAINED] == [0, 1, 0, 1]
    assert result.best_model().compiled

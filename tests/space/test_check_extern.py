"""The losses, metrics, optimizers and callbacks that `extern` names are looked up when a spec is checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.render import render_text

pytestmark = pytest.mark.keras
pytest.importorskip("keras")

SPACE = "space s { input x: [8]  output y = x -> dense(3) -> softmax "


def found(train: str, more: str = "") -> list[Diagnostic]:
    text = f"{SPACE} train {{ {train.replace('own:', 'tests.fakes.own_code:')} }} {more} }}"
    return list(Compilation.from_text(text, allow_extern=True).findings())


@pytest.mark.parametrize(
    "train",
    [
        'loss = extern("own:FocalLoss", gamma = 2.0)',
        'loss = any [extern("own:power_loss", power = any 1.0..3.0), extern("own:FocalLoss"), focal]',
        'loss = extern("keras.losses:CategoricalHinge")',
        'loss = extern("keras.losses:categorical_hinge")',
        'metrics = [accuracy, extern("own:Kappa", name = "agreement"), extern("own:sureness")]',
        'optimizer = extern("own:Momentum", momentum = any [0.0, 0.9])  weight_decay = 0.01  clipnorm = 1.0',
        'optimizer = extern("own:NeedsRate")  learning_rate = 0.1',
        'callbacks = [extern("own:Halve", after = 2), extern("own:Halve", after = 4)]',
        'metrics = [extern("own:Kappa")]  early_stopping = patience(3, monitor = val_kappa, mode = max)',
    ],
)
def test_what_can_be_used_says_nothing(train: str) -> None:
    assert found(train) == []


@pytest.mark.parametrize(
    ("train", "marked", "message", "remedy"),
    [
        ('loss = extern("no_such_module:A")', "extern", "cannot import `no_such_module`", "PYTHONPATH"),
        ('loss = extern("own:Focal")', "extern", "finds no `Focal` in", "write it as `package.module:Loss`"),
        ('metrics = [accuracy, extern("own:Kapa")]', "extern", "finds no `Kapa`", "`package.module:Metric`"),
        ('optimizer = extern("own:Adam")', "extern", "finds no `Adam`", "`package.module:Optimizer`"),
        ('callbacks = [extern("own:Double")]', "extern", "finds no `Double`", "`package.module:Callback`"),
        (
            'loss = extern("own:Kappa")',
            "extern",
            "`tests.fakes.own_code:Kappa` is neither a Keras loss nor a function (y_true, y_pred)",
            "derive it from `keras.losses.Loss`",
        ),
        *(
            (setting, "extern", "takes class numbers, but labels of classes are one-hot vectors here", f"use `{other}`")
            for setting, other in (
                ('metrics = [extern("keras.metrics:SparseTopKCategoricalAccuracy", k = 2)]', "TopKCategoricalAccuracy"),
                ('metrics = [extern("own:TopTwo")]', "TopKCategoricalAccuracy"),
                ('loss = extern("keras.losses:SparseCategoricalCrossentropy")', "CategoricalCrossentropy"),
                ('loss = extern("keras.losses:sparse_categorical_crossentropy")', "categorical_crossentropy"),
            )
        ),
        ('loss = extern("own:number")', "extern", "is neither a Keras loss", "`keras.losses.Loss`"),
        ('metrics = [extern("own:FocalLoss")]', "extern", "is neither a Keras metric", "`keras.metrics.Metric`"),
        ('metrics = [extern("own:kappa")]', "extern", "is an object, not a class", "name its class, `Kappa`"),
        ('metrics = [extern("own:WithoutWeights")]', "extern", "sample_weight", "update_state is called with (y_true,"),
        ('optimizer = extern("own:Halve")', "extern", "is not a Keras optimizer", "`keras.optimizers.Optimizer`"),
        ('callbacks = [extern("own:sureness")]', "extern", "is not a Keras callback", "`keras.callbacks.Callback`"),
        ('loss = extern("own:FocalLoss", gama = 2.0)', "extern", "does not take these arguments: ", "constructor"),
        ('loss = extern("own:power_loss", powr = 2)', "extern", "unexpected keyword argument 'powr'", "y_true, y_pred"),
        ('callbacks = [extern("own:Angry")]', "extern", "RuntimeError: not today", "see its constructor"),
        (
            'optimizer = extern("own:WithoutRate")  learning_rate = 0.1',
            "extern",
            "does not take `learning_rate`, which `train` sets",
            "add `learning_rate` to its constructor",
        ),
        ('optimizer = extern("own:NeedsRate")', "extern", "has no default learning rate", "set `learning_rate`"),
        (
            'optimizer = extern("own:NeedsRate")  learning_rate = 0.1  weight_decay = 0.1',
            "extern",
            "does not take `weight_decay`",
            "add `weight_decay`",
        ),
        (
            'metrics = [extern("own:Kappa")]  early_stopping = patience(3, monitor = val_kappa)',
            "val_kappa",
            "whether more or less of `val_kappa` is better is not known",
            "write `monitor = val_kappa, mode = max`, or `mode = min`",
        ),
        (
            'metrics = [extern("own:Kappa")]  schedule = reduce_on_plateau(2, monitor = kappa)',
            "kappa",
            "whether more or less of `kappa` is better is not known",
            "`mode = min`",
        ),
    ],
)
def test_what_cannot_be_used_is_an_error_at_its_place(train: str, marked: str, message: str, remedy: str) -> None:
    (wrong,) = found(train)
    assert message in wrong.title
    assert wrong.help is not None
    assert remedy in wrong.help
    assert wrong.span.text.startswith(marked)


def test_every_wrong_one_is_reported_at_once_and_only_for_the_values_that_are_wrong() -> None:
    wrong = found(
        'loss = extern("own:FocalLoss", gamma = 1.0, gama = 2.0)  metrics = [extern("own:Kapa"), extern("own:Kappa")]'
        '  optimizer = any [adam, extern("no_such_module:A")]  callbacks = [extern("own:Angry")]'
    )
    assert [diagnostic.code for diagnostic in wrong] == ["SQS777"] * 4
    assert all("^" in render_text(diagnostic) for diagnostic in wrong)


def test_a_metric_of_the_user_is_an_objective_in_either_direction_without_a_warning() -> None:
    for objective in ("maximize(val_kappa)", "minimize(val_kappa)"):
        assert found('metrics = [extern("own:Kappa")]', f"search {{ objective = {objective} }}") == []
    (wrong,) = found('metrics = [extern("own:Kappa")]', "search { objective = val_kappa }")
    assert wrong.help == "write `maximize(val_kappa)` or `minimize(val_kappa)`"
    (unknown,) = found('metrics = [extern("own:Kappa")]', "search { objective = maximize(val_kapa) }")
    assert unknown.help == "a metric with a similar name exists: `val_kappa`"
    (lint,) = found('metrics = [extern("own:Kappa")]', "search { objective = minimize(kappa) }")
    assert lint.help == "write `minimize(val_kappa)`"


def test_a_check_finds_the_installed_backend_and_keeps_its_messages_back(tmp_path: Path) -> None:
    path = tmp_path / "s.sqs"
    path.write_text(f'{SPACE} train {{ optimizer = extern("keras.optimizers:Lamb") }} }}', encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in ("KERAS_BACKEND", "KERAS_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "sqsem_dsl", "check", str(path), "--allow-extern"],
        capture_output=True,
        text=True,
        env={**environment, "HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("given", [{}, {"TF_FORCE_GPU_ALLOW_GROWTH": "false"}])
def test_a_check_does_not_reserve_the_memory_of_gpus(given: dict[str, str], tmp_path: Path) -> None:
    """Metrics, optimizers and layers have variables, with the first of which a backend reserves all memory."""
    train = """metrics = [extern("keras.metrics:Recall")]  optimizer = extern("keras.optimizers:Lamb")"""
    spec = f"{SPACE} train {{ {train} }} }}"
    program = f"""
import os
import sqsem_dsl
sqsem_dsl.loads({spec!r}, allow_extern=True)
print(os.environ["TF_FORCE_GPU_ALLOW_GROWTH"], os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"])
"""
    names = ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE")
    environment = {name: value for name, value in os.environ.items() if name not in names} | given
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == [given.get("TF_FORCE_GPU_ALLOW_GROWTH", "true"), "false"]

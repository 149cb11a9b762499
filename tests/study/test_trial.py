"""The messages of a trial, its results, and its treatment of faults."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from dataclasses import replace
from statistics import fmean, stdev

import numpy as np
import pytest

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras import training  # noqa: E402
from sqsem_dsl.study.objective import Goal  # noqa: E402
from sqsem_dsl.study.task import Alive, EpochEnded, Failed, Started, Stopped, Trained  # noqa: E402
from sqsem_dsl.study.trial import checkpoint, compiled, trial  # noqa: E402
from sqsem_dsl.study.trial.compiled import CompiledModels  # noqa: E402
from tests.fakes.standin import StandIn, choice  # noqa: E402
from tests.fakes.trials import ACCURACY, BLOBS, LOSS, TRAIN, after, run, task  # noqa: E402

PLAIN = "batch_size = 32  learning_rate = 0.02"
PARAMS, MEMORY, FLASH = Goal("params", "min"), Goal("memory", "min"), Goal("flash", "min")
NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def reported(one, execution=0):
    return [message.metrics for message in one.of(EpochEnded) if message.execution == execution]


def test_it_tells_of_its_beginning_and_of_every_epoch():
    found = run(task(train=PLAIN, epochs=3))
    messages = [
        type(message) for message in found.messages if not isinstance(message, Alive)
    ]  # which a busy machine causes
    assert messages == [Started, EpochEnded, EpochEnded, EpochEnded]
    assert (found.messages[0].process, found.messages[0].resumed_from) == (os.getpid(), None)
    assert [message.epoch for message in found.of(EpochEnded)] == [1, 2, 3]
    assert set(reported(found)[0]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(message.seconds > 0 for message in found.of(EpochEnded))
    assert isinstance(found.end, Trained)
    assert (found.end.epochs, found.end.saved, found.end.unsaved, found.end.note) == (3, False, None, None)


def test_the_score_is_that_of_the_best_epoch_with_counts_beside_it():
    found = run(task(train=PLAIN, epochs=6, goals=(LOSS,)))
    best = min(reported(found), key=lambda logs: logs["val_loss"])
    assert found.end.scores == (best["val_loss"],)
    assert found.end.metrics == {**best, "params": 8 * 8 + 8 + 32 + 8 * 3 + 3, "macs": 8 * 8 + 8 * 3}
    assert found.end.spread == {}


def test_other_counts_are_beside_it_if_they_are_goals():
    """Dense layers from 8 to 8 to 3 numbers."""
    found = run(task(train=PLAIN, epochs=1, goals=(ACCURACY, MEMORY, FLASH)))
    assert found.end.scores[1:] == (4 * (8 + 8), 4 * (8 * 8 + 8 + 32 + 8 * 3 + 3))
    assert (found.end.metrics["memory"], found.end.metrics["flash"]) == found.end.scores[1:]


@pytest.mark.parametrize("goals", [(PARAMS, ACCURACY), (ACCURACY, PARAMS)])
def test_of_several_goals_the_first_that_training_reports_picks_the_epoch(goals):
    found = run(task(train=PLAIN, epochs=6, goals=goals))
    best = max(reported(found), key=lambda logs: logs["val_accuracy"])
    assert dict(zip(goals, found.end.scores, strict=True)) == {PARAMS: 131.0, ACCURACY: best["val_accuracy"]}


def test_counts_alone_leave_it_to_the_validation_loss():
    found = run(task(train=PLAIN, epochs=4, goals=(PARAMS,)))
    assert found.end.metrics["val_loss"] == min(logs["val_loss"] for logs in reported(found))


def test_executions_are_averaged_and_their_spread_is_said():
    found = run(task(train=PLAIN, epochs=2, goals=(LOSS,), seeds=(1, 2, 3)))
    best = [min(logs["val_loss"] for logs in reported(found, execution)) for execution in range(3)]
    assert len(set(best)) == 3
    assert found.end.scores == (pytest.approx(fmean(best)),)
    assert found.end.spread["val_loss"] == pytest.approx(stdev(best))


def test_it_says_that_it_continues(monkeypatch):
    monkeypatch.setattr(trial, "ALIVE_SECONDS", 0.0)
    found = run(task(train=PLAIN, epochs=1))
    assert len(found.of(Alive)) > len(BLOBS.train) // 32


def test_a_stop_without_a_checkpoint_ends_it():
    found = run(task(train=PLAIN), after(2))
    assert found.end == Stopped(1)
    assert found.of(EpochEnded) == []


# ---- the model


def test_the_model_has_the_best_weights_of_the_best_execution_and_needs_no_package(tmp_path):
    path = tmp_path / "new" / "best.keras"
    found = run(task(epochs=5, goals=(LOSS,), seeds=(1, 2), model=str(path)))
    assert found.end.saved
    assert [entry.name for entry in path.parent.iterdir()] == ["best.keras"]
    least = min(logs["val_loss"] for execution in (0, 1) for logs in reported(found, execution))
    np.save(tmp_path / "x.npy", BLOBS.validation.inputs["x"])
    np.save(tmp_path / "y.npy", BLOBS.validation.labels["y"])
    code = f"""
import sys, keras, numpy as np
x, y = np.load({str(tmp_path / "x.npy")!r}), np.load({str(tmp_path / "y.npy")!r})
print(keras.models.load_model({str(path)!r}).evaluate({{"x": x}}, y, verbose=0, return_dict=True)["loss"])
assert not any(name.startswith("sqsem") for name in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert float(printed.stdout.split()[-1]) == pytest.approx(least, rel=1e-5)


@pytest.mark.parametrize("goal", [LOSS, ACCURACY])
def test_only_what_is_worth_it_is_saved(goal, tmp_path):
    path = tmp_path / "best.keras"
    score = run(task(train=PLAIN, epochs=1, goals=(goal,))).end.scores[0] * goal.sign
    given = {"train": PLAIN, "epochs": 1, "goals": (goal,), "model": str(path)}
    for worth, saved in ((score, False), (score + 0.01, True)):
        assert run(task(**given, worth=worth)).end.saved == path.exists() == saved


# ---- faults


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (MemoryError("no more"), "memory", "MemoryError: no more"),
        (type("ResourceExhaustedError", (Exception,), {})("OOM when\nallocating"), "memory", "OOM when"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "memory", "RESOURCE_EXHAUSTED"),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA"), "memory", "CUDA"),
        (ValueError("\n  a shape\nand more"), "error", "ValueError: a shape"),
        (NO_ROOM, "error", "No space left"),
    ],
)
def test_what_is_raised_is_the_reason(error, kind, reason, monkeypatch):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr(training, "fit", broken)
    found = run(task(train=PLAIN)).end
    assert isinstance(found, Failed)
    assert found.kind == kind
    assert reason in found.reason
    assert "\n" not in found.reason
    assert "broken" in found.trace


def test_an_interrupt_passes(monkeypatch, tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(task(train=PLAIN), interrupted)


def test_without_a_finite_epoch_it_has_diverged():
    found = run(task(train="optimizer = sgd  learning_rate = 1e30"))
    assert found.end.kind == "diverged"
    assert found.end.reason == "in none of 1 epochs were the loss and `val_accuracy` finite numbers"


def test_without_room_for_checkpoints_it_continues_and_says_so(monkeypatch, tmp_path):
    def full(*args, **kwargs):
        raise NO_ROOM

    monkeypatch.setattr(checkpoint.os, "replace", full)
    files = {"checkpoint": str(tmp_path / "checkpoint"), "checkpoint_seconds": 0, "final": str(tmp_path / "final")}
    found = run(task(train=PLAIN, **files, model=str(tmp_path / "m.keras"))).end
    assert found.scores == run(task(train=PLAIN)).end.scores
    assert "trained without a checkpoint: OSError: [Errno 28] No space left on device" in found.note
    assert "no trial can continue it" in found.note
    assert "No space left" in found.unsaved
    assert not found.saved
    assert list(tmp_path.iterdir()) == []


# ---- reused steps


def test_a_model_that_is_used_again_gives_what_a_new_one_gives(monkeypatch, tmp_path):
    prepared = []
    prepare = training.prepare

    def counted(*args, **kwargs):
        prepared.append(1)
        return prepare(*args, **kwargs)

    monkeypatch.setattr(training, "prepare", counted)
    rates = [TRAIN.replace("= cosine", "= constant").replace("0.03", rate) for rate in ("0.03", "0.3", "0.001")]
    tasks = [task(train=rate, seeds=seeds) for rate in rates for seeds in ((1, 2), (3,))]
    trial._compiled.clear()
    again = [run(one) for one in tasks]
    assert len(prepared) == 1
    for one, found in zip(tasks, again, strict=True):
        alone = []
        for seed in one.seeds:
            trial._compiled.clear()
            alone += reported(run(replace(one, seeds=(seed,))))
        assert reported(found) + reported(found, 1) == alone


def test_what_is_baked_into_a_step_is_not_shared(monkeypatch):
    monkeypatch.setattr(trial, "_compiled", CompiledModels(kept=9))
    for more in ("", "weight_decay = 0.5", "schedule = step(1)", "label_smoothing = 0.1", "batch_size = 16"):
        run(task(train=f"learning_rate = 0.02  {more}", epochs=1))
    run(task(train="learning_rate = 0.02", epochs=1, choices={"width": 12}))
    assert len(trial._compiled) == 6
    run(task(train="learning_rate = 0.01", epochs=2))
    assert len(trial._compiled) == 6
    monkeypatch.setattr(compiled, "SHORT", 0)
    run(task(train="learning_rate = 0.02", epochs=1))
    assert len(trial._compiled) == 7


def test_short_trainings_leave_tensorflow_as_it_was():
    if keras.config.backend() != "tensorflow":
        pytest.skip("only TensorFlow betters graphs")
    import tensorflow as tf

    seen, options = [], tf.config.optimizer.get_experimental_options
    before = options()
    run(task(train=PLAIN, epochs=1), stop=lambda: seen.append(options().get("disable_meta_optimizer")))
    run(
        task(train=PLAIN, epochs=1, schedule_epochs=10_000),
        stop=lambda: seen.append(options().get("disable_meta_optimizer")),
    )
    assert (seen[0], seen[-1]) == (not tf.config.list_physical_devices("GPU"), False)
    assert options().get("disable_meta_optimizer", False) == before.get("disable_meta_optimizer", False)


def test_the_last_few_are_kept():
    models, of = CompiledModels(kept=2), {}
    for rate in (0.1, 0.01, 0.1, 0.001):
        one = task(train=f"learning_rate = {rate}  schedule = cosine").architecture
        of[rate] = models.model(one, one.train, BLOBS, 1, seed=1)
    assert len(models) == 2
    again = task(train="learning_rate = 0.1  schedule = cosine").architecture
    assert models.model(again, again.train, BLOBS, 1, seed=1) is of[0.1]


def test_an_architecture_of_whatever_making_is_trained():
    made = StandIn(choice("depth", 1), choice("w[0]", 4)).default()
    assert isinstance(run(task(train=PLAIN, architecture=made)).end, Trained)


# ---- logs


def test_logs_for_tensorboard_hold_every_epoch(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = run(task(train=PLAIN, epochs=2, seeds=(1, 2), tensorboard=str(tmp_path)))
    for execution in (0, 1):
        logs = reported(found, execution)
        for part, name in (("train", "loss"), ("validation", "val_loss")):
            events = accumulator.EventAccumulator(str(tmp_path / f"execution{execution}" / part)).Reload()
            scalars = events.Scalars("epoch_loss")
            assert [event.step for event in scalars] == [1, 2]
            assert [event.value for event in scalars] == pytest.approx([one[name] for one in logs])


def test_without_tensorboard_a_trial_is_trained_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("sqsem_dsl.study.trial.event_log.find_spec", lambda name: None)
    found = run(task(train=PLAIN, epochs=1, tensorboard=str(tmp_path))).end
    assert found.note == "no TensorBoard logs: the package `tensorboard` is not installed"


@pytest.mark.parametrize("learning_rate", [0.001, 0.03])
def test_the_saved_model_has_the_score_of_its_trial_batch_normalization_included(learning_rate, tmp_path):
    train = f"optimizer = adam  learning_rate = {learning_rate}  batch_size = 16"
    path = tmp_path / "model.keras"
    found = run(task(train=train, epochs=3, model=str(path), goals=(LOSS,)))
    model = keras.models.load_model(path)
    labels = BLOBS.validation.labels["y"]
    guessed = np.asarray(model(BLOBS.validation.inputs["x"], training=False))
    loss = -np.log(guessed[np.arange(len(labels)), labels]).mean()
    assert found.end.scores[0] == pytest.approx(loss, rel=1e-5)
    [layer] = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    seen = np.asarray(keras.Model(model.inputs, layer.input)([BLOBS.train.inputs["x"]]))
    np.testing.assert_allclose(layer.moving_mean, seen.mean(0), atol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, seen.var(0), rtol=1e-3)

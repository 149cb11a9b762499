"""Trainings interrupted anywhere resume with exactly the same numbers."""

from __future__ import annotations

import shutil
from dataclasses import replace
from random import Random

import numpy as np
import pytest

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras.optimizers import reduce_rate  # noqa: E402
from sqsem_dsl.settings.optimizers import ReduceOnPlateau  # noqa: E402
from sqsem_dsl.settings.options import Patience  # noqa: E402
from sqsem_dsl.study.stopping.bar import Bar  # noqa: E402
from sqsem_dsl.study.task import EpochEnded, Started, Stopped, Trained  # noqa: E402
from sqsem_dsl.study.trial.checkpoint import Checkpoint, read_checkpoint, write_checkpoint  # noqa: E402
from sqsem_dsl.study.trial.execution import Execution  # noqa: E402
from sqsem_dsl.study.trial.trial import _compiled  # noqa: E402
from tests.fakes.trials import ACCURACY, BLOBS, LOSS, SPEC, STEPS, TRAIN, after, run, task  # noqa: E402

MOMENTS = STEPS + 1 + 1
"""Where a training may be interrupted in an epoch: after its batches, a batch of validation, its end."""


def epochs(*runs):
    """The last reported metrics by execution and epoch."""
    return {(m.execution, m.epoch): m.metrics for one in runs for m in one.of(EpochEnded)}


def weights(path):
    return keras.models.load_model(path).get_weights()


def assert_same(path, other):
    for one, two in zip(weights(path), weights(other), strict=True):
        np.testing.assert_array_equal(one, two)


TRAINS = {
    "stopping, a schedule": TRAIN,
    "augmented, momentum, auc": """
        optimizer = sgd(momentum = 0.9)  learning_rate = 0.1  batch_size = 16  schedule = step(2)
        metrics = [accuracy, auc, f1]
    """,
    "a plateau, a penalty": """
        optimizer = sgd(momentum = 0.9)  learning_rate = 0.3  batch_size = 16  regularize = l2(0.01)
        schedule = reduce_on_plateau(1, factor = 0.5, min_delta = 0.1)
    """,
    "half precision": "optimizer = adamw  learning_rate = 0.01  batch_size = 16  precision = mixed_float16",
}


@pytest.fixture(scope="module", params=TRAINS)
def undisturbed(request, tmp_path_factory):
    """An uninterrupted training with two executions, and its task with a folder for its model."""

    def of(folder, **given):
        return task(train=TRAINS[request.param], seeds=(5, 6), epochs=6, model=str(folder / "m.keras"), **given)

    folder = tmp_path_factory.mktemp("undisturbed")
    whole = run(of(folder))
    assert isinstance(whole.end, Trained)
    assert whole.end.saved
    return of, whole, folder / "m.keras"


@pytest.mark.parametrize("seed", range(3))
def test_stopped_at_random_moments_it_gives_the_same(seed, undisturbed, tmp_path):
    of, whole, model = undisturbed
    random, parts = Random(seed), []
    while not parts or isinstance(parts[-1].end, Stopped):
        moments = random.randrange(1, 6 * MOMENTS)
        parts.append(run(of(tmp_path, checkpoint=str(tmp_path / "checkpoint")), after(moments)))
        assert len(parts) < 50
        if seed == 0:
            _compiled.clear()  # As if each part had its own process.
    assert len(parts) > 2
    assert epochs(*parts) == epochs(whole)
    assert parts[-1].end == whole.end
    assert_same(tmp_path / "m.keras", model)
    assert (tmp_path / "checkpoint").exists(), "until the result is written down, it may be needed again"


@pytest.mark.parametrize("moment", [*range(MOMENTS, 2 * MOMENTS + 1)])
def test_stopped_at_each_moment_of_an_epoch_it_gives_the_same(moment, tmp_path):
    of = {"seeds": (5,), "epochs": 3}
    whole = run(task(**of))
    first = run(task(**of, checkpoint=str(tmp_path / "checkpoint")), after(moment))
    second = run(task(**of, checkpoint=str(tmp_path / "checkpoint")))
    assert isinstance(first.end, Stopped)
    assert second.of(Started)[0].resumed_from == (0, (moment + 1) // MOMENTS)
    assert epochs(first, second) == epochs(whole)
    assert second.end == whole.end


@pytest.mark.parametrize("epoch", [1, 3, 4])
def test_the_file_of_a_killed_process_gives_the_same(epoch, undisturbed, tmp_path):
    of, whole, model = undisturbed
    own = of(tmp_path, checkpoint=str(tmp_path / "checkpoint"), checkpoint_seconds=0)
    reported = []

    def tell(message):
        reported.append(message)
        if isinstance(message, EpochEnded) and (message.execution, message.epoch) == (1, epoch):
            shutil.copy(tmp_path / "checkpoint", tmp_path / "copy")

    run(own, tell=tell)
    (tmp_path / "m.keras").unlink()
    shutil.copy(tmp_path / "copy", tmp_path / "checkpoint")
    second = run(own)
    assert second.of(Started)[0].resumed_from == (1, epoch - 1)  # Interrupted in the validation of that epoch.
    assert epochs(second) == epochs(whole)
    assert second.end == whole.end
    assert_same(tmp_path / "m.keras", model)


def test_a_continued_trial_is_as_one_that_had_gone_on(undisturbed, tmp_path):
    of, _, _ = undisturbed

    def part(number, epochs, **given):
        return replace(of(tmp_path), number=number, epochs=epochs, seeds=(5,), schedule_epochs=6, **given)

    whole = run(part(1, 6, model=str(tmp_path / "1.keras")))
    run(part(2, 2, model=None, final=str(tmp_path / "final")))
    rest = run(replace(part(3, 6, model=str(tmp_path / "3.keras"), start=str(tmp_path / "final")), seeds=(99,)))
    assert epochs(rest) == {key: logs for key, logs in epochs(whole).items() if key[1] > 2}
    assert (rest.end.metrics, rest.end.epochs, rest.end.note) == (whole.end.metrics, whole.end.epochs, None)
    assert_same(tmp_path / "1.keras", tmp_path / "3.keras")


def test_a_continued_trial_that_is_cut_off_continues(tmp_path):
    start, checkpoint = str(tmp_path / "final"), str(tmp_path / "checkpoint")
    whole = run(task(epochs=6, schedule_epochs=6))
    run(task(epochs=2, schedule_epochs=6, final=start))
    given = task(number=2, epochs=6, schedule_epochs=6, start=start, checkpoint=checkpoint)
    first = run(given, after(MOMENTS + 3))
    second = run(given)
    assert isinstance(first.end, Stopped)
    assert second.of(Started)[0].resumed_from == (0, 3)
    assert min(epochs(first, second)) == (0, 3)
    assert second.end.metrics == whole.end.metrics


STOPS = (Bar(2, -1.0, "others were better"),)
"""No accuracy is above 1."""


def test_a_stopped_trial_that_continues_is_as_one_that_was_not_stopped(undisturbed, tmp_path):
    """Also if it is interrupted in the epoch after which it is stopped."""
    of, _, _ = undisturbed
    final, checkpoint = str(tmp_path / "final"), str(tmp_path / "checkpoint")
    whole = run(replace(of(tmp_path), seeds=(5,), model=str(tmp_path / "1.keras")))
    given = replace(of(tmp_path, checkpoint=checkpoint), seeds=(5,), stops=STOPS, final=final)
    cut = run(given, after(MOMENTS + 3))
    first = run(given)
    assert isinstance(cut.end, Stopped)
    assert (first.end.epochs, first.end.stopped) == (2, "after 2 of 6 epochs: others were better")
    assert epochs(cut, first) == {key: logs for key, logs in epochs(whole).items() if key[1] <= 2}
    assert first.end.scores == (max(logs["val_accuracy"] for logs in epochs(cut, first).values()),)
    rest = run(replace(of(tmp_path), number=2, seeds=(5,), start=final, model=str(tmp_path / "2.keras")))
    assert epochs(rest) == {key: logs for key, logs in epochs(whole).items() if key[1] > 2}
    assert (rest.end.metrics, rest.end.epochs, rest.end.stopped) == (whole.end.metrics, whole.end.epochs, None)
    assert_same(tmp_path / "1.keras", tmp_path / "2.keras")


def test_only_the_first_execution_of_a_stopped_trial_is_run():
    found = run(task(epochs=6, seeds=(5, 6, 7), stops=STOPS))
    assert {(message.execution, message.epoch) for message in found.of(EpochEnded)} == {(0, 1), (0, 2)}
    assert (found.end.epochs, found.end.spread) == (2, {})
    good = run(task(epochs=3, seeds=(5, 6), stops=(Bar(2, 0.0, "every accuracy is good enough"),)))
    assert {(message.execution, message.epoch) for message in good.of(EpochEnded)} >= {(0, 3), (1, 1)}
    assert good.end.stopped is None


@pytest.mark.search
def test_a_search_that_stops_trials(tmp_path):
    import sqsem_dsl as sqs

    spec = SPEC.format(train="batch_size = 16  epochs = 4  learning_rate = any 1e-4..1e-1 log")
    search = "search { algorithm = random  stopping = asha(factor = 2)  trials = 5 }"
    (tmp_path / "small.sqs").write_text(spec.rstrip()[:-1] + search + " }")
    result = sqs.search(tmp_path / "small.sqs", BLOBS, tmp_path / "study", workers=0)
    study = sqs.load_study(tmp_path / "study")
    assert sum(trial.continues is None for trial in study.trials) == 5
    stopped = [trial for trial in study.trials if trial.stopped]
    assert stopped
    for trial in stopped:
        own = [epoch.metrics["val_accuracy"] for epoch in study.epochs(trial.number)]
        assert trial.epochs < trial.planned == 4
        assert trial.score >= max(own)
    assert any(trial.epochs == 4 for trial in study.trials)
    model = keras.models.load_model(tmp_path / "study" / "best.keras")
    assert model.count_params() == result.best.params


@pytest.mark.parametrize("what", ["missing", "broken", "another's"])
def test_a_state_that_cannot_be_continued_is_said_and_training_begins_anew(what, tmp_path):
    start = tmp_path / "final"
    if what == "broken":
        start.write_bytes(b"PK\x03\x04 and no more")
    if what == "another's":
        run(task(choices={"width": 12}, final=str(start)))
    found = run(task(start=str(start)))
    assert found.end.metrics == run(task()).end.metrics
    assert "training starts at the first epoch" in found.end.note


@pytest.mark.parametrize("other", [{"number": 2}, {"seeds": (6,)}, {"epochs": 5}, {"goals": (LOSS, ACCURACY)}])
def test_the_checkpoint_of_another_task_is_refused(other, tmp_path):
    checkpoint = str(tmp_path / "checkpoint")
    run(task(checkpoint=checkpoint), after(9))
    found = run(task(**other, checkpoint=checkpoint))
    assert found.of(Started)[0].resumed_from is None
    assert found.end.metrics == run(task(**other)).end.metrics
    assert "is of another training" in found.end.note


def test_a_checkpoint_is_written_when_it_is_due(tmp_path):
    checkpoint = tmp_path / "checkpoint"
    seen = []
    run(task(checkpoint=str(checkpoint), checkpoint_seconds=1e9), stop=lambda: seen.append(checkpoint.exists()))
    assert not any(seen)
    seen.clear()
    run(task(checkpoint=str(checkpoint), checkpoint_seconds=0), stop=lambda: seen.append(checkpoint.exists()))
    assert all(seen[1:])


def test_a_file_gives_back_what_was_written(tmp_path):
    arrays = {"state": [np.arange(3, dtype=np.uint32), np.array(0.1, np.float32)], "weights": []}
    facts = {"best": 0.1 + 0.2, "lost": float("inf")}
    write_checkpoint(tmp_path / "new" / "file", Checkpoint("me", facts, arrays))
    found = read_checkpoint(tmp_path / "new" / "file")
    assert (found.belongs_to, found.facts) == ("me", facts)
    for one, two in zip(found.arrays["state"], arrays["state"], strict=True):
        np.testing.assert_array_equal(one, two, strict=True)
    assert found.arrays["weights"] == []
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_a_file_cut_anywhere_is_none(tmp_path):
    path = tmp_path / "file"
    write_checkpoint(path, Checkpoint("me", {}, {"state": [np.arange(50.0)]}))
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert read_checkpoint(path) is None
    damaged = bytearray(whole)
    damaged[whole.index(np.arange(50.0).tobytes()) + 9] ^= 1
    path.write_bytes(damaged)
    assert read_checkpoint(path) is None


@pytest.mark.parametrize("seed", range(5))
def test_patience_ends_where_that_of_keras_does(seed):
    random = Random(seed)
    for monitor, mode in (("val_loss", "min"), ("val_accuracy", "max")):
        patience = Patience(epochs=random.randrange(1, 5), monitor=monitor, min_delta=random.choice([0.0, 0.25]))
        theirs = keras.callbacks.EarlyStopping(
            monitor, patience=patience.epochs, min_delta=patience.min_delta, mode=mode
        )
        theirs.set_model(keras.Sequential([keras.Input((1,))]))
        theirs.on_train_begin()
        ours = Execution(1)
        for epoch in range(30):
            logs = {"loss": 1.0, "val_loss": 1.0, "val_accuracy": 0.5, monitor: random.randrange(8) / 4}
            ours.epoch_ended(logs, [ACCURACY], patience)
            theirs.on_epoch_end(epoch, logs)
            assert ours.ended == (theirs.stopped_epoch > 0)
            if ours.ended:
                break


@pytest.mark.parametrize("seed", range(5))
def test_the_rate_falls_where_that_of_keras_does(seed):
    random = Random(seed)
    for monitor, mode in (("val_loss", "min"), ("val_accuracy", "max")):
        own = ReduceOnPlateau(
            patience=random.randrange(1, 4), factor=0.25, min_delta=random.choice([0.0, 0.25]), min_rate=0.01,
            monitor=monitor,
        )  # fmt: skip
        theirs = keras.callbacks.ReduceLROnPlateau(
            monitor, own.factor, own.patience, mode=mode, min_delta=own.min_delta, min_lr=own.min_rate
        )
        theirs.set_model(compiled := keras.Sequential([keras.Input((1,))]))
        compiled.compile(keras.optimizers.SGD(0.5))
        theirs.on_train_begin()
        optimizer, ours, rates = keras.optimizers.SGD(0.5), Execution(1), set()
        for epoch in range(40):
            logs = {"loss": 1.0, "val_loss": 1.0, "val_accuracy": 0.5, monitor: random.randrange(8) / 4}
            if ours.reduces_rate(logs, own):
                reduce_rate(optimizer, own)
            theirs.on_epoch_end(epoch, logs)
            rates.add(rate := float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
            assert rate == float(keras.ops.convert_to_numpy(compiled.optimizer.learning_rate))
        assert len(rates) > 2
        assert min(rates) == pytest.approx(0.01)


def test_a_trial_on_a_plateau_trains_as_with_the_callback_of_keras():
    from sqsem_dsl.backends.keras.training import fit
    from sqsem_dsl.study.trial.compiled import CompiledModels

    train = TRAINS["a plateau, a penalty"]
    trial_task = task(train=train, epochs=6)
    whole = run(trial_task)
    settings = trial_task.architecture.train.model_copy(update={"epochs": 6})
    model = CompiledModels().model(trial_task.architecture, settings, BLOBS, 6, 5)
    history = fit(model, settings, BLOBS, seed=5)  # early stopping and plateaus are Keras's own
    assert history.pop("learning_rate")[0] > float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    assert [logs["val_loss"] for logs in epochs(whole).values()] == pytest.approx(history["val_loss"], rel=1e-5)
    constant = run(task(train=train.replace("schedule = reduce_on_plateau(1, factor = 0.5, min_delta = 0.1)", "")))
    assert [logs["val_loss"] for logs in epochs(constant).values()] != pytest.approx(history["val_loss"][:4], rel=1e-5)


def test_the_data_are_part_of_a_training(tmp_path):
    from sqsem_dsl.data.dataset import Dataset

    checkpoint = str(tmp_path / "checkpoint")
    run(task(checkpoint=checkpoint), after(9))
    other = Dataset("other", BLOBS.outputs, BLOBS.train, BLOBS.test, BLOBS.validation)
    assert run(task(checkpoint=checkpoint), data=other).of(Started)[0].resumed_from is None

"""Trainings in two phases: interrupted anywhere they give the same, continued ones too, and models are used again."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras import training  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model  # noqa: E402
from sqsem_dsl.backends.keras.unfreezing import go_to_phase  # noqa: E402
from sqsem_dsl.data.dataset import Dataset, Part  # noqa: E402
from sqsem_dsl.network.unfreezing import training_of  # noqa: E402
from sqsem_dsl.study.objective import Goal  # noqa: E402
from sqsem_dsl.study.stopping.bar import Bar  # noqa: E402
from sqsem_dsl.study.task import EpochEnded, Stopped, Task, Trained  # noqa: E402
from sqsem_dsl.study.trial.trial import _compiled  # noqa: E402
from tests.fakes.trials import after, run  # noqa: E402

SPEC = """sqs 1
space small {{
  input image: [32, 32, 3]
  output label = image -> backbone(mobilenet_v2, cut = "block_1_expand_relu", trainable = {trainable})
    -> gap -> dense(4) -> batchnorm -> relu -> dropout(0.3) -> dense(2) -> softmax
  train {{ batch_size = 16  epochs = 4  unfreeze = after(2, rate = 0.5)  {train} }}
}}
"""
FROZEN, STEPS = 2, 4
"""Epochs of the first phase; steps of an epoch."""
MOMENTS = STEPS + 1 + 1
"""Where a training may be interrupted in an epoch: after its batches, a batch of validation, its end."""
TRAINS = {
    "adam": "learning_rate = 0.01  early_stopping = patience(1)",
    "cosine": "optimizer = sgd(momentum = 0.9)  learning_rate = 0.05  schedule = cosine",
    "plateau": "learning_rate = 0.01  schedule = reduce_on_plateau(1, factor = 0.5, min_delta = 1)",
    "half precision": "optimizer = adamw  learning_rate = 0.01  precision = mixed_float16",
}


def data():
    """Dark and bright images from 0 to 1."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = (random.random((60, 32, 32, 3)) * 0.5 + 0.5 * labels[:, None, None, None]).astype("float32")
    part = Part({"image": images}, {"label": labels.astype("int32")})
    return Dataset("lights", space().outputs, part, part, part)


def space(train=TRAINS["adam"], trainable='"block_1_expand"'):
    return sqs.loads(SPEC.format(train=train, trainable=trainable))


def task(train=TRAINS["adam"], trainable='"block_1_expand"', **given):
    architecture = space(train, trainable).default()
    return Task(**{"number": 1, "architecture": architecture, "goals": (Goal("val_loss", "min"),), "epochs": 4,
                   "seeds": (5,), **given})  # fmt: skip


def epochs(*runs):
    return {(m.execution, m.epoch): m.metrics for one in runs for m in one.of(EpochEnded)}


def assert_same(path, other):
    one, two = (keras.models.load_model(file) for file in (path, other))
    for left, right in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    for left, right in zip(one.optimizer.variables, two.optimizer.variables, strict=True):
        np.testing.assert_array_equal(left.numpy(), right.numpy())


@pytest.fixture(scope="module", params=TRAINS)
def whole(request, tmp_path_factory):
    """An uninterrupted training, and its task with a folder for its files."""
    _compiled.clear()

    def of(folder, **given):
        return task(TRAINS[request.param], model=str(folder / "m.keras"), **given)

    folder = tmp_path_factory.mktemp("whole")
    done = run(of(folder), data=data())
    assert isinstance(done.end, Trained), done.end
    assert len(epochs(done)) == 4
    return of, done, folder / "m.keras"


# Within the first phase, at the switch, just after it, and in the second phase's first validation.
@pytest.mark.parametrize("moment", [3, 2 * MOMENTS - 1, 2 * MOMENTS, 2 * MOMENTS + 4])
def test_an_interrupted_training_gives_the_same(moment, whole, tmp_path):
    of, undisturbed, model = whole
    own = of(tmp_path, checkpoint=str(tmp_path / "checkpoint"))
    first = run(own, after(moment), data())
    assert isinstance(first.end, Stopped)
    if moment in (2 * MOMENTS - 1, 2 * MOMENTS):
        _compiled.clear()  # as if the rest had its own process
    second = run(own, data=data())
    assert epochs(first, second) == epochs(undisturbed)
    assert second.end == undisturbed.end
    assert_same(tmp_path / "m.keras", model)


def test_interrupted_again_and_again_with_two_executions(tmp_path):
    whole = run(task(seeds=(5, 6), model=str(tmp_path / "whole.keras")), data=data())
    own = task(seeds=(5, 6), model=str(tmp_path / "parts.keras"), checkpoint=str(tmp_path / "checkpoint"))
    parts = []
    while not parts or isinstance(parts[-1].end, Stopped):
        parts.append(run(own, after(5), data()))
        assert len(parts) < 20
    assert len(parts) > 5
    assert epochs(*parts) == epochs(whole)
    assert parts[-1].end == whole.end
    assert_same(tmp_path / "parts.keras", tmp_path / "whole.keras")


@pytest.mark.parametrize("stopped", [2, 3])
def test_a_continued_trial_is_as_one_that_had_gone_on(stopped, whole, tmp_path):
    of, undisturbed, model = whole
    of_whole = {"schedule_epochs": 4}
    first = run(of(tmp_path, epochs=stopped, final=str(tmp_path / "final"), **of_whole), data=data())
    second = run(of(tmp_path, number=2, start=str(tmp_path / "final"), **of_whole), data=data())
    assert epochs(first, second) == epochs(undisturbed)
    assert replace(second.end, number=1) == undisturbed.end
    assert_same(tmp_path / "m.keras", model)


def test_a_trial_that_others_stopped_continues_in_its_phase(whole, tmp_path):
    of, undisturbed, model = whole
    bars = (Bar(FROZEN, -1e9, "others were better"),)
    first = run(of(tmp_path, stops=bars, final=str(tmp_path / "final")), data=data())
    assert first.end.epochs == FROZEN
    second = run(of(tmp_path, number=2, start=str(tmp_path / "final")), data=data())
    assert epochs(first, second) == epochs(undisturbed)
    assert_same(tmp_path / "m.keras", model)


class Watch(keras.callbacks.Callback):
    """The weights of the backbone, the learning rate, and the steps of the optimizer, after each epoch."""

    def __init__(self):
        super().__init__()
        self.weights, self.rates, self.steps = [], [], []

    def on_train_begin(self, logs=None):
        self.weights.append(self.model.get_layer("backbone").get_weights())

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_layer("backbone").get_weights())
        self.rates.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        self.steps.append(int(self.model.optimizer.iterations))


def fitted(train, trainable="all", **given):
    architecture = space(train, trainable).default()
    settings, held, watch = training_of(architecture), data(), Watch()
    with training.policy_scope(settings, 1):
        model = build_model(architecture)
    training.prepare(model, settings, held)
    training.fit(model, settings, held, seed=1, callbacks=[watch], **given)
    return model, watch


def changed(watch, epoch):
    """Which weights of the backbone an epoch has changed."""
    before, after = watch.weights[epoch : epoch + 2]
    return [not np.array_equal(one, two) for one, two in zip(before, after, strict=True)]


def test_backbones_are_frozen_first_and_then_trained_at_the_lower_rate():
    model, watch = fitted(TRAINS["adam"])
    assert not any(changed(watch, 0) + changed(watch, 1))
    assert all(changed(watch, 2))  # with the statistics of batch normalization
    assert all(changed(watch, 3))
    assert watch.rates == pytest.approx([0.01, 0.01, 0.005, 0.005])
    assert watch.steps == [4, 8, 4, 8]
    assert len(model.trainable_variables) == len(model.optimizer._trainable_variables) == 18


def test_only_the_layers_that_are_trained_in_the_end_are_unfrozen():
    _, watch = fitted(TRAINS["adam"], '"block_1_expand"')
    assert not any(changed(watch, 1))
    names = [w.path.split("/")[-2] for w in build_model(space().default()).get_layer("backbone").weights]
    assert {name for name, each in zip(names, changed(watch, 2), strict=True) if each} == {
        "block_1_expand", "block_1_expand_BN"
    }  # fmt: skip


def test_a_schedule_continues_over_the_switch():
    _, watch = fitted(TRAINS["cosine"])
    whole = [0.05 * (1 + cos(pi * step / 16)) / 2 for step in (4, 8, 12, 16)]
    factors = [1, 1, 0.5, 0.5]
    assert watch.rates == pytest.approx([rate * by for rate, by in zip(whole, factors, strict=True)], abs=1e-8)


def test_a_reduced_rate_is_multiplied_once():
    _, watch = fitted(TRAINS["plateau"])  # reduced after each epoch but the first
    assert watch.rates == pytest.approx([0.01, 0.005, 0.00125, 0.000625])


def test_a_training_that_starts_in_the_second_phase_counts_its_steps():
    _, watch = fitted(TRAINS["cosine"], initial_epoch=3)
    assert watch.rates == pytest.approx([0.0], abs=1e-8)
    assert watch.steps == [8]
    assert all(changed(watch, 0))


def test_patience_counts_from_the_switch():
    # No epoch is better by 9 than the first that counts: without phases it would end after the second.
    train = "learning_rate = 0.01  early_stopping = patience(1, min_delta = 9)"
    assert run(task(train, epochs=6), data=data()).end.epochs == FROZEN + 2
    _, watch = fitted(train, epochs=6)
    assert len(watch.rates) == FROZEN + 2


def test_a_model_used_again_gives_the_same(tmp_path):
    _compiled.clear()
    first = run(task(model=str(tmp_path / "1.keras")), data=data())
    assert len(_compiled) == 1
    again = run(task(model=str(tmp_path / "2.keras")), data=data())
    assert len(_compiled) == 1
    assert epochs(again) == epochs(first)
    assert_same(tmp_path / "1.keras", tmp_path / "2.keras")
    # Stopped early in the first phase: the next one finds the model there.
    assert isinstance(run(task(), after(3), data()).end, Stopped)
    assert epochs(run(task(), data=data())) == epochs(first)


def test_a_model_of_the_first_phase_is_saved_as_the_spec_says(tmp_path):
    done = run(task(epochs=2, trainable="all", model=str(tmp_path / "m.keras")), data=data()).end
    assert done.note == "trained with frozen backbones: 2 epochs, and `unfreeze` is later"
    assert len(keras.models.load_model(tmp_path / "m.keras").trainable_variables) == 18


def test_without_anything_to_unfreeze_it_does_nothing():
    one = run(task("learning_rate = 0.01", "any [none, all]"), data=data())
    text = SPEC.format(train="learning_rate = 0.01", trainable="none").replace("unfreeze = after(2, rate = 0.5)", "")
    two = run(replace(task(), architecture=sqs.loads(text).default()), data=data())
    assert epochs(one) == epochs(two)


def test_a_model_prepared_again_has_the_same_phases():
    model, _ = fitted(TRAINS["adam"])
    settings = training_of(space(TRAINS["adam"], "all").default())
    training.prepare(model, settings, data())
    assert len(model.trainable_variables) == 6
    go_to_phase(model, FROZEN)
    assert len(model.trainable_variables) == 18


class Seen(keras.callbacks.Callback):
    """Writes the epochs that a callback of the user sees, with what is frozen then, into a file."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def write(self, *words):
        with open(self.path, "a", encoding="utf-8") as file:
            print(*words, file=file)

    def on_train_begin(self, logs=None):
        self.write("begin")

    def on_epoch_end(self, epoch, logs=None):
        kernel = self.model.get_layer("backbone").get_weights()[0]
        self.write(epoch, "val_loss" in logs, f"{float(np.abs(kernel).sum()):.6f}", len(self.model.trainable_variables))

    def on_train_end(self, logs=None):
        self.write("end")


@pytest.mark.search
def test_each_fold_has_both_phases_and_callbacks_see_every_epoch_once(tmp_path):
    """Each fold starts frozen and from the same network, and its model is that of its best epoch."""
    text = SPEC.format(train="learning_rate = 0.01", trainable="all")
    text = text.replace("block_1_expand_relu", "Conv1_relu").replace("epochs = 4", "epochs = 3")
    made = data().train
    result = sqs.search(
        sqs.loads(text + "\n"),
        (made.inputs["image"], made.labels["label"]),
        tmp_path / "run",
        folds=2,
        trials=1,
        workers=0,
        seed=1,
        callbacks=[Seen(str(tmp_path / "seen.txt"))],
    )
    trial = result.trials[0]
    assert (trial.status, trial.epochs) == ("completed", 3)
    recorded = sqs.load_study(tmp_path / "run").epochs(1)
    assert [(epoch.execution, epoch.epoch) for epoch in recorded] == [(n, e) for n in (0, 1) for e in (1, 2, 3)]
    lines = [line.split() for line in (tmp_path / "seen.txt").read_text().splitlines()]
    epochs = [line for line in lines if len(line) > 1]
    assert [(int(number), known) for number, known, *_ in epochs] == [(e, "True") for _ in (0, 1) for e in (0, 1, 2)]
    for fold in (epochs[:3], epochs[3:]):
        kernels = [kernel for _, _, kernel, _ in fold]
        assert kernels[0] == kernels[1] != kernels[2]  # trained in the second phase only
        counts = [int(count) for *_, count in fold]
        assert counts[0] == counts[1] < counts[2]
    # The model is that of the fold and the epoch with the best score.
    kernel = result.best_model().get_layer("backbone").get_weights()[0]
    assert f"{float(np.abs(kernel).sum()):.6f}" in {line[2] for line in epochs}

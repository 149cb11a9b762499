"""Trainings in two phases with KerasTuner."""

from __future__ import annotations

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
kt = pytest.importorskip("keras_tuner")
from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel  # noqa: E402

SPEC = """sqs 1
space small {
  input image: [32, 32, 3]
  output label = image -> backbone(mobilenet_v2, cut = "Conv1_relu") -> gap -> dense(any [2, 4]) -> dense(2) -> softmax
  train { batch_size = 16  epochs = 3  learning_rate = 0.01  unfreeze = after(2, rate = 0.5) }
}
"""
SPACE = sqs.loads(SPEC)
LABELS = np.arange(32) % 2
IMAGES = (np.random.default_rng(0).random((32, 32, 32, 3)) * 0.5 + 0.5 * LABELS[:, None, None, None]).astype("float32")


class Watch(keras.callbacks.Callback):
    """The first kernel and the learning rate after each epoch."""

    def __init__(self):
        super().__init__()
        self.kernels, self.rates = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.kernels.append(self.model.get_layer("backbone").get_weights()[0])
        self.rates.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, at):
        rows = slice(16 * at, 16 * at + 16)
        return IMAGES[rows], LABELS[rows]


@pytest.mark.parametrize("data", [(IMAGES, LABELS), (Batches(),)], ids=["arrays", "batches"])
def test_both_phases(data):
    hypermodel, hp, watch = SpaceHyperModel(SPACE), kt.HyperParameters(), Watch()
    held = data[0] if len(data) == 1 else data
    model = hypermodel.build(hp)
    hypermodel.fit(hp, model, *data, validation_data=held, callbacks=[watch], verbose=0)
    assert watch.rates == pytest.approx([0.01, 0.01, 0.005])
    assert np.array_equal(watch.kernels[0], watch.kernels[1])
    assert not np.array_equal(watch.kernels[1], watch.kernels[2])


def test_another_optimizer_of_the_tuner_is_an_error(tmp_path):
    tuner = kt.RandomSearch(
        SpaceHyperModel(SPACE), objective="val_accuracy", directory=tmp_path, max_trials=1, optimizer="sgd"
    )
    with pytest.raises(kt.errors.FatalValueError, match="remove the tuner's `optimizer`, or `unfreeze`"):
        tuner.search(IMAGES, LABELS, validation_data=(IMAGES, LABELS), verbose=0)


def test_hyperband_of_the_space_continues_in_the_second_phase(tmp_path):
    text = (
        SPEC.replace("epochs = 3", "epochs = 4").replace("after(2", "after(1").replace("any [2, 4]", "any [2, 3, 4, 5]")
    )
    search = "search { algorithm = hyperband(factor = 2)  objective = minimize(val_loss)  seed = 1 }"
    space = sqs.loads(text.replace("0.5) }", f"0.5) }} {search}"))
    tuner = space.tuner(directory=tmp_path, trials=7)
    tuner.search(IMAGES, LABELS, validation_data=(IMAGES, LABELS), verbose=0)
    values = [trial.hyperparameters.values for trial in tuner.oracle.trials.values()]
    rounds = [(value.get("tuner/initial_epoch", 0), value["tuner/epochs"]) for value in values]
    assert {(0, 1), (1, 2), (2, 4)} <= set(rounds)
    assert all(outcome.status == "completed" for outcome in tuner.outcomes)

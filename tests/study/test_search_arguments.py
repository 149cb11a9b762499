"""Arguments of `tuner.search` besides the data take effect, and so do the settings of `train { }`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import sqsem_dsl as sqs
from tests.fakes.standin import StandIn, chain, choice, data

pytestmark = pytest.mark.keras
kt = pytest.importorskip("keras_tuner")
import keras  # noqa: E402

from sqsem_dsl.backends.keras.batches import TrainingBatches  # noqa: E402
from sqsem_dsl.study.kerastuner.arguments import by_name, has_byte_images, read  # noqa: E402
from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel  # noqa: E402

(X, Y), VALID = data(), data(48, 1)
SEARCHED = StandIn(*chain(1, (4,)), choice("train.batch_size", 8, 48), train={"class_weights": "balanced"})


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        part = slice(32 * index, 32 * index + 32)
        return {"x": X[part]}, Y[part]


class Steps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.counts = []

    def on_epoch_begin(self, epoch, logs=None):
        self.counts.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.counts[-1] += 1


def trained(space, *args, batch=None, **kwargs):
    """The steps of each epoch, and the history."""
    hypermodel, hp = SpaceHyperModel(space, seed=1), kt.HyperParameters()
    hypermodel.declare_hyperparameters(hp)
    if batch is not None:
        hp.values["train.batch_size"] = batch
    steps = Steps()
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, *args, callbacks=[steps], verbose=0, **kwargs).history
    return steps.counts, history, model


@pytest.mark.parametrize(
    ("more", "steps"),
    [
        ({}, {8: 12, 48: 2}),
        ({"sample_weight": np.ones(96)}, {8: 12, 48: 2}),
        ({"class_weight": {0: 2.0}}, {8: 12, 48: 2}),
        ({"shuffle": False}, {8: 12, 48: 2}),
        ({"validation_steps": 1, "validation_batch_size": 16, "validation_freq": 1}, {8: 12, 48: 2}),
        ({"validation_data": (*VALID, np.ones(48))}, {8: 12, 48: 2}),
        ({"validation_data": Batches()}, {8: 12, 48: 2}),
        ({"steps_per_epoch": 5}, {8: 5, 48: 5}),
    ],
)
def test_the_batch_size_of_a_trial_holds_whatever_is_passed_on(more, steps):
    for batch, expected in steps.items():
        counts, history, _ = trained(SEARCHED, X, Y, batch=batch, **{"validation_data": VALID, **more})
        assert counts == [expected]
        assert np.isfinite(history["val_loss"]).all()


def weights(**arguments):
    space = StandIn(*chain(1, (4,)), train={"class_weights": arguments.pop("class_weights", "none")})
    dataset, given = read(space, by_name((X, Y), {"validation_data": VALID, **arguments}))
    train = space.default().train
    return given.weights(train, dataset), dataset, given, train


def test_weights_of_samples_and_of_classes_are_multiplied():
    own = np.arange(96, dtype=np.float32)
    assert weights()[0] == {}
    assert np.allclose(weights(sample_weight=own)[0]["y"], own)
    assert np.allclose(weights(sample_weight=own, class_weights="balanced")[0]["y"], own)  # equally many of each
    by_class = np.array([3.0, 1.0, 0.5])[Y]
    assert np.allclose(weights(class_weight={0: 3.0, 2: 0.5})[0]["y"], by_class)
    assert np.allclose(weights(class_weight={0: 3.0, 2: 0.5}, sample_weight=own)[0]["y"], own * by_class)


def test_a_share_for_validation_takes_its_weights_along():
    own = np.arange(96, dtype=np.float32)
    given = {"validation_split": 0.25, "sample_weight": own}
    dataset, found = read(StandIn(), by_name((X, Y), given))
    assert np.allclose(found.sample_weight["y"], own[:72])
    assert np.allclose(found.validation_weight["y"], own[72:])
    assert len(dataset.validation) == 24


def test_weighted_validation_data_weigh_the_loss_of_the_validation():
    half = np.repeat([1.0, 0.0], 24)
    _, whole, model = trained(StandIn(), X, Y, validation_data=VALID)
    _, weighted, _ = trained(StandIn(), X, Y, validation_data=(*VALID, half))
    loss = model.evaluate({"x": VALID[0]}, VALID[1], sample_weight=half, verbose=0, return_dict=True)["loss"]
    assert weighted["val_loss"][0] == pytest.approx(loss, rel=1e-4)
    assert whole["val_loss"][0] != pytest.approx(loss, rel=1e-3)


def test_samples_that_are_not_shuffled_come_in_their_order():
    _, dataset, given, train = weights(shuffle=False)
    batches = TrainingBatches(["x"], train, dataset, 1, shuffle=given.shuffle, steps=4)
    assert len(batches) == 4
    assert np.array_equal(np.concatenate([batches[i][1] for i in range(4)]), np.resize(Y, 4 * 32))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample_weight": np.ones(95)}, r"have the shape \[95\], but there are 96 samples"),
        ({"sample_weight": {"z": np.ones(96)}}, "weighs `z`, but there is no such output"),
        ({"validation_data": (*VALID, np.ones(96))}, r"have the shape \[96\], but there are 48 samples"),
    ],
)
def test_weights_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(kt.errors.FatalValueError, match=message):
        weights(**arguments)


def test_a_search_of_what_batches_cannot_take_is_refused():
    with pytest.raises(kt.errors.FatalValueError, match=r"`train\.batch_size` is searched"):
        trained(SEARCHED, Batches(), batch=8, validation_data=VALID)


@pytest.mark.parametrize("kind", ["tf.data", "PyDataset"])
def test_images_of_bytes_in_batches_are_warned_of(kind):
    image, label = np.zeros((8, 4, 4, 3), "uint8"), np.zeros(8, "int32")

    class Images(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return {"image": image}, label

    batches = Images()
    if kind == "tf.data":
        batches = pytest.importorskip("tensorflow").data.Dataset.from_tensor_slices(({"image": image}, label)).batch(4)
    assert has_byte_images(batches)
    assert not has_byte_images(Batches())
    assert not has_byte_images(iter([(image, label)]))
    space = sqs.loads("""space s {
      input image: [4, 4, 3]
      output y = image -> flatten -> dense(any [2, 3]) @hidden -> dense(2) -> softmax
    }""")
    hypermodel, hp = space.hypermodel(), kt.HyperParameters()
    hypermodel.declare_hyperparameters(hp)
    with pytest.warns(UserWarning, match="images of bytes that come in batches are not scaled"):
        hypermodel.fit(hp, hypermodel.build(hp), batches, validation_data=batches, epochs=1, verbose=0)


def test_stated_settings_that_batches_cannot_take_are_named():
    space = StandIn(*chain(1, (4,)), train={"class_weights": "balanced", "batch_size": 8})
    with pytest.warns(UserWarning, match="`batch_size`, `class_weights` of `train` do not apply"):
        counts, _, _ = trained(space, Batches(), validation_data=VALID)
    assert counts == [3]


def test_the_schedule_is_laid_out_for_the_batches_that_come():
    space = StandIn(*chain(1, (4,)), train={"epochs": 2, "learning_rate": Fraction(1, 10), "schedule": "cosine"})
    _, _, model = trained(space, Batches(), validation_data=VALID)
    assert int(model.optimizer.iterations) == 6
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-6)
    schedule = model.optimizer._learning_rate
    assert float(schedule(3)) == pytest.approx(0.05, rel=1e-3)

    def forever():
        while True:
            yield Batches()[0]

    with pytest.raises(kt.errors.FatalValueError, match="give `steps_per_epoch`"):
        trained(space, forever(), validation_data=VALID)
    counts, _, _ = trained(space, forever(), validation_data=VALID, steps_per_epoch=4)
    assert counts == [4, 4]


def test_one_weight_for_each_sample_weighs_all_of_its_pixels():
    space = sqs.loads("space s { input x: [4, 4, 1]  output y = x -> conv(1, 3) -> sigmoid  train { batch_size = 8 } }")
    x, y = np.ones((16, 4, 4, 1), np.float32), np.zeros((16, 4, 4, 1))
    dataset, given = read(space, {"x": x, "y": y, "validation_data": (x, y), "sample_weight": np.arange(16.0)})
    train = space.default().train
    weights = TrainingBatches(("x",), train, dataset, 0, weights=given.weights(train, dataset))[0][2]
    weights = weights["y"] if isinstance(weights, dict) else weights
    assert weights.shape == (8, 1, 1)
    _, history, _ = trained(space, x, y, validation_data=(x, y), sample_weight=np.arange(16.0))
    assert np.isfinite(history["loss"]).all()

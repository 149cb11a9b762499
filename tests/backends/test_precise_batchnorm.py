"""Batch normalization in validation: with statistics of the current weights, on every kind of network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.settings.metrics import OutputFact

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

LABEL = {"label": OutputFact((2,), "softmax")}
OWN = '''
import keras

@keras.saving.register_keras_serializable("own")
class Normed(keras.layers.Layer):
    """Batch normalization and dropout, out of sight; `call` takes no `training`."""
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.layers.BatchNormalization()
        self.noise = keras.layers.Dropout(0.5, seed=3)
    def build(self, shape):
        self.inner.build(shape)
        self.noise.build(shape)
    def call(self, x):
        return self.noise(self.inner(x))
    def compute_output_shape(self, shape):
        return shape
'''


def space(network: str, train: str = "epochs = 2 batch_size = 16", before: str = "") -> sqs.Space:
    text = f"""sqs 1
{before}
space s {{
  input image: [6, 6, 2]
  output label = image -> {network} -> flatten -> dense(2) -> softmax
  train {{ {train} }}
}}"""
    return sqs.loads(text, allow_extern=True)


def dataset(train: int = 96) -> Dataset:
    """Two classes that differ in the mean of a channel."""
    generator = np.random.default_rng(0)

    def part(count: int) -> Part:
        labels = generator.integers(0, 2, count).astype(np.int32)
        image = generator.normal(5, 3, (count, 6, 6, 2)) + labels[:, None, None, None] * [2, 0]
        return Part({"image": image.astype(np.float32)}, {"label": labels})

    return Dataset("two", LABEL, part(train), part(40), part(40))


@pytest.fixture(autouse=True)
def same_weights() -> None:
    keras.utils.set_random_seed(1)


def batchnorms(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]


def estimated(model: Any, data: Dataset) -> Any:
    """The model with statistics of the whole training set, in one batch."""
    from sqsem_dsl.backends.keras.precise_batchnorm import estimate_statistics

    estimate_statistics(model, lambda: iter([[data.train.inputs[tensor.name] for tensor in model.inputs]]))
    return model


@pytest.mark.parametrize(
    ("network", "before"),
    [
        ("conv(4, 3) -> batchnorm -> relu -> conv(4, 3, stride = 2) -> batchnorm -> relu", ""),
        ("bypass skip in [auto] { conv(4, 3) -> batchnorm -> relu } -> se(ratio = 2) -> batchnorm", "use se from std"),
        ("batchnorm -> gap -> batchnorm", ""),
    ],
)
def test_validation_normalizes_as_training_does_over_the_samples_of_the_estimate(network: str, before: str) -> None:
    data = dataset()
    model = estimated(space(network, before=before).default().build(), data)
    images = data.train.inputs["image"]
    as_in_training = model(images, training=True)
    estimated(model, data)  # that call changed them
    np.testing.assert_allclose(model(images, training=False), as_in_training, atol=2e-4)


def test_the_statistics_are_means_over_batches_of_equal_size() -> None:
    from sqsem_dsl.backends.keras.precise_batchnorm import estimate_statistics, sample_batches

    data = dataset()
    images = np.asarray(data.train.inputs["image"])
    model = space("batchnorm").default().build()
    batches = [images[:48], images[48:]]
    estimate_statistics(model, lambda: iter([[batch] for batch in batches]))
    [layer] = batchnorms(model)
    axes = (0, 1, 2)
    np.testing.assert_allclose(layer.moving_mean, np.mean([b.mean(axes) for b in batches], 0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, np.mean([b.var(axes) for b in batches], 0), rtol=1e-4)
    for count in (3, 255, 256, 2047, 2049, 5000, 100_000):
        taken = sample_batches(count, seed=4)
        assert len({len(batch) for batch in taken}) == 1
        assert len(set(np.concatenate(taken).tolist())) == sum(map(len, taken)) >= min(count, 250)


def test_a_layer_that_is_used_twice_has_the_mean_over_its_uses() -> None:
    data = dataset()
    before = "tied block norm(x) { out x -> batchnorm }"
    model = estimated(space("norm -> rescale(scale = 3) -> norm", before=before).default().build(), data)
    [layer] = batchnorms(model)
    images = np.asarray(data.train.inputs["image"], np.float64)
    first = images.mean((0, 1, 2))  # The second use sees values with mean 0.
    np.testing.assert_allclose(layer.moving_mean, first / 2, rtol=1e-3, atol=1e-3)


def test_frozen_layers_keep_what_they_have() -> None:
    data = dataset()
    model = space("batchnorm -> conv(2, 3) -> batchnorm").default().build()
    first, second = batchnorms(model)
    first.trainable = False
    estimated(model, data)
    np.testing.assert_array_equal(first.moving_mean, [0, 0])
    assert np.abs(np.asarray(second.moving_mean)).max() > 0.1


def test_batch_normalization_inside_a_layer_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_normed.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    data = dataset()
    model = space('batchnorm -> conv(3, 3) -> extern("own_normed:Normed")').default().build()
    [inner] = [layer for layer in batchnorms(model) if layer not in model.layers]
    state = [v.numpy() for v in model.non_trainable_variables if "seed" in v.path]
    estimated(model, data)
    given = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)).output
    conv = keras.Model(model.inputs, given)([data.train.inputs["image"]], training=False)
    np.testing.assert_allclose(inner.moving_mean, np.mean(conv, (0, 1, 2)), atol=1e-3)
    np.testing.assert_allclose(inner.moving_variance, np.var(conv, (0, 1, 2)), rtol=1e-2)
    assert inner.momentum == 0.99
    for before, after in zip(state, [v for v in model.non_trainable_variables if "seed" in v.path], strict=True):
        np.testing.assert_array_equal(before, after)


def test_training_itself_does_not_change_and_scores_are_those_of_the_weights() -> None:
    from sqsem_dsl.backends.keras import training

    data = dataset()
    histories = {}
    for statistics in ("precise", "moving_average"):
        own = space(
            "conv(4, 3) -> batchnorm -> relu -> dropout(0.2)",
            f"epochs = 3 batch_size = 16 learning_rate = 1e-2 batchnorm_statistics = {statistics}",
        ).default()
        with training.policy_scope(own.train, 3):
            model = own.build()
        training.prepare(model, own.train, data)
        histories[statistics] = history = training.fit(model, own.train, data, seed=3)
        if statistics == "precise":
            estimated(model, data)
            whole = training.evaluate(model, own.train, data.validation, data.outputs)
            assert abs(whole["accuracy"] - history["val_accuracy"][-1]) <= 0.03
    assert histories["precise"]["loss"] == histories["moving_average"]["loss"]
    assert histories["precise"]["val_loss"] != histories["moving_average"]["val_loss"]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_in_mixed_precision_statistics_are_float32(precision: str) -> None:
    from sqsem_dsl.backends.keras import training

    data = dataset()
    own = space("conv(4, 3) -> batchnorm -> relu", f"epochs = 1 batch_size = 16 precision = {precision}").default()
    with training.policy_scope(own.train, 3):
        model = own.build()
    estimated(model, data)
    [layer] = batchnorms(model)
    conv = model.layers[1].output
    seen = np.asarray(keras.Model(model.inputs, conv)([data.train.inputs["image"]]), np.float32)
    assert layer.moving_mean.dtype == "float32"
    np.testing.assert_allclose(layer.moving_mean, seen.mean((0, 1, 2)), rtol=0.02, atol=0.02)


class Halves(keras.utils.PyDataset):
    """A data set in two batches of 48; it counts how often it is read."""

    def __init__(self, data: Dataset) -> None:
        super().__init__()
        self.data, self.reads = data, 0

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> tuple[dict[str, Any], Any]:
        self.reads += 1
        at = slice(48 * index, 48 * index + 48)
        return {"image": self.data.train.inputs["image"][at]}, self.data.train.labels["label"][at]


def test_data_that_come_in_batches_are_read_once() -> None:
    from sqsem_dsl.backends.keras.precise_batchnorm import from_batches

    data = dataset()
    model = space("batchnorm").default().build()
    halves = Halves(data)
    callback = from_batches(halves)
    callback.set_model(model)
    for _ in range(3):
        callback.on_test_begin()
    assert halves.reads == 2
    [layer] = batchnorms(model)
    np.testing.assert_allclose(layer.moving_mean, np.mean(data.train.inputs["image"], (0, 1, 2)), rtol=1e-4)
    assert from_batches(iter([halves[0]])) is None


def test_tensorflow_data_sets_give_inputs_by_name_and_bare_ones() -> None:
    from sqsem_dsl.backends.keras.precise_batchnorm import from_batches

    tf = pytest.importorskip("tensorflow")
    data = dataset()
    images, labels = data.train.inputs["image"], data.train.labels["label"]
    for inputs in (images, {"image": images}):
        model = space("batchnorm").default().build()
        callback = from_batches(tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(40))
        callback.set_model(model)
        callback.on_test_begin()
        [layer] = batchnorms(model)  # of two batches of 40: a smaller last one would be compiled separately
        np.testing.assert_allclose(layer.moving_mean, np.mean(images[:80], (0, 1, 2)), rtol=1e-4)

"""Inputs standardized as set in a spec: from the training set only, without a weight, and in the saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.dataset import Array, Dataset, Part, statistics
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.sections import TrainSettings

LABEL = {"label": OutputFact((2,), "softmax")}
SPEC = """sqs 1
space two {{
  input image: [4, 4, 3]
  input facts: [5]
  output label = merge(image -> conv(2, 3) -> flatten, optional use {{ facts -> dense(2) }}, how = concat)
    -> dense(2) -> softmax
  train {{ {train} }}
}}"""


def made(samples: int = 60) -> Dataset:
    """Two inputs far from 0, with another scale in each split."""
    generator = np.random.default_rng(0)

    def part(count: int, far: float) -> Part:
        image = generator.normal([10 + far, 20, 30], [1, 2, 3], (count, 4, 4, 3)).astype(np.float32)
        facts = generator.normal(-5, 7 + far, (count, 5)).astype(np.float32)
        return Part({"image": image, "facts": facts}, {"label": generator.integers(0, 2, count).astype(np.int32)})

    return Dataset("two", LABEL, part(samples, 0), part(20, 40), part(20, 80))


def of(train: str) -> sqs.Space:
    return sqs.loads(SPEC.format(train=train))


def test_statistics_read_in_pieces_are_those_of_the_whole() -> None:
    values = np.random.default_rng(0).normal(1e4, 0.1, (70, 3, 2))
    for piece in (1, 7, 70, 1000):
        mean, stddev = statistics(values, piece)
        np.testing.assert_allclose(mean, values.mean(axis=(0, 1)), rtol=1e-12)
        np.testing.assert_allclose(stddev, values.std(axis=(0, 1)), rtol=1e-6)


def test_scales_are_those_of_the_training_part_of_the_inputs_that_are_to_be_scaled() -> None:
    from sqsem_dsl.backends.keras.standardize import scales

    data = made()
    train = TrainSettings.from_plain({"standardize": "per_channel", "standardize.facts": "none"})
    [(name, scale)] = scales(train, data, {"image": (8, 8, 3), "facts": (2,)}).items()
    assert name == "image"
    np.testing.assert_allclose(scale.mean, data.train.inputs["image"][:].mean(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(scale.mean, [10, 20, 30], atol=0.5)


def test_a_channel_that_never_changes_is_only_centred() -> None:
    from sqsem_dsl.backends.keras.standardize import scales

    part = Part({"x": np.full((5, 2), 3, np.float32)}, {"label": np.zeros(5, np.int32)})
    train = TrainSettings.from_plain({"standardize": "per_channel"})
    assert scales(train, Dataset("same", LABEL, part, part, part), {"x": (2,)})["x"].stddev == (1.0, 1.0)


@pytest.mark.parametrize(
    ("train", "title"),
    [
        ("standardize = stated([0.5, 0.5], [1])", "`mean` has 2 numbers, but `image` has 3 channels"),
        ("standardize.facts = stated([1], [1, 2, 3])", "`stddev` has 3 numbers, but `facts` has 5 channels"),
        ("standardize.picture = per_channel", "`standardize.picture` is for an input `picture`, which does not exist"),
        ("standardize = stated([0], [0])", "`0` of `stddev` of `stated`|must be above 0"),
        ("standardize = per_chanel", "unknown value `per_chanel`|per_chanel"),
    ],
)
def test_what_cannot_be_is_refused_with_the_spec(train: str, title: str) -> None:
    with pytest.raises(sqs.SqsError, match=title):
        of(train)


@pytest.mark.keras
def test_a_model_takes_inputs_as_they_come_and_has_the_weights_that_it_should(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from sqsem_dsl.backends.keras.batches import alone
    from sqsem_dsl.backends.keras.standardize import scales

    data, space = made(), of("standardize = per_channel")
    for architecture in (space.at({"use": False}), space.at({"use": True})):
        keras.utils.set_random_seed(1)
        plain = architecture.build()
        model = architecture.build(scales(architecture.train, data, architecture.inputs))
        assert {tensor.name for tensor in model.inputs} == set(architecture.inputs)
        assert model.count_params() == architecture.params
        model.set_weights(plain.get_weights())
        raw = alone({name: data.train.inputs[name][:9] for name in architecture.inputs})
        scaled = alone({name: standard(data, name)[:9] for name in architecture.inputs})
        expected = plain.predict(scaled, verbose=0)
        np.testing.assert_allclose(model.predict(raw, verbose=0), expected, rtol=1e-4, atol=1e-5)
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(again.predict(raw, verbose=0), expected, rtol=1e-4, atol=1e-5)


def standard(data: Dataset, name: str) -> Array:
    values = np.asarray(data.train.inputs[name], np.float64)
    axes = tuple(range(values.ndim - 1))
    return np.asarray((values - values.mean(axis=axes)) / values.std(axis=axes), np.float32)


class ReadLate:
    """Samples that are read on demand, and count how many are in memory at once."""

    def __init__(self, values: Array, rows: Array | None = None) -> None:
        self.values = values
        self.rows = np.arange(len(values)) if rows is None else rows
        self.most = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.values.shape[1:])

    @property
    def nbytes(self) -> int:
        return int(self.values[:1].nbytes) * len(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, indices: Any) -> Array:
        found = self.values[self.rows[indices]]
        self.most = max(self.most, len(found))
        return found

    def take(self, indices: Array) -> ReadLate:
        return ReadLate(self.values, self.rows[indices])

    def contents(self) -> Any:
        yield np.ascontiguousarray(self.values[self.rows]).tobytes()


@pytest.mark.keras
def test_samples_read_late_train_as_arrays_do_and_are_never_held_all_at_once() -> None:
    pytest.importorskip("keras")
    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.backends.keras.standardize import scales

    arrays = made(300)

    def late(part: Part) -> Part:
        return Part({name: ReadLate(np.asarray(held)) for name, held in part.inputs.items()}, part.labels)

    lazy = Dataset("two", LABEL, late(arrays.train), late(arrays.validation), late(arrays.test))
    architecture = of("standardize = per_channel batch_size = 8 augment = [flip]").at({"use": True})
    found = []
    for data in (arrays, lazy):
        with training.policy_scope(architecture.train, 3):
            model = architecture.build(scales(architecture.train, data, architecture.inputs))
        training.prepare(model, architecture.train, data, epochs=2)
        history = training.fit(model, architecture.train, data, seed=3, epochs=2)
        tested = training.evaluate(model, architecture.train, data.test, data.outputs)
        found.append([*history["loss"], *history["val_loss"], tested["loss"]])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
    held = lazy.train.inputs["image"]
    assert isinstance(held, ReadLate)
    assert 0 < held.most < len(held)


@pytest.mark.keras
def test_a_tuner_that_has_no_data_yet_says_so() -> None:
    keras_tuner = pytest.importorskip("keras_tuner")
    hypermodel = of("standardize = per_channel").hypermodel()
    with pytest.raises(keras_tuner.errors.FatalValueError, match="needs the data of `image`"):
        hypermodel.build(keras_tuner.HyperParameters())
    stated = of("standardize.image = stated([10, 20, 30], [1, 2, 3])").hypermodel()
    hp = keras_tuner.HyperParameters()
    assert any(layer.name == "image.standardize" for layer in stated.build(hp).layers)

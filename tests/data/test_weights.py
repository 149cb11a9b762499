"""Weights of samples and classes in the forms of Keras, and what they do in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.weights import class_weights_by_output, sample_weights_of
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings

LABEL = {"label": OutputFact((3,), "softmax")}
TWO = {"label": OutputFact((3,), "softmax"), "size": OutputFact((1,))}
CLASSES = {"label": ("ant", "bee", "cat")}


@pytest.mark.parametrize("weights", [[1, 0, 2], np.array([[1.0], [0.0], [2.0]]), (True, False, 2)])
def test_one_weight_for_each_sample(weights: Any) -> None:
    assert sample_weights_of(weights, 3, TWO).tolist() == [1, 0, 2]


def test_weights_by_output() -> None:
    assert sample_weights_of({"size": [1, 0, 2]}, 3, TWO).tolist() == [[1, 1], [1, 0], [1, 2]]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"the shape is \[2\], and there are 3 samples"),
        ([1, -1, 2], "sample 1 has the weight -1"),
        ([1, 2, np.nan], "sample 2 has the weight nan"),
        ([0, 0, 0], "all weights are 0"),
        (["a", "b", "c"], "the weights are not numbers"),
        ({"sizes": [1, 1, 1]}, "there is no output `sizes`"),
        ({"size": [1]}, r"`sample_weight\['size'\]` is not valid: the shape is \[1\]"),
    ],
)
def test_weights_of_samples_that_do_not_fit(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        sample_weights_of(weights, 3, TWO)


@pytest.mark.parametrize("weights", [{0: 2, 2: 0.5}, {"ant": 2, "cat": 0.5}, {np.int64(0): np.float32(2), 2: 0.5}])
def test_weights_of_classes_by_number_or_name(weights: Any) -> None:
    assert class_weights_by_output(weights, LABEL, CLASSES) == {"label": (2.0, 1.0, 0.5)}
    assert class_weights_by_output({"label": weights}, TWO, CLASSES) == {"label": (2.0, 1.0, 0.5)}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({3: 1.0}, "has a weight for `3`, but there is no such class"),
        ({"bees": 1.0}, "a class with a similar name exists: `bee`"),
        ({0: -1.0}, "the class `0` has the weight -1.0"),
        ("balanced", "write `class_weights = balanced` in `train { }`"),
        ([1, 2, 3], "it is not a dict"),
    ],
)
def test_weights_of_classes_that_do_not_fit(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        class_weights_by_output(weights, LABEL, CLASSES)


def test_several_outputs_need_weights_for_each() -> None:
    with pytest.raises(DataError, match="the space has 2 outputs"):
        class_weights_by_output({0: 2.0}, TWO, CLASSES)
    with pytest.raises(DataError, match="the output `size` has no classes"):
        class_weights_by_output({"size": {0: 2.0}}, TWO, CLASSES)


@pytest.mark.keras
def test_weights_of_samples_and_classes_are_multiplied_and_replace_balanced_ones() -> None:
    pytest.importorskip("keras")
    from sqsem_dsl.backends.keras.batches import sample_weights

    labels = np.array([0, 0, 1, 2], np.int32)
    own = np.array([1, 2, 3, 2], np.float32)
    part = Part({"x": np.zeros((4, 1), np.float32)}, {"label": labels}, own)
    data = Dataset("x", LABEL, part, part, None, class_weights={"label": (4.0, 1.0, 0.5)})
    for settings in ({}, {"class_weights": "balanced"}):
        found = sample_weights(TrainSettings.from_plain(settings), data)["label"]
        np.testing.assert_allclose(found, own / own.mean() * np.array([4, 4, 1, 0.5]))

"""The built-in digits, in every shape that a space may request."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from sqsem_dsl.data.digits import resize
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.settings.metrics import OutputFact

LABEL = {"label": OutputFact((10,), "softmax")}


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (16, 12, 1), (64,), (100,), (50,), (8, 8), (1,)])
def test_the_input_has_the_shape_asked_for(shape: tuple[int, ...]) -> None:
    pytest.importorskip("sklearn")
    data = load_data("digits", {"image": shape}, LABEL, 1)
    assert (len(data.train), len(data.validation), len(data.test)) == (1257, 270, 270)
    for part in (data.train, data.validation, data.test):
        values = part.inputs["image"]
        assert values.shape[1:] == shape
        assert values.dtype == np.float32
        assert values.min() >= 0
        assert values.max() <= 1
        assert part.labels["label"].dtype == np.int32


def test_the_split_is_the_same_whatever_the_shape() -> None:
    pytest.importorskip("sklearn")
    small = load_data("digits", {"image": (8, 8, 1)}, LABEL, 1)
    large = load_data("digits", {"x": (32, 32, 3)}, LABEL, 1)
    np.testing.assert_array_equal(small.test.labels["label"], large.test.labels["label"])
    counts = small.class_counts("label")
    assert counts is not None
    assert counts.min() >= 120


def test_channels_repeat_and_vectors_are_the_pixels_in_rows() -> None:
    pytest.importorskip("sklearn")
    colour = load_data("digits", {"image": (8, 8, 3)}, LABEL, 1).test.inputs["image"]
    vector = load_data("digits", {"image": (64,)}, LABEL, 1).test.inputs["image"]
    np.testing.assert_array_equal(colour[..., 0], colour[..., 2])
    np.testing.assert_array_equal(colour[..., 0].reshape(-1, 64), vector)


@pytest.mark.parametrize(
    ("inputs", "outputs", "found"),
    [
        ({"a": (8, 8, 1), "b": (8, 8, 1)}, LABEL, "the space has 2 inputs"),
        ({"a": (4, 4, 4, 1)}, LABEL, r"an input of shape \[4, 4, 4, 1\]"),
        ({"a": (8, 8, 1)}, {"y": OutputFact((5,), "softmax")}, "an output of 5 classes"),
        ({"a": (8, 8, 1)}, {"y": OutputFact((1,), "sigmoid")}, "an output that ends with `sigmoid`"),
        ({"a": (8, 8, 1)}, {"y": OutputFact((8, 8, 10), "softmax")}, r"an output of shape \[8, 8, 10\]"),
        ({"a": (8, 8, 1)}, {**LABEL, "y": OutputFact((1,))}, "2 outputs"),
    ],
)
def test_a_space_that_digits_do_not_fit_is_refused(
    inputs: dict[str, tuple[int, ...]], outputs: dict[str, OutputFact], found: str
) -> None:
    with pytest.raises(DataError, match=found):
        load_data("digits", inputs, outputs, 0)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(DataError, match="pip install scikit-learn"):
        load_data("digits", {"image": (8, 8, 1)}, LABEL, 0)


def test_resizing_keeps_constants_ramps_and_means() -> None:
    flat = np.full((2, 8, 8), 0.25, np.float32)
    np.testing.assert_allclose(resize(flat, 5, 13), 0.25, rtol=1e-6)
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32), (1, 8, 8))
    doubled = resize(np.ascontiguousarray(ramp), 8, 16)[0, 0]
    np.testing.assert_allclose(np.diff(doubled[1:-1]), 0.5, rtol=1e-5)
    random = np.random.default_rng(0).random((1, 8, 8), np.float32)
    np.testing.assert_array_equal(resize(random, 8, 8), random)
    np.testing.assert_allclose(resize(random, 4, 4).mean(), random.mean(), atol=0.02)


def test_resizing_agrees_with_pillow() -> None:
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0).random((8, 8), np.float32)
    for height, width in [(32, 32), (5, 20), (3, 3)]:
        expected = np.asarray(image.fromarray(random).resize((width, height), image.Resampling.BILINEAR))
        np.testing.assert_allclose(resize(random[None], height, width)[0], expected, atol=1e-5)

"""Weights of samples count in losses and metrics, in training, validation and test, like repeated samples."""

from __future__ import annotations

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Dataset, Part

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras import training  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model  # noqa: E402

SPEC = """space s {
  input x: [2, 2, 1]
  output y = x -> flatten -> dense(3) -> softmax
  train { epochs = 1  batch_size = 24  metrics = [accuracy] }
}"""
COUNTS = np.array([1, 2, 3, 0] * 6)


def part(repeat: bool, as_bytes: bool) -> Part:
    """24 samples with weights, or each sample as often as its weight says."""
    generator = np.random.default_rng(0)
    inputs, labels = generator.integers(0, 4, (24, 2, 2, 1)), generator.integers(0, 3, 24)
    at = np.repeat(np.arange(24), COUNTS) if repeat else np.arange(24)
    values = inputs[at].astype(np.uint8)
    held = Bytes.of(values) if as_bytes else values.astype(np.float32)
    weights = None if repeat else COUNTS.astype(np.float32) * 5
    return Part({"x": held}, {"y": labels[at].astype(np.int32)}, weights)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_weight_counts_like_repetitions(as_bytes: bool) -> None:
    space = sqs.loads(SPEC)
    architecture = space.default()
    scores = []
    for repeat in (False, True):
        one = part(repeat, as_bytes)
        data = Dataset("made", dict(space.outputs), one, one, one)
        model = training.prepare(build_model(architecture, seed=1), architecture.train, data)
        before = training.evaluate(model, architecture.train, data.test, data.outputs)
        history = training.fit(model, architecture.train, data, seed=0)
        scores.append(before)
        again = training.evaluate(model, architecture.train, data.validation, data.outputs)
        assert history["val_loss"][0] == pytest.approx(again["loss"], rel=1e-4)
        assert history["val_accuracy"][0] == pytest.approx(again["accuracy"], rel=1e-4)
    assert scores[0]["loss"] == pytest.approx(scores[1]["loss"], rel=1e-4)
    assert scores[0]["accuracy"] == pytest.approx(scores[1]["accuracy"], rel=1e-4)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_masks_have_weights_too(as_bytes: bool) -> None:
    """`mean_iou` of Keras counts points in whole numbers, and has no weights."""
    space = sqs.loads(
        """space s {
  input x: [4, 4, 1]
  output y = x -> conv(1, 1) -> sigmoid
  train { epochs = 1  metrics = [accuracy, mean_iou, precision] }
}"""
    )
    architecture = space.default()
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, (12, 4, 4, 1))
    scores = []
    twice = np.array([2.0] * 6 + [1.0] * 6, np.float32)
    for at, weights in ((np.arange(12), twice), (np.r_[0:6, 0:12], None)):
        held = Bytes.of(labels[at].astype(np.uint8)) if as_bytes else labels[at].astype(np.float32)
        one = Part({"x": (labels[at] * 0.5).astype(np.float32)}, {"y": held}, weights)
        data = Dataset("made", dict(space.outputs), one, one, one)
        model = training.prepare(build_model(architecture, seed=1), architecture.train, data)
        scores.append(training.evaluate(model, architecture.train, data.test, data.outputs))
        history = training.fit(model, architecture.train, data, seed=0)
        assert {"val_loss", "val_mean_iou", "val_precision"} <= set(history)
    for name in ("loss", "accuracy", "precision"):
        assert scores[0][name] == pytest.approx(scores[1][name], rel=1e-4)

"""Operators and arguments as Keras layers: their values, their code, and a saved model without this package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
import keras
import numpy as np

from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.model_code import architecture_code
from tests.backends.test_model_code import check_same

pytestmark = pytest.mark.keras

ARGUMENTS = """
space arguments {
  input x: [9, 8, 4]
  let a = x -> conv(4, 3, bias_init = 0.5) -> batchnorm(scale = false, epsilon = 1e-5, momentum = 0.9) -> relu(max = 3)
    -> depthwise(3, dilation = 2, bias_init = -1) -> batchnorm(center = false) -> leaky_relu(0.1)
    -> separable(4, 3, bias_init = 1) -> layernorm(1e-6) -> prelu
    -> conv_transpose(4, 3, bias_init = 0.25) -> groupnorm(2, epsilon = 1e-5) -> rmsnorm -> layer_scale(0.1)
  let v = a -> gap -> dense(5, bias_init = -2) -> rmsnorm(0.01) -> layer_scale -> prelu(0.5)
  output y = v -> dense(2)
}
"""
AXES = """
space axes {
  input x: [9, 8, 4]
  let a = x -> zeropad(1, after = [0, 2]) -> crop(1, after = 0) -> transpose([1, 0, 2]) -> slice(1, 9, axis = 1)
  let s = a -> reshape([80, 4]) -> conv(4, 3, padding = causal, dilation = 2) -> crop(2) -> zeropad(0, after = 4)
  let t = s -> subtract(s -> slice(0, 72, axis = 0) -> zeropad(8, after = 0))
  let u = concat(x, x -> slice(1, 4, axis = height), axis = height) -> gap(width) -> concat(t, axis = length)
  let d = t -> dot(t -> conv(4, 1), normalize = true) -> dot(t, other = length) -> gap
  let w = weighted_add(t, d -> broadcast_like(t), t -> conv(4, 1), epsilon = 0.01) -> gap
  output y = concat(w, a -> gap, t -> gap, u -> gmp(channels), d) -> dense(2)
}
"""
SPACES = {"arguments": ARGUMENTS, "axes": AXES}
LOAD = """
import sys, keras, numpy as np
model = keras.models.load_model("model.keras")
assert not any(name.startswith("sqsem") for name in sys.modules)
np.save("found.npy", model.predict(np.load("given.npy"), verbose=0))
"""


@pytest.mark.parametrize("name", SPACES)
def test_a_saved_model_needs_only_keras(name: str, tmp_path: Path) -> None:
    model = build_model(sqsem_dsl.loads(SPACES[name]).default(), seed=1)
    given = np.random.default_rng(0).normal(size=(3, *model.inputs[0].shape[1:])).astype("float32")
    np.save(tmp_path / "given.npy", given)
    model.save(tmp_path / "model.keras")
    environment = {**os.environ, "PYTHONPATH": "", "KERAS_BACKEND": keras.backend.backend()}
    subprocess.run([sys.executable, "-c", LOAD], cwd=tmp_path, env=environment, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), model.predict(given, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SPACES)
def test_the_code_builds_the_same_model(name: str) -> None:
    architecture = sqsem_dsl.loads(SPACES[name]).default()
    check_same(build_model(architecture), architecture_code(architecture))


def values(stages: str, given: np.ndarray) -> np.ndarray:
    """The result of stages over an input in a new model."""
    space = sqsem_dsl.loads(f"space s {{ input x: {list(given.shape[1:])} output y = x -> {stages} }}")
    found = build_model(space.default())(given)
    return np.asarray(keras.ops.convert_to_numpy(found))


GIVEN = np.random.default_rng(1).normal(0, 3, (2, 5, 4)).astype("float32")
UNIT = GIVEN / np.linalg.norm(GIVEN, axis=2, keepdims=True)


@pytest.mark.parametrize(
    ("stages", "wanted"),
    [
        ("relu(max = 2)", np.clip(GIVEN, 0, 2)),
        ("leaky_relu(0.1)", np.where(GIVEN > 0, GIVEN, 0.1 * GIVEN)),
        ("leaky_relu", np.where(GIVEN > 0, GIVEN, 0.2 * GIVEN)),
        ("prelu(0.3)", np.where(GIVEN > 0, GIVEN, 0.3 * GIVEN)),
        ("layer_scale(0.5)", GIVEN / 2),
        ("subtract(x -> relu)", np.minimum(GIVEN, 0)),
        ("transpose([1, 0])", GIVEN.transpose(0, 2, 1)),
        ("slice(1, 4, axis = 0)", GIVEN[:, 1:4]),
        ("crop(1, after = 2)", GIVEN[:, 1:3]),
        ("concat(x -> slice(1, 3, axis = length), axis = length)", np.concatenate([GIVEN, GIVEN[:, 1:3]], 1)),
        ("gap(channels)", GIVEN.mean(2)),
        ("dot(x -> relu)", GIVEN @ np.maximum(GIVEN, 0).transpose(0, 2, 1)),
        ("dot(x -> relu, axis = length)", GIVEN.transpose(0, 2, 1) @ np.maximum(GIVEN, 0)),
        ("dot(x, normalize = true)", UNIT @ UNIT.transpose(0, 2, 1)),
        ("transpose([1, 0]) -> dot(x, other = length)", GIVEN.transpose(0, 2, 1) @ GIVEN),
        ("dot(x -> gap)", (GIVEN @ GIVEN.mean(1)[:, :, None])[:, :, 0]),
        ("{ maximum(it, it -> rescale(-1)) }", np.abs(GIVEN)),
        ("gmp(length)", GIVEN.max(1)),
        ("reshape([5, 2, 2]) -> gap(height)", GIVEN.reshape(2, 5, 2, 2).mean(1)),
        ("reshape([5, 2, 2]) -> gap(width)", GIVEN.reshape(2, 5, 2, 2).mean(2)),
        ("reshape([5, 2, 2]) -> gmp(channels)", GIVEN.reshape(2, 5, 2, 2).max(3)),
        ("zeropad(1, after = 2)", np.pad(GIVEN, ((0, 0), (1, 2), (0, 0)))),
        ("rmsnorm(0.01)", GIVEN / np.sqrt(np.mean(GIVEN**2, -1, keepdims=True) + 0.01)),
    ],
)
def test_values(stages: str, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(values(stages, GIVEN), wanted, rtol=1e-5, atol=1e-6)


def test_a_weighted_sum_is_an_average_with_learned_weights() -> None:
    space = sqsem_dsl.loads("space s { input x: [5, 4] output y = weighted_add(x, x -> relu, x -> tanh) @sum }")
    model = build_model(space.default())
    parts = np.stack([GIVEN, np.maximum(GIVEN, 0), np.tanh(GIVEN)])
    for weights in ([1, 1, 1], [2, -1, 0.5]):
        model.get_layer("sum").set_weights([np.asarray([weights], "float32")])
        shares = np.maximum(weights, 0) / (1e-4 + np.maximum(weights, 0).sum())
        found = keras.ops.convert_to_numpy(model(GIVEN))
        np.testing.assert_allclose(found, np.tensordot(shares, parts, 1), rtol=1e-5, atol=1e-6)


def test_a_causal_convolution_does_not_see_later_places() -> None:
    space = sqsem_dsl.loads("space s { input x: [9, 2] output y = x -> conv(3, 3, padding = causal, dilation = 2) }")
    model = build_model(space.default(), seed=1)
    given = np.random.default_rng(2).normal(size=(1, 9, 2)).astype("float32")
    changed = given.copy()
    changed[:, 5:] += 1
    before, after = (keras.ops.convert_to_numpy(model(each)) for each in (given, changed))
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert (before[:, 5:] != after[:, 5:]).all()


def test_biases_start_at_their_value() -> None:
    model = build_model(sqsem_dsl.loads(ARGUMENTS).default())
    starts = [keras.ops.convert_to_numpy(w).mean() for w in model.weights if w.name == "bias"]
    assert starts == [0.5, -1, 1, 0.25, -2, 0]

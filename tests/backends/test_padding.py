"""Padded sequences in Keras: no prediction depends on the places of padding, and a padded model computes what a model
of the sequences' own length computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras import padding  # noqa: E402
from sqsem_dsl.backends.keras.compare import disagreements  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model  # noqa: E402
from sqsem_dsl.backends.keras.model_code import model_code  # noqa: E402
from sqsem_dsl.backends.keras.smoke_test import flaws  # noqa: E402

LENGTHS = (11, 1, 4, 7, 10)
ONE_BY_ONE = (
    "dense(5) -> relu",
    "conv(4, 3) -> tanh",
    "conv(5, 4) -> swish",
    "conv(4, 3, dilation = 2)",
    "layernorm",
    "depthwise(3) -> sigmoid",
    "separable(4, 5) -> activation(softplus)",
    "maxpool(3, stride = 1)",
    "avgpool(3, stride = 1)",
    "bypass fit { conv(4, 3) -> relu }",
    "{ scale(it, it -> gap -> dense(channels(it)) -> sigmoid) }",
    "{ concat(it, it -> gmp -> broadcast_like(it)) }",
    "rescale(2, 1)",
    "softmax",
)
"""Stages that give each place what they give in a sequence of its own length."""
STRIDING = ("conv(4, 3, stride = 2)", "maxpool(2)", "avgpool(2)", "maxpool(3, stride = 2)", "conv(3, 5, stride = 3)")


def spec(stages: list[str], pool: str, length: int, padded: bool, word: bool) -> str:
    declared = f"[{length}] below 9" if word else f"[{length}, 3]"
    first = "x -> embedding(3)" if word else "x"
    flow = " -> ".join([first, *stages, pool])
    return f"space s {{ input x: {declared} {'padded' if padded else ''} output y = {flow} }}"


def built(stages: list[str], pool: str, length: int = 11, padded: bool = True, word: bool = False) -> Any:
    model = build_model(sqs.loads(spec(stages, pool, length, padded, word)).default(), seed=3)
    generator = np.random.default_rng(1)
    for weight in model.weights:  # biases, too, so that padding does not stay zero by itself
        weight.assign(generator.normal(0, 0.5, weight.shape))
    return model


def batch(word: bool) -> Any:
    generator = np.random.default_rng(2)
    x = generator.integers(0, 9, (5, 11)) if word else generator.normal(size=(5, 11, 3)).astype(np.float32)
    for row, length in zip(x, LENGTHS, strict=True):
        row[length:] = -1 if word else np.nan
    return x


stacks = st.lists(st.sampled_from(ONE_BY_ONE), min_size=1, max_size=4)
pools = st.sampled_from(["gap", "gmp"])
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(stacks, pools, st.booleans())
def test_a_padded_sequence_gives_what_it_gives_alone(stages: list[str], pool: str, word: bool) -> None:
    x = batch(word)
    found = built(stages, pool, word=word).predict(x, verbose=0)
    for row, length, result in zip(x, LENGTHS, found, strict=True):
        alone = built(stages, pool, length, padded=False, word=word)
        np.testing.assert_allclose(alone.predict(row[None, :length], verbose=0)[0], result, rtol=2e-4, atol=2e-5)


READING = (
    ("lstm(4, sequences = true) -> gru(3, backwards = true, sequences = true)", "rnn(2, bidirectional = true)"),
    ("rnn(4, sequences = true, bidirectional = true) -> lstm(3, sequences = true)", "gru(3, backwards = true)"),
    ("positions(kind = sine) -> attention(2, dim = 3)", "gap"),
    ("attention(3, groups = 1) -> { attention(it, 1, memory = it -> dense(4), causal = true) }", "gmp"),
)
"""Stages that read several places of a sequence, each with one that makes a vector."""


@pytest.mark.parametrize(("stage", "pool"), READING)
def test_layers_that_read_a_sequence_leave_out_its_padding(stage: str, pool: str) -> None:
    x = batch(False)
    found = np.asarray(built([stage], pool)(x))
    for row, length, result in list(zip(x, LENGTHS, found, strict=True))[:3]:
        alone = built([stage], pool, length, padded=False)
        np.testing.assert_allclose(np.asarray(alone(row[None, :length]))[0], result, rtol=2e-4, atol=2e-5)


@few
@given(st.lists(st.sampled_from([*ONE_BY_ONE, *STRIDING, *STRIDING]), min_size=1, max_size=4), pools, st.booleans())
def test_no_prediction_depends_on_what_is_in_the_padding(stages: list[str], pool: str, word: bool) -> None:
    found = []
    for fill in (0, 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(padding, "FILL", fill)
            found.append(built(stages, pool, word=word).predict(batch(word), verbose=0))
    assert np.isfinite(found[0]).all()
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)


ALL = """space s {
  input x: [11, 3] padded
  input w: [11] below 9 padded
  let a = x -> conv(4, 3, stride = 2) -> relu -> maxpool(2) -> conv(4, 3) -> gap
  let b = w -> embedding(4) @where -> avgpool(2) -> lstm(3, sequences = true, backwards = true) @in_order
    -> gru(3, bidirectional = true)
  let c = x -> dense(4) -> attention(2, memory = w -> embedding(5)) -> gap
  output y = concat(a, b, c) -> dense(4) @isnan -> batchnorm -> relu -> dense(2) -> softmax
}"""
"""With names that Keras gives to its operations."""


def test_the_compiler_and_keras_agree_and_gradients_flow() -> None:
    architecture = sqs.loads(ALL).default()
    model = build_model(architecture, seed=1)
    assert not disagreements(architecture, model)
    assert not list(flaws(architecture, model, 0))


def test_a_saved_model_and_its_code_give_the_same(tmp_path: Any) -> None:
    architecture = sqs.loads(ALL).default()
    model = build_model(architecture, seed=1)
    data = {"x": batch(False), "w": batch(True)}
    expected = model.predict(data, verbose=0)
    model.save(tmp_path / "m.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "m.keras").predict(data, verbose=0), expected)
    room: dict[str, Any] = {}
    exec(model_code(model, "A network."), room)
    again = room["build_model"]()
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again.predict(data, verbose=0), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_keeps_padding_out(policy: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        for stages in (["conv(4, 3) -> relu", "maxpool(2)"], ["positions", "attention(3)", "gru(4, sequences = true)"]):
            assert np.isfinite(built(stages, "gmp").predict(batch(False), verbose=0)).all()
    finally:
        keras.config.set_dtype_policy(before)

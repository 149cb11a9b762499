"""Recurrent layers and attention in Keras: what they read, and that saved models and code give the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sqsem_dsl as sqs

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

from sqsem_dsl.backends.keras.compare import disagreements  # noqa: E402
from sqsem_dsl.backends.keras.model import build_model  # noqa: E402
from sqsem_dsl.backends.keras.model_code import model_code  # noqa: E402


def built(flow: str, shape: str = "[6, 3]", seed: int = 1) -> Any:
    architecture = sqs.loads(f"space s {{ input x: {shape}  output y = x -> {flow} }}").default()
    model = build_model(architecture, seed=seed)
    assert not disagreements(architecture, model)
    return model


def changed(model: Any, place: int, shape: tuple[int, ...] = (6, 3)) -> list[int]:
    """The places of the result that change with one place of the input."""
    x = np.random.default_rng(0).normal(size=(1, *shape)).astype("float32")
    other = x.copy()
    other[0, place] += 1
    before, after = (np.asarray(model(each))[0] for each in (x, other))
    return [at for at, (a, b) in enumerate(zip(before, after, strict=True)) if not np.array_equal(a, b)]


@pytest.mark.parametrize(
    ("arguments", "places"),
    [("", [2, 3, 4, 5]), (", backwards = true", [0, 1, 2]), (", bidirectional = true", [0, 1, 2, 3, 4, 5])],
)
def test_a_state_stays_at_its_place(arguments: str, places: list[int]) -> None:
    assert changed(built(f"gru(4, sequences = true{arguments})"), 2) == places


def test_the_two_directions_begin_with_different_weights() -> None:
    weights = built("lstm(4, bidirectional = true)").get_weights()
    again = built("lstm(4, bidirectional = true)").get_weights()
    assert not np.array_equal(weights[0], weights[3])
    assert not np.array_equal(weights[1], weights[4])
    assert all(np.array_equal(a, b) for a, b in zip(weights, again, strict=True))


def test_kernels_of_recurrent_layers_are_regularized() -> None:
    spec = "space s { input x: [6, 3]  output y = x -> rnn(4) -> dense(1)  train { regularize = l2(0.5) } }"
    model = build_model(sqs.loads(spec).default(), seed=1)
    kernels = [weight.numpy() for weight in model.weights if weight.name.endswith("kernel")]
    assert len(kernels) == 3
    assert float(sum(model.losses)) == pytest.approx(0.5 * sum(float((k**2).sum()) for k in kernels), rel=1e-5)


@pytest.mark.parametrize(("axis", "sequences"), [("width", (0, 1, 2)), ("height", (1, 0, 2))])
def test_attention_along_an_axis_is_that_to_each_sequence(axis: str, sequences: tuple[int, ...]) -> None:
    """Rows, or columns, are sequences of their own with the same weights."""
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 4)).astype("float32")
    model = built(f"attention(2, axis = {axis})", "[3, 5, 4]")
    order = (0, *(1 + at for at in sequences))
    found = np.asarray(model(x)).transpose(order)
    apart = x.transpose(order)
    one = built("attention(2)", str([*apart.shape[2:]]), seed=2)
    one.set_weights(model.get_weights())
    for at in range(apart.shape[1]):
        np.testing.assert_allclose(found[:, at], np.asarray(one(apart[:, at])), rtol=1e-4, atol=1e-5)


def test_attention_along_an_axis_to_a_memory() -> None:
    model = built("{ attention(it, 2, axis = height, memory = it -> slice(0, 2, axis = height)) }", "[3, 5, 4]")
    x = np.random.default_rng(0).normal(size=(1, 3, 5, 4)).astype("float32")
    other = x.copy()
    other[0, 2, 1] += 1  # a place that no other reads
    before, after = (np.asarray(model(each))[0] for each in (x, other))
    assert np.argwhere((before != after).any(-1)).tolist() == [[2, 1]]


def test_patches_are_unfolded_and_folded() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")
    use = "use unfold_patches, fold_patches from std space s { input x: [4, 6, 3]  output y = x -> "
    unfolded = np.asarray(build_model(sqs.loads(use + "unfold_patches(2) }").default())(x))
    assert unfolded.shape == (2, 4, 6, 3)
    for place in range(4):
        for patch in range(6):
            row, column = 2 * (patch // 3) + place // 2, 2 * (patch % 3) + place % 2
            np.testing.assert_array_equal(unfolded[:, place, patch], x[:, row, column])
    folded = build_model(sqs.loads(use + "unfold_patches(2) -> fold_patches(2, 2, 3) }").default())(x)
    np.testing.assert_array_equal(np.asarray(folded), x)


def test_a_causal_attention_reads_up_to_its_own_place() -> None:
    assert changed(built("attention(3)"), 2) == [0, 1, 2, 3, 4, 5]
    assert changed(built("attention(3, causal = true)"), 2) == [2, 3, 4, 5]
    assert changed(built("attention(3, groups = 1, causal = true)"), 2) == [2, 3, 4, 5]


def test_positions_are_added_and_a_class_token_comes_first() -> None:
    x = np.zeros((2, 6, 3), "float32")
    model = built("positions -> class_token")
    table, token = model.get_weights()
    assert 0.01 < table.std() < 0.04
    found = np.asarray(model(x + 1))
    np.testing.assert_allclose(found, np.stack([np.concatenate([token, table + 1])] * 2), rtol=1e-6)


def test_sines_have_the_wavelengths_of_the_paper() -> None:
    found = np.asarray(built("positions(kind = sine)", "[50, 5]")(np.ones((1, 50, 5), "float32")))[0] - 1
    for place in (0, 1, 49):
        for channel in range(5):
            angle = place / 10_000 ** ((channel - channel % 2) / 5)
            wanted = np.cos(angle) if channel % 2 else np.sin(angle)
            assert found[place, channel] == pytest.approx(wanted, abs=1e-5)


SEQUENCES = (
    "positions -> class_token -> positions(kind = sine) -> dense(2)",
    "lstm(3, sequences = true, backwards = true) -> gru(4, sequences = true, bidirectional = true) -> rnn(2)",
    "attention(3, causal = true, bias = false) -> { attention(2, dim = 4, groups = 1) -> add(it) }",
    "{ attention(it, 2, dim = 4, value = 5, dropout = 0.1, memory = it -> conv(5, 2, stride = 2)) }",
    "reshape([2, 3, 3]) -> attention(3, axis = width, dropout = 0.1) -> attention(1, axis = height) -> gap(height)",
)


@pytest.mark.parametrize("flow", SEQUENCES)
def test_a_saved_model_and_its_code_give_the_same(flow: str, tmp_path: Any) -> None:
    model = built(flow)
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    expected = np.asarray(model(x))
    model.save(tmp_path / "m.keras")
    np.testing.assert_allclose(np.asarray(keras.models.load_model(tmp_path / "m.keras")(x)), expected)
    room: dict[str, Any] = {}
    exec(model_code(model, "A network."), room)
    again = room["build_model"]()
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(np.asarray(again(x)), expected, rtol=1e-5, atol=1e-6)

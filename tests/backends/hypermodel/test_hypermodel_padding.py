"""Hypermodels of padded sequences: masks find the padding and keep it out, as the package's own models do."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
import keras
import keras_tuner
import numpy as np

from sqsem_dsl.backends.hypermodel.module import class_name, space_code
from tests.backends.hypermodel.comparing import built, check_same, data_of, hypermodel_of

pytestmark = pytest.mark.keras

PADDED = Path(__file__).with_name("padded.sqs")
ZEROS = """
space zeros {
  input x: [8, 4] padded
  let a = x -> choose op { conv: conv(4, 3)  none: zero }
  output y = add(a, x -> conv(4, 1) @other, optional o { a -> relu }) -> gmp -> dense(2) -> softmax
}"""
CHOSEN = """
space chosen {
  input x: [8, 4] padded
  input plain: [8, 4]
  let a = x -> { merge(it, it -> conv(4, any [1, 3], padding = any [same, causal]), how = any [add, average, concat]) }
  let b = plain -> conv(3, 3, padding = any [same, valid]) @short -> prelu
  output y = concat(a -> gmp(0), x -> dense(3) -> attention(1, memory = plain, causal = true) -> gap, b -> flatten,
    plain -> attention(2, groups = 1, memory = x) -> rnn(2)) -> dense(2)
}"""

WORDS = """
space words {
  input title: [6] below 20 padded
  input more: [6] below 20
  param k in [1, 2]
  let first = (if k == 1 { title } else { more }) -> embedding(3)
  let second = choose which { a: title  b: more } -> embedding(2)
  output y = concat(first -> gmp, second -> gap) -> dense(2)
}"""

EVERY = """
space every {
  input x: [8, 4] padded
  output y = x -> prelu -> spatial_dropout(0.1) -> drop_path(0.1) -> noise(0.1) -> rescale(2, 1) -> identity
    -> leaky_relu(0.2) -> { subtract(it, it -> tanh) }
    -> { maximum(it, it -> relu(max = 1)) } -> { multiply(it, it -> softmax) }
    -> activation(any [elu, mish]) -> { scale(it, it -> gap -> dense(4) -> sigmoid) }
    -> conv(3, 3) -> gap -> dense(2)
  train { precision = PRECISION }
}"""


def check_all(space: sqsem_dsl.Space, numbers: range) -> None:
    hypermodel = hypermodel_of(space)
    for number in numbers:
        architecture = space.at(number)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*destroy the mask")
            model = built(hypermodel, space, architecture)
        check_same(space, architecture, model)


def test_every_kind_of_layer_leaves_out_padding() -> None:
    space = sqsem_dsl.load(PADDED)
    assert space.count is not None
    check_all(space, range(0, space.count, space.count // 6))


@pytest.mark.parametrize(
    ("text", "step"), [(ZEROS, 1), (CHOSEN, 3), (WORDS, 1), (EVERY.replace("PRECISION", "float32"), 2)]
)
def test_structures_of_padded_sequences(text: str, step: int) -> None:
    space = sqsem_dsl.loads(text)
    assert space.count is not None
    check_all(space, range(0, space.count, step))


def test_alternatives_of_whole_numbers_with_different_bounds_are_refused() -> None:
    """The number of vectors of the embedding would be that of the last alternative."""
    space = sqsem_dsl.loads(WORDS.replace("more: [6] below 20", "more: [6] below 30"))
    with pytest.raises(sqsem_dsl.SqsError, match="different bounds"):
        space_code(space)


def test_a_model_with_masks_is_trained_and_saved(tmp_path: Path) -> None:
    """Nothing in the padding reaches the loss, a gradient or a prediction, also after loading."""
    space = sqsem_dsl.load(PADDED)
    namespace: dict[str, object] = {}
    exec(space_code(space), namespace)
    random = np.random.default_rng(1)
    data = {name: data_of(shape, random) for name, shape in space.inputs.items()}
    mean, variance = namespace["channel_statistics"](data["sound"])  # type: ignore[operator]
    real = data["sound"].reshape(-1, 2)[~np.isnan(data["sound"].reshape(-1, 2)).any(1)]
    np.testing.assert_allclose([mean, variance], [real.mean(0), real.var(0)], rtol=1e-5)
    hypermodel = namespace[class_name(space.name)]({"sound": (mean, variance)})  # type: ignore[operator]
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, data, np.array([0, 1, 2]), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    expected = model.predict(data, verbose=0)
    assert np.isfinite(expected).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(data, verbose=0), expected, rtol=1e-5)


def test_masks_in_mixed_precision() -> None:
    space = sqsem_dsl.loads(
        EVERY.replace("PRECISION", "mixed_float16").replace("conv(3, 3)", "conv(3, 3) -> maxpool(2)")
    )
    before = keras.config.dtype_policy()
    try:
        model = built(hypermodel_of(space), space, space.default())
    finally:
        keras.config.set_dtype_policy(before)
    data = data_of(space.inputs["x"], np.random.default_rng(0))
    found = model.predict(data, verbose=0)
    assert np.isfinite(found).all()
    alone = np.concatenate([data[1:2, :1], np.full_like(data[1:2, 1:], np.nan)], axis=1)
    np.testing.assert_allclose(model.predict(alone, verbose=0), found[1:2], rtol=1e-2, atol=1e-3)

"""The models of emitted hypermodels with operators that Keras does not have as one layer, and layers of sequences."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
import keras
import keras_tuner
import numpy as np
from keras import layers

from sqsem_dsl.backends.hypermodel.module import class_name, space_code
from sqsem_dsl.backends.keras.augmentation import _resample
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.standardize import Scale
from sqsem_dsl.operators.row import WholeShape
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of

pytestmark = pytest.mark.keras

SEQUENCES = """
space sequences {
  input x: [6, 8]
  input words: [5] below 9
  param heads in [2, 4]
  let memory = words -> embedding(8) -> positions(kind = sine)
  let seen = x -> gru(4, sequences = true, backwards = true) -> attention(heads, dim = 3, value = 2, memory = memory)
    -> bypass identity { attention(any [2, 4], causal = true, bias = false) }
    -> class_token -> positions -> layer_scale(0.5) -> attention(4, groups = any [1, 2], dropout = 0.1)
  output y = concat(
      seen -> lstm(3, bidirectional = true) , seen -> rnn(2, backwards = any [true, false]),
      seen -> gru(3, sequences = true, bidirectional = any [true, false]) -> gap -> dense(3),
    ) -> dense(2) -> softmax
  train { regularize = l2(1e-3) }
}"""
MOVES = """
space moves {
  input x: [8, 8, 4]
  input v: [4]
  param n in 1..2
  param k in [6, 12]
  let a = x -> slice(1, 5, axis = 0) -> zeropad(n, after = [0, 1]) -> crop(1, after = 0) -> transpose([1, 0, 2])
    -> conv(8, 3) -> shuffle(any [2, 4]) -> slice(0, 6)
  let b = a -> reshape([channels(a) * 4 + (height(a) * width(a) - 4) * channels(a), 1])
    -> resize(k) -> conv(2, 3, padding = causal)
  let c = x -> reshape([4, 4, 4, 4]) -> resize([3, 5, 2]) -> crop([0, 1, 0])
  output y = concat(
      x -> subtract(v -> broadcast_like(x)) -> conv(multiple(k, 8), 1, padding = valid) -> gap,
      b -> zeropad(2, after = n) -> flatten, c -> conv(2, 1) -> gap, a -> flatten,
    ) -> dense(floor(log2(k))) -> dense(2) -> softmax
}"""
AXES = """
space axes {
  input x: [6, 4, 2]
  let a = concat(x, x, axis = any [height, width])
  let b = merge(x, optional o { x -> relu }, how = concat, axis = any [0, 1])
  let c = x -> attention(2, axis = any [height, width], memory = x) -> attention(1, axis = width) -> gap
  let d = concat(a -> gap(height) -> gmp(0), b -> gap, weighted_add(x, x -> relu, epsilon = 0.01) -> gap)
  let e = x -> slice(1, 3, axis = any [0, 1]) -> gap(channels) -> flatten
  let f = x -> gap(height) -> positions(kind = any [sine, learned])
    -> gru(3, sequences = true, backwards = any [true, false])
  output y = concat(
      c, d, e, x -> dot(x -> gap) -> flatten, x -> dot(x, height, normalize = true) -> flatten,
      x -> gap -> dot(x -> gmp), weighted_add(x, x) -> gmp, f -> slice(0, 2, axis = 0) -> flatten,
    ) -> dense(2)
}"""
CHOSEN = """
space chosen {
  input x: [4, 4, 2]
  output y = concat(
      x -> gap(any [height, width]) -> reshape(any [[4, 2], [2, 4], [8, 1]]) -> gmp(any [0, 1]) -> flatten -> dense(2),
      x -> reshape(any [[8, 4], [16, 2]]) @second -> conv(2, 3) -> gap,
    ) -> dense(2)
}"""
EITHER = Path(__file__).with_name("either.sqs").read_text(encoding="utf-8")
ZEROS = """
block edge(x, c: int) {
  out x -> choose op { conv: conv(c, 3, bias = false)  biased: conv(c, 1) -> relu  none: zero }
}
space zeros {
  input x: [4, 4, 2]
  let a = x -> repeat n in 1..2 { edge(2) -> dropout(0.1) }
  let b = concat(a, x -> edge(2) @other) -> slice(0, 3) -> conv(3, 1, bias = false) -> shuffle(3)
  let c = b -> bypass identity { slot quiet { zero } } -> batchnorm
  output y = merge(c, b, optional more { b -> edge(3) @third }, how = add)
    -> choose end { mean: gap  all: average(it, b) -> conv(2, 1, bias = false) -> gmp } -> dense(2) -> softmax
}"""


@pytest.mark.parametrize(
    ("text", "samples"), [(SEQUENCES, 2), (MOVES, 2), (ZEROS, 8), (AXES, 6), (CHOSEN, 5), (EITHER, 8)]
)
def test_operators(text: str, samples: int) -> None:
    space = sqsem_dsl.loads(text)
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(samples, seed=1)):
        check_same(space, architecture, built(hypermodel, space, architecture))


@pytest.mark.parametrize("text", [SEQUENCES, AXES])
def test_layers_of_its_own_are_saved(text: str, tmp_path: Path) -> None:
    space = sqsem_dsl.loads(text)
    model = built(hypermodel_of(space), space, space.default())
    model.save(tmp_path / "model.keras")
    several = {
        name: np.ones((2, *shape), "int32" if isinstance(shape, WholeShape) else "float32")
        for name, shape in space.inputs.items()
    }
    data = several if len(several) > 1 else several["x"]
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(data, verbose=0), model.predict(data, verbose=0), rtol=1e-5)


SCALED = """
space scaled {
  input image: [8, 8, 3]
  input depth: [8, 8, 2]
  input row: [4]
  output y = concat(image -> conv(2, 3) -> gap, depth -> gap, row) -> dense(2) -> softmax
  train { standardize = per_channel  standardize.depth = stated([0.5], [0.25])  standardize.row = none }
}"""


def test_inputs_are_standardized() -> None:
    space = sqsem_dsl.loads(SCALED)
    random = np.random.default_rng(1)
    data = {name: random.random((16, *shape), np.float32) for name, shape in space.inputs.items()}
    namespace: dict[str, object] = {}
    exec(space_code(space), namespace)
    mean, variance = namespace["channel_statistics"](data["image"])  # type: ignore[operator]
    np.testing.assert_allclose(mean, data["image"].mean((0, 1, 2)), rtol=1e-5)
    made = namespace[class_name(space.name)]({"image": (mean, variance)})  # type: ignore[operator]
    model = made.build(keras_tuner.HyperParameters())
    scales = {
        "image": Scale(tuple(mean), tuple(each**0.5 for each in variance)),
        "depth": Scale((0.5,), (0.25,)),
    }
    other = build_model(space.default(), scales=scales)
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(model.predict(data, verbose=0), other.predict(data, verbose=0), rtol=1e-4)


def test_images_are_augmented_in_training_alone() -> None:
    """A crop moves an image by each number of whole pixels equally often, as in sqsem."""
    space = sqsem_dsl.loads(
        "space s { input x: [4, 4, 1]  output y = x -> flatten -> dense(2)  train { augment = [flip, crop(1)] } }"
    )
    model = built(hypermodel_of(space), space, space.default())
    seen = keras.Model(model.inputs, model.get_layer("dense").input)
    image = np.arange(1, 17, dtype="float32").reshape(1, 4, 4, 1)
    many = np.repeat(image, 3000, axis=0)
    assert (seen.predict(many[:2], verbose=0) == many[:2].reshape(2, -1)).all()
    padded = np.pad(image[0, :, :, 0], 1)
    wanted = {
        tuple(side[i : i + 4, j : j + 4].ravel())
        for side in (padded, padded[:, ::-1])
        for i in range(3)
        for j in range(3)
    }
    found, counts = np.unique(np.asarray(seen(many, training=True)), axis=0, return_counts=True)
    assert {tuple(row) for row in found} == wanted
    assert 100 < counts.min() <= counts.max() < 240  # 167 expected, deviation 12.6


VIEWS = Path(__file__).with_name("views.sqs").read_text(encoding="utf-8")


def test_several_images_of_a_sample_move_alike() -> None:
    space = sqsem_dsl.loads(VIEWS.replace("noise(0.1), ", "").replace(", brightness(0.2)", ""))
    model = built(hypermodel_of(space), space, space.default())
    seen = keras.Model(model.inputs, [model.get_layer("dense").input])
    image = np.random.default_rng(0).random((4, 6, 6, 1), np.float32)
    data = {"row": np.zeros((4, 2), "float32"), "left": np.repeat(image, 2, axis=3), "right": image}
    pixels = np.asarray(seen(data, training=True)).reshape(4, -1)[:, 5:]
    left, right = pixels[:, :72].reshape(4, 36, 2) * 0.25 + 0.5, pixels[:, 72:]
    np.testing.assert_allclose(left[..., 0], right, atol=1e-5)
    np.testing.assert_allclose(left[..., 1], right, atol=1e-5)
    assert abs(right - image.reshape(4, -1)).max() > 0.1
    code = space_code(sqsem_dsl.loads(VIEWS))
    assert code.index("RandomRotation(") < code.index("GaussianNoise(") < code.index("RandomBrightness(")
    assert code.count("RandomFlip(") == 1
    assert code.count("GaussianNoise(") == code.count("RandomBrightness(") == 2


def test_moves_of_keras_are_those_of_the_package() -> None:
    """Keras's layers with a fixed amount, compared with the map of coordinates of the same amount."""
    image = np.random.default_rng(0).random((1, 9, 9, 2)).astype("float32")
    turn, high, wide = -np.deg2rad(25), -0.15 * 9, -0.2 * 9
    moves = {
        layers.RandomRotation((25 / 360, 25 / 360), fill_mode="constant"): [
            [np.cos(turn), -np.sin(turn), 0],
            [np.sin(turn), np.cos(turn), 0],
            [0, 0, 1],
        ],
        layers.RandomTranslation((0.15, 0.15), (0.2, 0.2), fill_mode="constant"): [
            [1, 0, high],
            [0, 1, wide],
            [0, 0, 1],
        ],
    }
    for layer, matrix in moves.items():
        own = _resample(image, np.array([matrix], float), 9, 9, smooth=True)
        np.testing.assert_allclose(np.asarray(layer(image, training=True)), own, atol=1e-5)

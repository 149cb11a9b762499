"""Backbones, layers of the user and `cutout` in emitted hypermodels."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

import sqsem_dsl

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
import keras
import keras_tuner
import numpy as np

from sqsem_dsl.backends.hypermodel.module import space_code
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of

pytestmark = pytest.mark.keras

BACKBONE = """
space cut_network {
  input image: [32, 32, 3]
  output y = image -> NETWORK -> gap -> dense(any [2, 3]) -> dense(2) -> softmax
}"""


@pytest.mark.parametrize(
    "network",
    [
        'backbone(mobilenet_v2, cut = "block_2_add", trainable = "block_1_expand")',
        'backbone(resnet50, cut = "conv2_block1_out", trainable = none)',
    ],
)
def test_backbones(network: str) -> None:
    space = sqsem_dsl.loads(BACKBONE.replace("NETWORK", network))
    architecture = space.at(1)
    model, other = built(hypermodel_of(space), space, architecture), architecture.build()
    assert model.count_params() == other.count_params() == architecture.params
    trained = [sum(math.prod(weight.shape) for weight in each.trainable_weights) for each in (model, other)]
    assert trained == [architecture.trainable_params] * 2
    for weight, own in zip(other.weights, model.weights, strict=True):
        assert weight.shape == own.shape
    model.set_weights(other.get_weights())
    data = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    np.testing.assert_allclose(*(each.predict(data, verbose=0) for each in (model, other)), rtol=1e-3)


def test_a_budget_on_trainable_parameters() -> None:
    text = BACKBONE.replace("NETWORK", "conv(2, 1) -> batchnorm")
    space = sqsem_dsl.loads(text.replace("output", "require trainable_params <= 20  output"))
    hypermodel = hypermodel_of(space)
    hp = keras_tuner.HyperParameters()
    hypermodel.declare_hyperparameters(hp)
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="trainable_params"):
        hypermodel.fit(hp, hypermodel.build(hp))


LAYER = """
import keras


@keras.saving.register_keras_serializable("hyper_layers")
class Pooled(keras.layers.Layer):
    def __init__(self, units, flat=True, **more):
        super().__init__(**more)
        self.units, self.flat = units, flat
        self.inner = keras.layers.Dense(units)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(keras.ops.mean(x, axis=1)) if self.flat else self.inner(x)

    def compute_output_shape(self, shape):
        return (shape[0], *([] if self.flat else shape[1:-1]), self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "flat": self.flat}
"""
OWN = """
block seen(x, n: int) { out x -> extern("hyper_layers:Pooled", units = n) -> relu }
space own_layers {
  input x: [6, 4]
  output y = concat(
      x -> seen(any [2, 3]),
      x -> extern("keras.layers:Dense", units = any [2, 4], activation = "tanh") @own -> gap,
    ) -> dense(2)
}"""


@pytest.fixture
def layers_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "hyper_layers.py").write_text(LAYER, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("hyper_layers", None)


def test_layers_of_the_user_are_imported(layers_of_the_user: None) -> None:
    space = sqsem_dsl.loads(OWN, allow_extern=True)
    code = space_code(space)
    assert "import hyper_layers\n" in code
    assert 'hyper_layers.Pooled(units=n, name=f"{name}.pooled")(x)' in code
    hypermodel = hypermodel_of(space)
    for architecture in map(space.at, range(space.count or 0)):
        check_same(space, architecture, built(hypermodel, space, architecture))


def test_a_layer_whose_axes_are_chosen_is_refused(layers_of_the_user: None) -> None:
    text = """space s { input x: [6, 4]
      output y = x -> extern("hyper_layers:Pooled", units = 3, flat = any [true, false]) -> flatten -> dense(2) }"""
    with pytest.raises(sqsem_dsl.SqsError) as caught:
        space_code(sqsem_dsl.loads(text, allow_extern=True))
    assert [vars(found)["what"] for found in caught.value.diagnostics] == ["`extern`"]


def test_a_square_is_cut_out_in_training_alone() -> None:
    space = sqsem_dsl.loads(
        "space s { input x: [4, 3, 1]  output y = x -> flatten -> dense(2)  train { augment = [cutout(2)] } }"
    )
    model = built(hypermodel_of(space), space, space.default())
    seen = keras.Model(model.inputs, model.get_layer("dense").input)
    many = np.ones((600, 4, 3, 1), "float32")
    assert (seen.predict(many[:2], verbose=0) == 1).all()
    found, counts = np.unique(np.asarray(seen(many, training=True)), axis=0, return_counts=True)
    wanted = set()
    for top in range(3):
        for left in range(2):
            image = np.ones((4, 3), "float32")
            image[top : top + 2, left : left + 2] = 0
            wanted.add(tuple(image.ravel()))
    assert {tuple(row) for row in found} == wanted
    assert counts.min() > 60  # 100 expected

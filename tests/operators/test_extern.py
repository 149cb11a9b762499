"""A user's layers: shape and variables from the built layer, and every failure as a `Misfit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators import Misfit, Shape, apply, complete, count
from sqsem_dsl.operators.extern import extern_row
from tests.networks import Net

pytestmark = pytest.mark.keras

MODULE = '''
import keras

class Affine(keras.layers.Layer):
    """A weight for each channel."""
    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start
    def build(self, shape):
        constant = keras.initializers.Constant(self.start)
        self.weight = self.add_weight(name="weight", shape=shape[-1:], initializer=constant)
        self.seen = self.add_weight(name="seen", shape=(), trainable=False)
    def call(self, x):
        return x * self.weight

class Pair(keras.layers.Layer):
    def call(self, x):
        return x, x

class Angry(keras.layers.Layer):
    def __init__(self, **kwargs):
        raise RuntimeError("not today")

number = 3
'''


@pytest.fixture(autouse=True)
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_layers.py").write_text(MODULE)
    (tmp_path / "own_broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_shape_and_variables_are_those_of_the_built_layer() -> None:
    row = extern_row("own_layers:Affine")
    assert apply(row, ((8, 8, 3),), {}) == (8, 8, 3)
    weights, macs = count(row, ((8, 8, 3),), {"start": 2})
    assert [(w.name, w.shape, w.trainable) for w in weights] == [("weight", (3,), True), ("seen", (), False)]
    assert macs == 0


def test_it_becomes_a_layer_of_the_model() -> None:
    import numpy as np

    from sqsem_dsl.backends.keras.model import build_model

    row = extern_row("own_layers:Affine")
    net = Net()
    x = net.input("x", 3)
    weights, _ = count(row, ((3,),), {"start": 2})
    net.layers.append(Layer("own", row.name, complete(row, ((3,),), {"start": 2}), (x,), (3,), weights))
    architecture = net.architecture(y=1)
    model = build_model(architecture, seed=1)
    assert model.count_params() == architecture.params == 4
    assert np.asarray(model({"x": np.ones((1, 3), "float32")})).tolist() == [[2, 2, 2]]


@pytest.mark.parametrize(
    ("target", "inputs", "attributes", "message"),
    [
        ("own_layers:Afine", ((3,),), {}, "`extern` finds no `Afine` in `own_layers`"),
        ("no_such_module:A", ((3,),), {}, "cannot import `no_such_module`: no module `no_such_module`"),
        ("own_broken:A", ((3,),), {}, "cannot import `own_broken`: ZeroDivisionError"),
        ("own_layers:number", ((3,),), {}, "`own_layers:number` is not a Keras layer"),
        ("own_layers:Angry", ((3,),), {}, "does not take these arguments: RuntimeError: not today"),
        ("own_layers:Affine", ((3,),), {"stat": 1}, "`own_layers:Affine` does not take these arguments"),
        ("own_layers:Pair", ((3,),), {}, "gives several tensors, but one tensor of a known shape is needed"),
        ("keras.layers:Conv2D", ((3,),), {"filters": 1, "kernel_size": 1}, "cannot be built on [3]"),
    ],
)
def test_what_goes_wrong_is_a_misfit(
    target: str, inputs: tuple[Shape, ...], attributes: dict[str, Any], message: str
) -> None:
    with pytest.raises(Misfit) as caught:
        apply(extern_row(target), inputs, attributes)
    assert message in caught.value.message
    assert caught.value.help

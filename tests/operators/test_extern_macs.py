"""Multiply-accumulates inside `extern` layers: counted by hand, and by the layers themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.api.space import Compilation, loads
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.operators import Shape, count, lower_bounds
from sqsem_dsl.operators.extern import extern_row
from sqsem_dsl.report.text.space_page import space_page
from sqsem_dsl.report.text.style import Style

pytestmark = pytest.mark.keras

MODULE = '''
import keras
from keras import layers, ops

class Backbone(layers.Layer):
    """A network of its own, whose shape is said: its `call` is not needed to build it."""
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        image = keras.Input((8, 8, 3))
        x = layers.Conv2D(4, 3, strides=2)(image)
        x = layers.DepthwiseConv2D(3)(layers.BatchNormalization()(x))
        self.net = keras.Model(image, layers.Dense(5)(layers.Flatten()(x)), trainable=False)
    def call(self, x):
        return self.net(x * 2 - 1, training=False)
    def compute_output_shape(self, shape):
        return (shape[0], 5)

class Wrapped(layers.Layer):
    """A layer of Keras that is made from its configuration, at each step or both ways."""
    def __init__(self, how="time", **kwargs):
        super().__init__(**kwargs)
        match how:
            case "time":
                self.inner = layers.TimeDistributed(layers.Conv2D(4, 3))
            case "both":
                self.inner = layers.Bidirectional(layers.LSTM(8))
            case "cells":
                self.inner = layers.RNN([layers.LSTMCell(8), layers.GRUCell(4)])
    def call(self, x):
        return self.inner(x)

class Frames(layers.Layer):
    """Time is folded into the batch."""
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2D(4, 3)
    def build(self, shape):
        self.conv.build((None, *shape[2:]))
    def call(self, x):
        y = self.conv(ops.reshape(x, (-1, *x.shape[2:])))
        return ops.reshape(y, (-1, x.shape[1], *y.shape[1:]))

class Attention(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.heads = layers.MultiHeadAttention(2, 4)
    def call(self, x):
        return self.heads(x, x)

class Mix(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4))
    def call(self, x):
        return ops.matmul(x, self.kernel)

class Stated(Mix):
    def compute_macs(self, input_shape):
        return input_shape[-1] * 4

class Loop(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(4)
    def build(self, shape):
        self.dense.build((None, shape[-1]))
    def call(self, x):
        return ops.map(self.dense, x)

class Tied(Loop):
    def call(self, x):
        return ops.matmul(x, self.dense.kernel)

class Untraced(Loop):
    def call(self, x):
        raise RuntimeError("not today")
    def compute_output_shape(self, shape):
        return (*shape[:-1], 4)
'''


@pytest.fixture(autouse=True)
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_macs.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


LSTM = 10 * (4 * 32 + 8 * 32)
CASES: dict[str, tuple[str, Shape, dict[str, Any], int]] = {
    "sub-model": ("own_macs:Backbone", (8, 8, 3), {}, 3 * 3 * 27 * 4 + 9 * 4 + 4 * 5),
    "lstm": ("keras.layers:LSTM", (10, 4), {"units": 8}, LSTM),
    "gru": ("keras.layers:GRU", (10, 4), {"units": 8, "return_sequences": True}, 10 * (4 * 24 + 8 * 24)),
    "simple rnn": ("keras.layers:SimpleRNN", (10, 4), {"units": 8}, 10 * (4 * 8 + 8 * 8)),
    "bidirectional": ("own_macs:Wrapped", (10, 4), {"how": "both"}, 2 * LSTM),
    "cells": ("own_macs:Wrapped", (10, 4), {"how": "cells"}, LSTM + 10 * (8 * 12 + 4 * 12)),
    "time distributed": ("own_macs:Wrapped", (5, 8, 8, 3), {"how": "time"}, 5 * 6 * 6 * 27 * 4),
    "convolutional lstm": (
        "keras.layers:ConvLSTM2D",
        (5, 8, 8, 3),
        {"filters": 4, "kernel_size": 3},
        5 * 6 * 6 * (27 * 16 + 36 * 16),
    ),
    "time in the batch": ("own_macs:Frames", (5, 8, 8, 3), {}, 5 * 6 * 6 * 27 * 4),
    "attention": ("own_macs:Attention", (6, 8), {}, 4 * 6 * 8 * 8 + 6 * 6 * 2 * (4 + 4)),
    "embedding": ("keras.layers:Embedding", (5,), {"input_dim": 10, "output_dim": 4}, 0),
    "normalisation": ("keras.layers:LayerNormalization", (5, 4), {}, 0),
    "stated": ("own_macs:Stated", (8,), {}, 32),
}


@pytest.mark.parametrize("name", CASES)
def test_counted(name: str) -> None:
    target, shape, attributes, macs = CASES[name]
    assert count(extern_row(target), (shape,), attributes)[1] == macs
    assert "macs" not in lower_bounds(extern_row(target), (shape,), attributes)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("own_macs:Mix", "`Mix` has weights of its own: `kernel` [8, 4]"),
        ("own_macs:Loop", "is called in a loop (`map`) of unknown length"),
        ("own_macs:Tied", "`call` does not call"),
        ("own_macs:Untraced", "its `call` cannot be traced"),
    ],
)
def test_not_counted(target: str, reason: str) -> None:
    assert reason in lower_bounds(extern_row(target), ((6, 8),), {})["macs"]


SPACE = """space s {{
  input x: [6, 8]
  output y = x -> choose body {{ plain: relu  own: extern("own_macs:{layer}") }} -> flatten -> dense(2) -> softmax
  {more}
}}"""


def test_a_lower_bound_is_said() -> None:
    space = loads(SPACE.format(layer="Mix", more=""), allow_extern=True)
    assert {name: bound.target for name, bound in space.analysis.lower_bounds.items()} == {
        "macs": "own_macs:Mix",
        "weighted_layers": "own_macs:Mix",
    }
    assert not space.at({"body": "plain"}).lower_bounds
    network = space.at({"body": "own"})
    assert network.lower_bounds == {"macs", "weighted_layers"}
    assert network.to_json()["lower_bounds"] == ["macs", "weighted_layers"]
    with pytest.raises(SqsError, match="a budget on `macs`"):
        space.sample(1, where="macs <= 100")
    assert len(space.sample(5, where="params <= 100")) == 2


@pytest.mark.parametrize("more", ["require macs <= 1K", "search { objective = [minimize(macs), minimize(val_loss)] }"])
def test_nothing_is_proved_or_minimized_by_it(more: str) -> None:
    found = Compilation.from_text(SPACE.format(layer="Mix", more=more), allow_extern=True).findings()
    assert [d.code for d in found] == ["SQS311"]
    for layer in ("Stated", "Attention"):  # counted values may be bounded
        assert not Compilation.from_text(SPACE.format(layer=layer, more=more), allow_extern=True).failed


@pytest.mark.parametrize("more", ["require memory <= 1M", "search { objective = minimize(memory) }"])
def test_memory_is_a_lower_bound_with_layers_inside(more: str) -> None:
    found = Compilation.from_text(SPACE.format(layer="Attention", more=more), allow_extern=True).findings()
    assert [d.code for d in found] == ["SQS311"]
    plain = loads(SPACE.format(layer="Mix", more=more), allow_extern=True)
    own = plain.at({"body": "own"})
    assert own.memory == 4 * (48 + own.layers[1].shape[0] * own.layers[1].shape[1])  # one step
    page = "\n".join(
        space_page("s.sqs", loads(SPACE.format(layer="Attention", more=""), allow_extern=True), Style(), False)
    )
    assert "`own_macs:Attention` may have more: it has layers inside" in page


def test_every_architecture_has_them() -> None:
    space = loads(SPACE.format(layer="Attention", more=""), allow_extern=True)
    assert (
        space.analysis.ranges["macs"].high.value
        == space.at({"body": "own"}).macs
        == 4 * 6 * 8 * 8 + 6 * 6 * 2 * 8 + 48 * 2
    )


def test_the_built_model_agrees() -> None:
    from sqsem_dsl.backends.keras.compare import disagreements
    from sqsem_dsl.backends.keras.model import build_model

    network = loads(SPACE.format(layer="Attention", more=""), allow_extern=True).at({"body": "own"})
    assert disagreements(network, build_model(network)) == ()

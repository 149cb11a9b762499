"""A WaveNet in the language: a repeat carries the signal and the sum of the skips."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.api.space import Architecture, load

SPEC = Path(__file__).with_name("wavenet.sqs")


def of_kernels(kernels: Sequence[int]) -> Architecture:
    choices = {f"depth[{i}].kernel": kernel for i, kernel in enumerate(kernels)}
    return load(SPEC).at({"depth": len(kernels), **choices})


def params_of(kernels: Sequence[int]) -> int:
    """The parameters, layer by layer. Nothing reads the last signal, so its convolution is missing."""
    gates = sum(2 * (16 * 16 * kernel + 16) for kernel in kernels)
    residuals, skips = (len(kernels) - 1) * (16 * 16 + 16), len(kernels) * (16 * 32 + 32)
    return (16 + 16) + gates + residuals + skips + (32 * 32 + 32) + (32 * 10 + 10)


def test_its_costs_are_known_for_every_architecture() -> None:
    space = load(SPEC)
    every = [kernels for depth in range(1, 6) for kernels in product((2, 3), repeat=depth)]
    assert space.count == len(every) == 62
    assert [space.cost(number).params for number in range(62)] == [params_of(kernels) for kernels in every]
    assert space.analysis.architectures.count == 62
    assert space.analysis.distributions["params"].quantile(1) == params_of([3] * 5)


def handwritten(keras: Any, kernels: Sequence[int]) -> Any:
    """The same network in Keras, as one would write it by hand."""
    layers = keras.layers

    def conv(filters: int, name: str, kernel: int = 1, rate: int = 1) -> Any:
        return layers.Conv1D(filters, kernel, dilation_rate=rate, padding="causal", name=name)

    sound = keras.Input((64, 1))
    signal, skips = conv(16, "conv")(sound), []
    for i, kernel in enumerate(kernels):
        one, other = conv(16, f"depth.{i}.filter", kernel, 2**i), conv(16, f"depth.{i}.gate", kernel, 2**i)
        gated = layers.Multiply()([layers.Activation("tanh")(one(signal)), layers.Activation("sigmoid")(other(signal))])
        skips.append(conv(32, f"depth.{i}.skip")(gated))
        if i + 1 < len(kernels):
            signal = layers.Add()([signal, conv(16, f"depth.{i}.residual")(gated)])
    total = layers.Add()(skips) if len(skips) > 1 else skips[0]
    hidden = layers.GlobalAveragePooling1D()(layers.ReLU()(conv(32, "head")(layers.ReLU()(total))))
    return keras.Model(sound, layers.Dense(10, activation="softmax", name="dense")(hidden))


@pytest.mark.keras
@pytest.mark.parametrize("kernels", [(3,), (2, 3, 2)])
def test_it_computes_the_same_as_a_handwritten_model(kernels: tuple[int, ...]) -> None:
    keras = pytest.importorskip("keras")
    import numpy as np

    ours, theirs = of_kernels(kernels).build(), handwritten(keras, kernels)
    assert ours.count_params() == theirs.count_params() == params_of(kernels)
    for layer in theirs.layers:
        if layer.weights:
            ours.get_layer(layer.name).set_weights(layer.get_weights())
    sounds = np.random.default_rng(1).normal(size=(4, 64, 1)).astype("float32")
    np.testing.assert_allclose(np.asarray(ours(sounds)), np.asarray(theirs(sounds)), rtol=1e-4, atol=1e-6)


@pytest.mark.keras
def test_it_learns() -> None:
    """Two sounds that differ in their frequency."""
    keras = pytest.importorskip("keras")
    import numpy as np

    keras.utils.set_random_seed(1)
    model = of_kernels((2, 3)).build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    time = np.arange(64) / 64
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 128)
    waves = np.sin(2 * np.pi * (4 + 8 * labels)[:, None] * (time + random.uniform(size=(128, 1))))[..., None]
    history = model.fit(waves.astype("float32"), labels, epochs=15, batch_size=16, verbose=0).history
    assert history["accuracy"][-1] > 0.95

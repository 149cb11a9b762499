"""NASNet-Mobile in the language: a repeat carries the last two tensors from cell to cell."""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sqsem_dsl.api.space import Space, load

SPEC = Path(__file__).with_name("nasnet_mobile.sqs")


def space(size: int) -> Space:
    return load(SPEC, define={"size": size})


def test_it_has_the_parameters_of_keras_applications() -> None:
    """Source: `count_params()` of `keras.applications.NASNetMobile(weights=None)`, and of its trainable weights."""
    found = space(224).default()
    assert (found.params, found.trainable_params) == (5_326_716, 5_289_978)
    assert found.layers[found.outputs["class"]].shape == (1000,)


def shaped_weights(shape: tuple[int, ...]) -> Any:
    """Weights that depend on their shape alone, so that two models in another order of layers have the same."""
    import numpy as np

    random = np.random.default_rng(zlib.crc32(repr(shape).encode()))
    if len(shape) == 1:
        return random.uniform(0.5, 1.5, shape)  # variances among them
    return random.normal(0.0, (2 / max(1, int(np.prod(shape[:-1])))) ** 0.5, shape)


@pytest.mark.keras
@pytest.mark.slow
def test_it_computes_the_same_as_keras_applications() -> None:
    keras = pytest.importorskip("keras")
    import numpy as np

    theirs = keras.applications.NASNetMobile(weights=None, input_shape=(64, 64, 3))
    ours = space(64).default().build()
    assert ours.count_params() == theirs.count_params()
    weights = [Counter(tuple(w.shape) for w in model.weights) for model in (ours, theirs)]
    assert weights[0] == weights[1]
    for model in (ours, theirs):
        for weight in model.weights:
            weight.assign(shaped_weights(tuple(weight.shape)))
    images = np.random.default_rng(1).normal(size=(2, 64, 64, 3)).astype("float32")
    one, other = (np.asarray(model(images, training=False)) for model in (ours, theirs))
    assert np.ptp(other, axis=0).max() > 1e-6  # it depends on the image
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)

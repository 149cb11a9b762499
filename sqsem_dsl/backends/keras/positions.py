"""Positions and a first place of a sequence in Keras.

No layer of Keras adds a table of weights. So these are small models of Keras's layers, each used as one layer: numbers
that do not depend on the values are made from the tensor, which gives the size of the batch, and an `Embedding` looks
them up.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import keras
from keras import layers as kl
from keras import ops

from sqsem_dsl.operators.positions import LEARNED

BASE = 10_000
"""The wavelengths of sines grow from 2 pi to this times 2 pi (A. Vaswani et al., arXiv:1706.03762, section 3.5)."""


def positions_layer(
    shape: tuple[int, ...], kind: str, common: dict[str, Any], seed: Callable[[str], int | None]
) -> keras.Model:
    """A vector for each place added to it."""
    length, channels = shape
    tensor = keras.Input(shape, name="sequence")
    if kind == LEARNED:
        table = _table(length, channels, seed)(_numbers(tensor, length))
    else:
        places = [[float(place)] for place in range(length)]
        everywhere = kl.Rescaling(0.0, offset=places, name="places", dtype="float32")(tensor)
        pairs = [channel // 2 * 2 for channel in range(channels)]
        frequencies = [BASE ** (-pair / channels) for pair in pairs]
        phases = [pi / 2 * (channel % 2) for channel in range(channels)]  # a cosine in every other channel
        table = ops.sin(kl.Rescaling(frequencies, offset=phases, name="angles", dtype="float32")(everywhere))
    return keras.Model(tensor, kl.Add(**_last(common, "added"))([tensor, table]), name=common["name"])


def class_token_layer(shape: tuple[int, ...], common: dict[str, Any], seed: Callable[[str], int | None]) -> keras.Model:
    """A learned place before the first."""
    length, channels = shape
    tensor = keras.Input(shape, name="sequence")
    number = kl.Reshape((length, 1), name="column")(_numbers(tensor, length))
    first = kl.Flatten(name="first")(kl.Cropping1D((0, length - 1), name="cut")(number))  # the number 0
    token = _table(1, channels, seed)(first)
    return keras.Model(tensor, kl.Concatenate(1, **_last(common, "joined"))([token, tensor]), name=common["name"])


def _numbers(tensor: Any, length: int) -> Any:
    """The numbers of the places, `[length]`, for each sample."""
    some = kl.GlobalMaxPooling1D(data_format="channels_first", name="some", dtype="float32")(tensor)
    return kl.Rescaling(0.0, offset=[float(place) for place in range(length)], name="numbers", dtype="float32")(some)


def _table(length: int, channels: int, seed: Callable[[str], int | None]) -> kl.Embedding:
    """A vector for each number; normal initial values with the deviation of the vision transformer's."""
    initial = keras.initializers.RandomNormal(stddev=0.02, seed=seed("embeddings"))
    return kl.Embedding(length, channels, embeddings_initializer=initial, name="table")


def _last(common: dict[str, Any], name: str) -> dict[str, Any]:
    return {**common, "name": name}

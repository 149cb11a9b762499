"""The built-in digits: 1,797 handwritten digits of 8x8 pixels in 17 gray levels, from scikit-learn.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Loaded, Part
from sqsem_dsl.data.errors import DataError, MissingDataPackage, WrongSpace
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

Floats = NDArray[np.float32]


def resize(images: Floats, height: int, width: int) -> Floats:
    """Images `[n, h, w, ...]` at `height` and `width`: bilinear, pixel centres aligned, averaged when they shrink.

    Each new pixel is the mean of the old ones under a triangle as wide as the larger of the two pixel sizes. Pillow's
    bilinear resizing computes the same, and so does TensorFlow's with antialiasing.
    """
    rows, columns = _weights(images.shape[1], height), _weights(images.shape[2], width)
    tall = np.einsum("nhw...,Hh->nHw...", images, rows)
    return np.ascontiguousarray(np.einsum("nhw...,Ww->nhW...", tall, columns), np.float32)


def _weights(old: int, new: int) -> Floats:
    """`[new, old]`: the share of each old pixel in each new one."""
    scale = max(old / new, 1.0)
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    distance = np.abs(centres[:, None] - np.arange(old)[None, :]) / scale
    weights = np.maximum(0.0, 1.0 - distance)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


NAME = "digits"
OFFERS = "an image and a class from 0 to 9 for each sample"


def load_digits(inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]) -> Loaded:
    """The digits in the shape of the space's one input, with values from 0 to 1.

    An image input `[height, width, channels]` gets them resized, with the gray in every channel; a vector gets the
    pixels in rows (resized if its length is a square, else interpolated); a sequence `[length, channels]` gets
    rows of pixels. Raises DataError for another space, or if scikit-learn is not installed.
    """
    _check_space(inputs, outputs)
    try:
        from sklearn import datasets
    except ModuleNotFoundError:
        raise DataError([MissingDataPackage(NOWHERE, NAME, "scikit-learn", "pip install scikit-learn")]) from None
    raw = datasets.load_digits()
    images = np.asarray(raw.images / 16.0, np.float32)
    [(input_name, shape)], [output_name] = inputs.items(), outputs
    part = Part({input_name: shaped(images, shape)}, {output_name: np.asarray(raw.target, np.int32)})
    return Loaded(NAME, part)


def shaped(images: Floats, shape: tuple[int, ...]) -> Floats:
    """Gray images `[n, h, w]` as samples of a shape of one to three dimensions."""
    match shape:
        case (height, width, channels):
            sized = resize(images, height, width)
            return np.repeat(sized[..., None], channels, axis=-1)
        case (length, channels):
            return resize(images, length, channels)
        case (length,) if isqrt(length) ** 2 == length:
            return resize(images, isqrt(length), isqrt(length)).reshape(len(images), length)
        case (length,):
            flat: Floats = images.reshape(len(images), 1, -1)
            return resize(flat, 1, length).reshape(len(images), length)
        case _:
            raise ValueError(f"no image has the shape {shape}")


def _check_space(inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]) -> None:
    shapes, facts = list(inputs.values()), list(outputs.values())
    found = None
    if len(shapes) != 1:
        found = f"{len(shapes)} inputs"
    elif len(shapes[0]) > 3:
        found = f"an input of shape {list(shapes[0])}"
    elif len(facts) != 1:
        found = f"{len(facts)} outputs"
    elif facts[0].ending != "softmax":
        found = f"an output that ends with {f'`{facts[0].ending}`' if facts[0].ending else 'no softmax'}"
    elif len(facts[0].shape) != 1:
        found = f"an output of shape {list(facts[0].shape)}"
    elif facts[0].shape[0] < 10:
        found = f"an output of {facts[0].shape[0]} classes"
    if found is not None:
        raise DataError([WrongSpace(NOWHERE, NAME, OFFERS, found)])

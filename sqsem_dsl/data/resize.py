"""Images at another size, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def resize(images: Floats, height: int, width: int) -> Floats:
    """Images `[n, h, w, ...]` at `height` and `width`, bilinear, pixel centres aligned, averaging where they shrink.

    Each new pixel is the mean of the old ones under a triangle as wide as the larger of the two pixel sizes, which is
    what Pillow's and, with antialiasing, TensorFlow's bilinear resizing compute.
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

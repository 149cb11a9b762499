"""Augmentation of training batches, in NumPy: the same for every backend, with one random generator.

All moves of a sample (flips, crops, rotations, …) are combined into one map of coordinates. So an image is resampled
once, every image input of a sample moves alike, and labels in the image plane move with it: each point of a mask
keeps its class, and an image that is the output is resampled as the input is. Values from outside the image are 0.
Color changes come after the moves, in the order written, and do not affect labels. Their amounts refer to values from
0 to 1: for an image with values up to 255, which the model divides, `brightness(0.1)` changes up to 25.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.settings import options
from sqsem_dsl.settings.metrics import OutputFact

Array = NDArray[Any]
Floats = NDArray[np.float64]
Arrays = dict[str, Array]
Move = (
    options.Flip | options.FlipVertical | options.Crop | options.Shift | options.Rotate | options.Zoom
)  # fmt: skip
Colour = options.Brightness | options.Contrast | options.Cutout | options.Noise


def augment(
    augmentations: Sequence[options.Augmentation],
    inputs: Arrays,
    labels: Arrays,
    outputs: Mapping[str, OutputFact],
    generator: np.random.Generator,
    divisors: Mapping[str, int] | None = None,
) -> tuple[Arrays, Arrays]:
    """The batch with its images `[n, height, width, channels]` (and masks) augmented; everything else is unchanged,
    whole numbers too.

    `divisors` has the largest value of each input whose values the model, not the data, scales to 0 to 1.
    """
    images = [name for name, array in inputs.items() if array.ndim == 4 and array.dtype.kind == "f"]
    if not images:
        return inputs, labels
    inputs, labels = dict(inputs), dict(labels)
    samples, height, width = inputs[images[0]].shape[:3]
    moves = [one for one in augmentations if isinstance(one, Move)]
    if moves:
        maps = _maps(moves, samples, height, width, generator)
        whole = all(isinstance(one, options.Flip | options.FlipVertical | options.Crop) for one in moves)
        for name in images:
            smooth = not whole or inputs[name].shape[1:3] != (height, width)
            inputs[name] = _resample(inputs[name], maps, height, width, smooth)
        for name, fact in outputs.items():
            if len(fact.shape) == 3:
                # Between two classes there is no third; between two brightnesses there is.
                smooth = fact.ending is None and (not whole or fact.shape[:2] != (height, width))
                labels[name] = _resample(labels[name], maps, height, width, smooth)
    for one in augmentations:
        if isinstance(one, Colour):
            for name in images:
                inputs[name] = _recolour(one, inputs[name], generator, (divisors or {}).get(name, 1))
    return inputs, labels


def _maps(moves: Sequence[Move], samples: int, height: int, width: int, generator: np.random.Generator) -> Floats:
    """For each sample, a 3x3 matrix from a point of the result to its source point, `[n, 3, 3]`.

    Points are (row, column, 1) in pixels of the first image, from its center.
    """
    maps = np.broadcast_to(np.eye(3), (samples, 3, 3)).copy()
    for move in moves:
        step = np.broadcast_to(np.eye(3), (samples, 3, 3)).copy()
        match move:
            case options.Flip():
                step[:, 1, 1] = generator.choice([1.0, -1.0], samples)
            case options.FlipVertical():
                step[:, 0, 0] = generator.choice([1.0, -1.0], samples)
            case options.Crop(pixels=pixels):
                step[:, :2, 2] = generator.integers(-pixels, pixels, (samples, 2), endpoint=True)
            case options.Shift(fraction=fraction):
                step[:, :2, 2] = generator.uniform(-fraction, fraction, (samples, 2)) * (height, width)
            case options.Rotate(degrees=degrees):
                angle = np.deg2rad(generator.uniform(-degrees, degrees, samples))
                step[:, 0, 0] = step[:, 1, 1] = np.cos(angle)
                step[:, 1, 0] = np.sin(angle)
                step[:, 0, 1] = -np.sin(angle)
            case options.Zoom(fraction=fraction):
                factor = generator.uniform(1 - fraction, 1 + fraction, samples)
                step[:, 0, 0] = step[:, 1, 1] = 1 / factor
            case other:
                assert_never(other)
        maps = maps @ step  # maps go from the result back to the image, so the last move comes first
    return maps


def _resample(array: Array, maps: Floats, height: int, width: int, smooth: bool) -> Array:
    """An array `[n, h, w, ...]` with each sample moved by its map; `h` and `w` may differ from the first image's
    size.
    """
    rows, columns = array.shape[1:3]
    y = ((np.arange(rows) + 0.5) / rows - 0.5) * height
    x = ((np.arange(columns) + 0.5) / columns - 0.5) * width
    points = np.stack(np.broadcast_arrays(y[:, None], x[None, :], 1.0), axis=-1)
    found = points[None] @ maps.transpose(0, 2, 1)[:, None]
    row = (found[..., 0] / height + 0.5) * rows - 0.5
    column = (found[..., 1] / width + 0.5) * columns - 0.5
    if not smooth:
        return _at(array, np.rint(row).astype(np.intp), np.rint(column).astype(np.intp))
    top, left = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
    down = (row - top)[..., None].astype(array.dtype)
    right = (column - left)[..., None].astype(array.dtype)
    upper = _at(array, top, left) * (1 - right) + _at(array, top, left + 1) * right
    lower = _at(array, top + 1, left) * (1 - right) + _at(array, top + 1, left + 1) * right
    return np.asarray(upper * (1 - down) + lower * down)


def _at(array: Array, row: NDArray[np.intp], column: NDArray[np.intp]) -> Array:
    """The values at these rows and columns (`[n, h, w]`), 0 outside."""
    samples, rows, columns = array.shape[:3]
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    every = np.arange(samples)[:, None, None]
    moved = array[every, np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
    moved[~inside] = 0
    return moved


def _recolour(colour: Colour, image: Array, generator: np.random.Generator, largest: int) -> Array:
    samples, rows, columns = image.shape[:3]
    match colour:
        case options.Brightness(delta=delta):
            shift = generator.uniform(-delta, delta, (samples, 1, 1, 1)) * largest
            return np.asarray(image + shift.astype(image.dtype))
        case options.Contrast(delta=delta):
            mean = image.mean(axis=(1, 2), keepdims=True)
            factor = generator.uniform(1 - delta, 1 + delta, (samples, 1, 1, 1)).astype(image.dtype)
            return np.asarray(mean + (image - mean) * factor)
        case options.Cutout(size=size):
            tall, wide = min(size, rows), min(size, columns)
            top = generator.integers(0, rows - tall, samples, endpoint=True)[:, None, None, None]
            left = generator.integers(0, columns - wide, samples, endpoint=True)[:, None, None, None]
            row, column = np.arange(rows)[None, :, None, None], np.arange(columns)[None, None, :, None]
            cut = (row >= top) & (row < top + tall) & (column >= left) & (column < left + wide)
            return np.where(cut, np.zeros((), image.dtype), image)
        case options.Noise(stddev=stddev):
            noise = generator.normal(0.0, stddev, image.shape) * largest
            return np.asarray(image + noise.astype(image.dtype))
        case other:
            assert_never(other)

"""Random numbers that belong to a sample: those of sample k do not depend on the number of samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""float32, for large arrays."""

_SCENE, _LANDMARKS, _PIXELS = range(3)
_COLUMNS = 128


class Draws:
    """Columns of random numbers, one row per sample. Columns are used in the order of the requests."""

    def __init__(self, seed: int, numbers: Sequence[int]) -> None:
        self.samples = len(numbers)
        generators = [_generator(seed, number, _SCENE) for number in numbers]
        self._normal = iter(np.stack([g.standard_normal(_COLUMNS, np.float32) for g in generators], axis=1))
        self._uniform = iter(np.stack([g.random(_COLUMNS, np.float32) for g in generators], axis=1))

    def normal(self, mean: float, deviation: float) -> Floats:
        """`[n]`, cut at 2.5 standard deviations to exclude extreme samples."""
        return np.asarray(mean + deviation * np.clip(next(self._normal), -2.5, 2.5), np.float32)

    def uniform(self, low: float, high: float) -> Floats:
        """`[n]`."""
        return np.asarray(low + (high - low) * next(self._uniform), np.float32)

    def chance(self, share: float) -> Floats:
        """`[n]`: 1 for that share of the samples, else 0."""
        return np.asarray(next(self._uniform) < share, np.float32)


def landmark_noise(seed: int, numbers: Sequence[int], shape: tuple[int, ...]) -> Floats:
    """Standard normal numbers `[n, *shape]`, independent of those of the scene."""
    return _noise(seed, numbers, shape, _LANDMARKS)


def pixel_noise(seed: int, numbers: Sequence[int], shape: tuple[int, ...]) -> Floats:
    """Standard normal numbers `[n, *shape]`, independent of those of the scene and the landmarks."""
    return _noise(seed, numbers, shape, _PIXELS)


def _noise(seed: int, numbers: Sequence[int], shape: tuple[int, ...], purpose: int) -> Floats:
    return np.stack([_generator(seed, number, purpose).standard_normal(shape, np.float32) for number in numbers])


def _generator(seed: int, number: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng((seed, number, purpose))

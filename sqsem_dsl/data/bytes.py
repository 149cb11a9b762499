"""Images of 8 bits as they are: a quarter of the memory of float32."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from sqsem_dsl.data.dataset import Array, Indices

_PIECE = 1024
"""Samples in a piece of the contents: a few megabytes."""


@dataclass(frozen=True, eq=False)
class Bytes:
    """Samples of unsigned 8-bit integers, read as float32 from 0 to 255 (`Samples`).

    What is taken of them shares the array: three parts, and the folds, hold it once.
    """

    divisor: ClassVar[int] = 255

    array: Array
    """uint8, with the sample axis first."""
    indices: Indices

    @classmethod
    def of(cls, array: Array) -> Bytes:
        return cls(array, np.arange(len(array)))

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.indices), *self.array.shape[1:])

    @property
    def nbytes(self) -> int:
        return prod(self.shape)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, indices: Indices | slice) -> Array:
        return self.array[self.indices[indices]].astype(np.float32)

    def take(self, indices: Indices) -> Bytes:
        return Bytes(self.array, self.indices[indices])

    def contents(self) -> Iterator[bytes]:
        yield b"0 to 255"
        for start in range(0, len(self), _PIECE):
            yield self.array[self.indices[start : start + _PIECE]].tobytes()

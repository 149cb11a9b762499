"""Images that are read from their files on demand, by Keras's own loader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from threading import Lock

import numpy as np

from sqsem_dsl.data.dataset import Array, Indices, Samples, divisor
from sqsem_dsl.data.pillow import open_image


class Recent:
    """Arrays by key, of at most `capacity` bytes together: the least recently used is removed first."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.held = capacity, 0
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """The array of a key, made if it is not held. An array larger than the capacity is never held."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = make()  # outside of the lock: several threads may decode at once
        with self._lock:
            if key not in self._arrays and array.nbytes <= self.capacity:
                self._arrays[key] = array
                self.held += array.nbytes
            while self.held > self.capacity:
                _, gone = self._arrays.popitem(last=False)
                self.held -= gone.nbytes
        return array

    def __len__(self) -> int:
        return len(self._arrays)


decoded = Recent(512 * 2**20)
"""The decoded and resized images of this process, of all folders together."""

MODES = {1: "grayscale", 3: "rgb", 4: "rgba"}
"""Keras's name for the color mode, by the number of channels."""


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Images of one folder at one size (`Samples`), read as float32 with the values of the files.

    Only paths are held, so that a folder may be larger than memory; decoded images are cached in `decoded`.
    """

    folder: str
    """The absolute path of the folder."""
    files: tuple[str, ...]
    """Paths inside the folder. Selections share them."""
    size: tuple[int, int, int]
    """Height, width and channels."""
    indices: Indices
    divisor: int = 255
    """The largest value: 65535 if some of the files have 16 bits; those of 8 bits are then scaled to it."""

    @classmethod
    def of(
        cls, folder: str | Path, files: tuple[str, ...], size: tuple[int, int, int], divisor: int = 255
    ) -> ImageFiles:
        return cls(str(Path(folder).resolve()), files, size, np.arange(len(files)), divisor)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.indices), *self.size)

    @property
    def nbytes(self) -> int:
        return min(prod(self.shape) * (self.divisor.bit_length() // 8), decoded.capacity)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, indices: Indices | slice) -> Array:
        """Raises OSError, with the path, for a missing or damaged file."""
        chosen = self.indices[indices]
        images = np.empty((len(chosen), *self.size), np.float32)
        for place, at in enumerate(chosen):
            image = self._image(self.files[at])
            np.multiply(image, np.float32(self.divisor // np.iinfo(image.dtype).max), out=images[place])
        return images

    def take(self, indices: Indices) -> ImageFiles:
        return ImageFiles(self.folder, self.files, self.size, self.indices[indices], self.divisor)

    def contents(self) -> Iterator[bytes]:
        """The bytes of the files, without their names and paths."""
        yield f"0 to {self.divisor}".encode()
        for at in self.indices:
            yield (Path(self.folder) / self.files[at]).read_bytes()

    def _image(self, file: str) -> Array:
        path = f"{self.folder}/{file}"
        return decoded.get((path, self.size), lambda: decode(path, self.size))


@dataclass(frozen=True, eq=False)
class Divided:
    """Samples divided by their largest value as they are read (`Samples`)."""

    held: Samples

    @property
    def shape(self) -> tuple[int, ...]:
        return self.held.shape

    @property
    def nbytes(self) -> int:
        return self.held.nbytes

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, indices: Indices | slice) -> Array:
        return np.asarray(self.held[indices] / np.float32(divisor(self.held)), np.float32)

    def take(self, indices: Indices) -> Divided:
        return Divided(self.held.take(indices))

    def contents(self) -> Iterator[bytes]:
        yield b"divided"
        yield from self.held.contents()


def decode(path: str, size: tuple[int, int, int]) -> Array:
    """An image at a size, bilinear, as uint8, or as uint16 if the file has 16 bits.

    Raises OSError with the path if that fails.
    """
    import keras

    height, width, channels = size
    try:
        open_image(path).close()  # Keras opens any format that Pillow knows; `open_image` allows only some
        image = keras.utils.load_img(
            path, color_mode=MODES[channels], target_size=(height, width), interpolation="bilinear"
        )
        values = keras.utils.img_to_array(image, data_format="channels_last", dtype="float32")
    except OSError as error:
        raise OSError(f"cannot read the image {path}: {error.strerror or error}") from error
    return np.asarray(values, np.uint16 if image.mode.startswith("I") else np.uint8)

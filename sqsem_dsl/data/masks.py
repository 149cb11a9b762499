"""`OUTPUT=images:DIR` for classes: a folder of masks, each with a class for every pixel of a photo.

The values of all masks are looked at first. Then a value is a class number, or the position of the value among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sqsem_dsl.data.dataset import Array, Indices
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_masks import MaskKind, MaskSizes, MaskValues
from sqsem_dsl.data.folder import SHOWN, Folder
from sqsem_dsl.data.images import decoded
from sqsem_dsl.data.matching import Ids, names_of
from sqsem_dsl.data.pillow import open_image
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

Reading = Literal["gray", "palette", "color"]
"""Whether a value is a level of gray, the number of a color in the palette, or a color as 0xRRGGBB."""
MOST_VALUES = 4096
"""The number of values in a mask above which it is not a mask."""
IGNORED = 255
"""The value that other programs use for pixels without a class."""
_GRAY = ("1", "L", "LA", "I;16", "I")
_COLOR = ("RGB", "RGBA", "P")


@dataclass(frozen=True, eq=False)
class MaskFiles:
    """Masks of one folder at one size (`Samples`), read as class numbers: int32 for a softmax, else float32 0 and 1.

    Only paths are held; decoded masks are cached in `decoded`.
    """

    folder: str
    """The absolute path of the folder."""
    files: tuple[str, ...]
    size: tuple[int, int]
    """Height and width."""
    reading: Reading
    values: tuple[int, ...]
    """The value of each class, in order."""
    binary: bool
    """Whether the output is a sigmoid of one channel, `[height, width, 1]`."""
    indices: Indices

    @property
    def meaning(self) -> tuple[Reading, tuple[int, ...]]:
        """Equal for masks whose classes have the same values."""
        return self.reading, self.values

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.indices), *self.size, *((1,) if self.binary else ()))

    @property
    def nbytes(self) -> int:
        return min(prod(self.shape), decoded.capacity)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, indices: Indices | slice) -> Array:
        """Raises OSError, with the path, for a missing or damaged file, and for a value that was not there before."""
        chosen = self.indices[indices]
        masks = np.empty((len(chosen), *self.size), np.float32 if self.binary else np.int32)
        for place, at in enumerate(chosen):
            masks[place] = self._mask(f"{self.folder}/{self.files[at]}")
        return masks[..., None] if self.binary else masks

    def take(self, indices: Indices) -> MaskFiles:
        chosen = self.indices[indices]
        return MaskFiles(self.folder, self.files, self.size, self.reading, self.values, self.binary, chosen)

    def contents(self) -> Iterator[bytes]:
        """The bytes of the files, without their names and paths."""
        yield f"{self.reading} {self.values}".encode()
        for at in self.indices:
            yield (Path(self.folder) / self.files[at]).read_bytes()

    def _mask(self, path: str) -> Array:
        key = (path, self.size, self.reading, self.values)
        return decoded.get(key, lambda: self._decode(path))

    def _decode(self, path: str) -> Array:
        """The class numbers of a mask, at its new size: each point has the class of the nearest point."""
        try:
            with open_image(path) as image:
                pixels = _pixels(image, self.reading)
        except Exception as error:  # Pillow raises almost any exception for a damaged file
            raise OSError(f"cannot read the mask {path}: {getattr(error, 'strerror', None) or error}") from error
        rows, columns = (
            ((np.arange(new) + 0.5) * old / new).astype(np.intp)
            for new, old in zip(self.size, pixels.shape, strict=True)
        )
        nearest = pixels[rows[:, None], columns]
        known = np.array(self.values)
        classes: Array = np.minimum(np.searchsorted(known, nearest), len(known) - 1)
        if (known[classes] != nearest).any():
            raise OSError(f"the mask {path} has a value that it did not have when the search started")
        return np.asarray(classes, np.uint8 if len(known) <= 256 else np.uint16)


def read_masks(folder: Folder, output: str, fact: OutputFact) -> tuple[MaskFiles, tuple[str, ...]]:
    """The masks of a folder, and the values of the classes as text; empty if they are class numbers.

    Raises DataError for files that are damaged or not masks, and for values that are not the output's classes.
    """
    modes = [header.mode for header in folder.headers]
    reading = _reading(folder, modes)
    each, faults = [], []
    for file, mode in zip(folder.files, modes, strict=True):
        found = _values(Path(folder.path) / file, mode, reading)
        if isinstance(found, str):
            faults.append((file, found))
        else:
            each.append((file, found))
    if faults:
        raise DataError([MaskKind(NOWHERE, folder.path, tuple(faults[:SHOWN]), len(faults))])
    if reading == "color" and all(_is_gray(value) for _, values in each for value in values):
        reading = "gray"
        each = [(file, frozenset(value & 255 for value in values)) for file, values in each]
    classes = _classes(folder, output, fact, reading, each)
    binary = fact.ending == "sigmoid"
    size = fact.shape[0], fact.shape[1]
    place = str(Path(folder.path).resolve())
    masks = MaskFiles(place, folder.files, size, reading, classes, binary, np.arange(len(folder.files)))
    named = classes != tuple(range(len(classes)))
    return masks, tuple(_text(value, reading) for value in classes) if named else ()


def unequal_sizes(photos: tuple[Folder, Ids | None], masks: tuple[Folder, Ids | None]) -> list[Diagnostic]:
    """A diagnostic if masks have another size than the photos with their ids; without ids, at their positions."""
    (left, photo_ids), (right, mask_ids) = photos, masks
    names: Sequence[object] = range(len(left.files))
    others: Sequence[object] = range(len(right.files))
    if photo_ids is not None and mask_ids is not None:
        names, others = names_of({"photos": photo_ids, "masks": mask_ids}).values()
    sizes = {name: header.size for name, header in zip(names, left.headers, strict=True)}
    found = [
        (file, sizes[name], header.size)
        for file, name, header in zip(right.files, others, right.headers, strict=True)
        if name in sizes and sizes[name] != header.size
    ]
    if not found:
        return []
    return [MaskSizes(NOWHERE, left.path, right.path, tuple(found[:SHOWN]), len(found), len(right.files))]


def _reading(folder: Folder, modes: Sequence[str]) -> Reading:
    """How values are read: by palette only if the numbers of colors mean the same in all files."""
    if all(mode == "P" for mode in modes):
        return "palette" if _is_one_palette(folder) else "color"
    return "color" if any(mode in _COLOR for mode in modes) else "gray"


def _is_one_palette(folder: Folder) -> bool:
    """Whether all files have the same palette, or at least the same number for each color that they use."""
    palettes: set[bytes] = set()
    colors: dict[int, bytes] = {}
    for file in folder.files:
        with open_image(Path(folder.path) / file) as image:
            palette = bytes(image.getpalette("RGB") or ())
            palettes.add(palette)
            for _, number in image.getcolors(MOST_VALUES) or ():
                color = palette[3 * number : 3 * number + 3]
                if colors.setdefault(number, color) != color:
                    return False
    return len(palettes) == 1 or len(set(colors.values())) == len(colors)


def _values(path: Path, mode: str, reading: Reading) -> frozenset[int] | str:
    """The distinct values of a mask, or why it is not a mask."""
    if mode not in _GRAY and mode not in _COLOR:
        return f"its values are of the kind {mode}"
    try:
        with open_image(path) as image:
            if mode in ("LA", "RGBA") and len(image.getchannel("A").getcolors(256) or ()) > 1:
                return "parts of it are transparent"
            if reading == "gray" and mode.startswith("I"):
                found = np.unique(np.asarray(image))
                return frozenset(map(int, found)) if len(found) <= MOST_VALUES else _too_many()
            seen = _converted(image, reading).getcolors(MOST_VALUES)
    except Exception as error:  # as above
        return str(error) or type(error).__name__
    if seen is None:
        return _too_many()
    return frozenset(_packed(value) for _, value in seen)


def _too_many() -> str:
    return f"it has more than {MOST_VALUES:,} different values, as a photo has"


def _packed(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0] << 16 | value[1] << 8 | value[2]


def _converted(image: Any, reading: Reading) -> Any:
    """Pillow's image in the mode of a reading; 16-bit images do not change."""
    if reading == "palette" or image.mode.startswith("I"):
        return image
    return image.convert("L" if reading == "gray" else "RGB")


def _pixels(image: Any, reading: Reading) -> Array:
    """The values of an image, `[height, width]`."""
    values = np.asarray(_converted(image, reading))
    if reading != "color":
        return values.astype(np.int64)
    red, green, blue = np.moveaxis(values.astype(np.int64), -1, 0)
    return np.asarray(red << 16 | green << 8 | blue)


def _is_gray(color: int) -> bool:
    return color & 255 == color >> 8 & 255 == color >> 16


def _text(value: int, reading: Reading) -> str:
    return f"#{value:06x}" if reading == "color" else str(value)


def _classes(
    folder: Folder, output: str, fact: OutputFact, reading: Reading, each: Sequence[tuple[str, frozenset[int]]]
) -> tuple[int, ...]:
    """The value of each class of the output, in order. Raises DataError if the values do not fit."""
    values = frozenset[int]().union(*(found for _, found in each))
    count = fact.shape[-1] if fact.ending == "softmax" else 2
    if reading != "color" and values <= frozenset(range(count)):
        return tuple(range(count))
    if fact.ending == "sigmoid":
        if len(values | {0}) == 2:
            return tuple(sorted(values | {0}))
    elif len(values) == count:
        return tuple(sorted(values))
    unexpected = frozenset() if reading == "color" else frozenset(range(count))
    files = []
    for file, found in each:
        odd = sorted(found - unexpected)
        if odd:
            files.append((file, f"{len(odd)} of them" if len(odd) > 3 else ", ".join(_text(v, reading) for v in odd)))
    jpeg = any(file.lower().endswith((".jpg", ".jpeg")) for file, _ in files)
    shown = tuple(_text(value, reading) for value in sorted(values)[:8])
    allowed = f"class numbers from 0 to {count - 1}, or {count} values" if count > 2 or fact.ending == "softmax" else ""
    allowed = allowed or "0 and one other value"
    remedy = _remedy(values, count, fact, jpeg)
    raise DataError([MaskValues(NOWHERE, folder.path, output, allowed, shown, len(values), tuple(files[:3]), remedy)])


def _remedy(values: frozenset[int], count: int, fact: OutputFact, jpeg: bool) -> str:
    if jpeg:
        return "JPEG changes the values at edges: save masks as PNG"
    if IGNORED in values and values - {IGNORED} <= frozenset(range(count)):
        return (
            f"{IGNORED} often marks pixels without a class, which is not supported: give them a class of their own, or "
            "that of the background"
        )
    number = len(values)
    if fact.ending == "sigmoid":
        return f"save masks with 0 and 255, or end the output with `conv({number}, 1) -> softmax` for {number} classes"
    return f"give the output {number} classes, or save masks with the numbers of {count} classes"

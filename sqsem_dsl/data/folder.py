"""`images:DIR`: the images, classes and sets of a folder, and a check that all images can be read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from sqsem_dsl.data.errors import DataError, MissingDataPackage, UnreadableData
from sqsem_dsl.data.errors_files import DamagedImages, DeepGrey, ImageInput, NoImages, PartFolders, StrayImages
from sqsem_dsl.data.errors_sets import NoGroup
from sqsem_dsl.data.foreign_files import elsewhere
from sqsem_dsl.data.images import MODES
from sqsem_dsl.data.pillow import ENDINGS, open_image
from sqsem_dsl.diagnostics.source import NOWHERE

SETS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training"), "training"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""The set of each usual name of one, in lower case."""
FOLDER = "folder"
"""The name by which `--group` groups images by their folders below those of the classes."""
_LEFT_OVER = ("__MACOSX",)
"""Folders that programs leave behind."""
Size = tuple[int, int]
SHOWN = 5
"""The number of files that a message names if more have the same fault."""
_DEEP = {"I": "32-bit", "F": "32-bit", "I;16B": "big-endian 16-bit", "I;16L": "16-bit", "I;16N": "16-bit"}
"""Pillow's modes with more than 8 bits that Keras's loader cannot read, or would clip."""


@dataclass(frozen=True)
class Header:
    """What is known of an image before it is decoded."""

    mode: str = ""
    """The storage format of its values, by Pillow's name."""
    size: Size = (0, 0)
    """Width and height."""
    fault: str | None = None
    """Why it cannot be read."""


@dataclass(frozen=True)
class Folder:
    """The images of a folder, by their relative paths, in order."""

    path: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    """The direct subfolders, in order."""

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        """The header of each file. Every file is opened once: intact ones are not decoded. Raises DataError for damaged
        files: those that are not images, PNG with wrong checksums, and truncated JPEG.
        """
        if find_spec("PIL") is None:
            raise DataError(
                [MissingDataPackage(NOWHERE, f"images:{self.path}", "pillow", "pip install pillow", "are read with")]
            )
        headers = tuple(_header(Path(self.path) / file) for file in self.files)
        pairs = zip(self.files, headers, strict=True)
        damaged = [(file, header.fault) for file, header in pairs if header.fault is not None]
        if damaged:
            raise DataError([DamagedImages(NOWHERE, self.path, tuple(damaged[:SHOWN]), len(damaged))])
        return headers

    @property
    def sets(self) -> tuple[str, ...] | None:
        """The set of each file, if the subfolders are a training set and others: `train/`, `val/`, `test/`."""
        names = [SETS.get(folder.lower(), "") for folder in self.folders]
        if len(names) < 2 or len(set(names)) < len(names) or "training" not in names or "" in names:
            return None
        return tuple(SETS.get(file.split("/", 1)[0].lower(), "") if "/" in file else "" for file in self.files)

    @property
    def sorted_by_class(self) -> bool:
        """Whether subfolders may be classes: at least one image lies in one of them."""
        return any("/" in file for file in self.files)

    def classes(self, grouped: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the classes in order, as Keras numbers them, and the class of each file.

        The classes are the subfolders, or those of all sets (`sets`). Raises DataError for images outside of the
        folders, for folders without an image, and for folders that may be sets or classes: by their names, or because
        all contain the same folders, unless these are groups.
        """
        level = 1 if self.sets is not None else 0
        stray = tuple(file for file in self.files if file.count("/") <= level)
        if level and len(stray) == len(self.files):
            raise DataError([PartFolders(NOWHERE, self.path, self.folders)])
        if stray:
            raise DataError([StrayImages(NOWHERE, self.path, stray)])
        if level:
            each = tuple(file.split("/", 2)[1] for file in self.files)
            return tuple(sorted(set(each))), each
        if _are_parts(self.folders):
            raise DataError([PartFolders(NOWHERE, self.path, self.folders, self._shared)])
        each = tuple(file.split("/", 1)[0] for file in self.files)
        empty = tuple(name for name in self.folders if name not in set(each))
        if empty:
            links = tuple(name for name in empty if (Path(self.path) / name).is_symlink())
            raise DataError([NoImages(NOWHERE, self.path, ENDINGS, empty, links)])
        if self._shared and not grouped:
            raise DataError([PartFolders(NOWHERE, self.path, self.folders, self._shared)])
        return self.folders, each

    def groups(self, by_class: bool) -> tuple[str, ...]:
        """The group of each file: its folder below that of its class, or its first folder if folders are not classes.

        Raises DataError for files without such a folder.
        """
        level = (self.sets is not None) + by_class
        stray = tuple(file for file in self.files if file.count("/") <= level)
        if stray:
            raise DataError([NoGroup(NOWHERE, self.path, stray)])
        return tuple(file.split("/")[level] for file in self.files)

    @property
    def _shared(self) -> tuple[str, ...]:
        """The folders with images that each of several folders contains; empty if they contain different ones."""
        inner: dict[str, set[str]] = {name: set() for name in self.folders}
        for file in self.files:
            name, _, rest = file.partition("/")
            inner.setdefault(name, set()).add(rest.split("/", 1)[0] if "/" in rest else "")
        first, *others = inner.values()
        alike = others and "" not in first and all(other == first for other in others)
        return tuple(sorted(first)) if alike else ()


def _are_parts(folders: tuple[str, ...]) -> bool:
    """Whether folders have the names of parts: all of them, or at least two, which is unlikely for classes."""
    named = sum(name.lower() in SETS for name in folders)
    return named > 0 and (named == len(folders) or named > 1)


def read_folder(path: str) -> Folder:
    """The images anywhere below a folder; links to folders are not followed. Raises DataError if it is not a folder, or
    has no images."""
    root = Path(path)
    if not path or not root.is_dir():
        reason = (
            "it does not name a folder"
            if not path
            else "it is a file, not a folder"
            if root.exists()
            else "no such folder"
        )
        remedy = elsewhere(path) or "name a folder of images: `images:DIR`"
        raise DataError([UnreadableData(NOWHERE, path, reason, remedy)])
    files: list[str] = []
    folders: tuple[str, ...] = ()
    for place, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in _LEFT_OVER)
        where = Path(place)
        if where == root:
            folders = tuple(inner)
        chosen = (name for name in names if name.lower().endswith(ENDINGS) and not name.startswith("."))
        files += [(where / name).relative_to(root).as_posix() for name in chosen]
    if not files:
        raise DataError([NoImages(NOWHERE, path, ENDINGS)])
    return Folder(path, tuple(sorted(files)), folders)


def image_size(folder: Folder, name: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The shape of an input, which must be an image input. Raises DataError."""
    match shape:
        case (height, width, channels) if channels in MODES:
            return height, width, channels
        case _:
            raise DataError([ImageInput(NOWHERE, folder.path, name, shape)])


def check_images(folder: Folder, name: str, channels: int) -> int:
    """The largest value that the images of an input or output can have: 255, or 65535 if one of them has 16 bits.

    Raises DataError for damaged files (`Folder.headers`), and for images of more than 8 bits that would lose precision.
    """
    deep: dict[str, list[str]] = {}
    largest = 255
    for file, header in zip(folder.files, folder.headers, strict=True):
        if header.mode == "I;16":
            largest = 65535
        if header.mode == "I;16" and channels > 1:
            deep.setdefault("16-bit grayscale", []).append(file)
        elif header.mode in _DEEP:
            deep.setdefault(_DEEP[header.mode], []).append(file)
    if deep:
        raise DataError(
            DeepGrey(NOWHERE, folder.path, files[0], kind, name, channels, len(files)) for kind, files in deep.items()
        )
    return largest


def _header(path: Path) -> Header:
    try:
        return _opened(path)
    except Exception as error:  # Pillow raises almost any exception for a damaged file
        return Header(fault=_reason(error))


def _opened(path: Path) -> Header:
    """Raises any exception of Pillow."""
    with open_image(path) as image:
        # Older versions of Pillow read PNG of 16 bits into 32.
        mode = "I;16" if image.mode == "I" and image.format == "PNG" else str(image.mode)
        size: Size = image.size
        jpeg, png = image.format == "JPEG", image.format == "PNG"
        image.verify()
    # Only PNG has checksums. Of the others, only decoding shows that a part is missing.
    if not png and not (jpeg and _has_end(path.read_bytes())):
        with open_image(path) as image:
            image.load()
    return Header(mode, size)


def _has_end(jpeg: bytes) -> bool:
    """Whether the end marker of the image follows its last scan. Markers cannot occur inside of scans."""
    return jpeg.rfind(b"\xff\xd9") > jpeg.rfind(b"\xff\xda")


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    match error:
        case UnidentifiedImageError():
            return "it is not an image"
        case OSError(strerror=str() as reason):
            return reason.lower()
        case _:
            return next(iter(str(error).strip().splitlines()), type(error).__name__)


def stem(name: str) -> str:
    """The name of a file without folders and the image ending; an id that is not a file name is unchanged."""
    return PurePosixPath(without_ending(name)).name or name


def without_ending(name: str) -> str:
    """A path without its image ending.

    >>> without_ending("happy/0001.PNG"), without_ending("3.5")
    ('happy/0001', '3.5')
    """
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]

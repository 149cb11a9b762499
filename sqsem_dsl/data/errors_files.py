"""What can be wrong in files of images, in tables, and with data that are fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, listing


@dataclass(frozen=True)
class NoImages(Diagnostic):
    """A folder, or some folders of classes, without an image."""

    code: ClassVar[str] = "SQS731"
    folder: str
    endings: tuple[str, ...]
    empty: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        if self.empty:
            return f"`{self.folder}` has folders without an image: {listing(self.empty)}"
        return f"`{self.folder}` has no images"

    @property
    def help(self) -> str:
        return f"images are files that end in {', '.join(self.endings)}; hidden ones do not count"


@dataclass(frozen=True)
class StrayImages(Diagnostic):
    """Images beside the folders of the classes."""

    code: ClassVar[str] = "SQS732"
    folder: str
    files: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`{self.folder}` has images beside the folders of its classes: {listing(self.files, 4)}"

    @property
    def help(self) -> str:
        return "move each into the folder of its class"


@dataclass(frozen=True)
class PartFolders(Diagnostic):
    """Folders where those of the classes should be, that are the parts of a split or hold the same folders."""

    code: ClassVar[str] = "SQS742"
    folder: str
    folders: tuple[str, ...]
    inner: tuple[str, ...] = ()
    """The folders that all of them hold."""

    @property
    def title(self) -> str:
        what = (
            f"all hold the folders {listing(self.inner, 6)}"
            if self.inner
            else "have the names of parts, not of classes"
        )
        return f"the folders of `{self.folder}` {what}: {listing(self.folders, 8)}"

    @property
    def help(self) -> str:
        classes = ", ".join(f"`{self.folder}/{name}`" for name in self.inner[:2]) or f"`{self.folder}/CLASS`"
        return (
            "put the images of each class into one folder, those of all parts together: "
            f"{classes}; validation and test are divided from them (`--seed`)"
        )


@dataclass(frozen=True)
class DamagedImages(Diagnostic):
    """Files with the ending of an image that cannot be read as one."""

    code: ClassVar[str] = "SQS733"
    folder: str
    faults: tuple[tuple[str, str], ...]
    """The first few files, with what is wrong."""
    count: int

    @property
    def title(self) -> str:
        files = "files that are no images" if self.count != 1 else "a file that is no image"
        return f"`{self.folder}` has {f'{self.count} ' if self.count != 1 else ''}{files}, or damaged"

    @property
    def help(self) -> str:
        return "replace or remove them" if self.count != 1 else "replace or remove it"

    @property
    def note(self) -> str:
        shown = "; ".join(f"`{name}`: {reason}" for name, reason in self.faults)
        more = self.count - len(self.faults)
        return shown + (f"; … ({more} more)" if more else "")


@dataclass(frozen=True)
class ImageInput(Diagnostic):
    """An input that images cannot fill."""

    code: ClassVar[str] = "SQS734"
    folder: str
    name: str
    shape: tuple[int, ...]

    @property
    def title(self) -> str:
        return f"`{self.folder}` has images, but the input `{self.name}` has the shape {list(self.shape)}"

    @property
    def help(self) -> str:
        return "an input for images is [height, width, channels], with 1 channel (grey), 3 (RGB) or 4 (RGBA)"


@dataclass(frozen=True)
class DeepGrey(Diagnostic):
    """An image with more than 8 bits a value where that cannot be taken."""

    code: ClassVar[str] = "SQS735"
    folder: str
    file: str
    mode: str
    name: str
    channels: int
    count: int

    @property
    def title(self) -> str:
        where = f"the {self.channels} channels of `{self.name}`" if self.channels > 1 else f"`{self.name}`"
        return f"`{self.folder}` has {self.mode} images, such as `{self.file}`, which do not fit {where}"

    @property
    def help(self) -> str:
        if self.mode == "16-bit grey":
            return f"16 bits come in one channel: declare `{self.name}` with 1, or save the images with 8 bits"
        return "save them as PNG with 8 or 16 bits, or give the values as an `.npz` file"

    @property
    def note(self) -> str | None:
        return f"there are {self.count} of them" if self.count > 1 else None


@dataclass(frozen=True)
class UnreadableTable(Diagnostic):
    """A CSV file that cannot be read as a table at all."""

    code: ClassVar[str] = "SQS736"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot read `{self.path}`: {self.reason}"

    @property
    def help(self) -> str:
        return "a table is UTF-8 text: a line with the names of the columns, then a line for each sample"


@dataclass(frozen=True)
class BadLines(Diagnostic):
    """Lines of a table that cannot be used."""

    code: ClassVar[str] = "SQS737"
    path: str
    faults: tuple[tuple[int, str], ...]
    """The first few lines, with what is wrong."""
    count: int
    remedy: str = (
        "every value is a finite number, but for the ids (the column `id`, else the first of text) and the labels"
    )

    @property
    def title(self) -> str:
        line, reason = self.faults[0]
        return f"`{self.path}`, line {line}: {reason}"

    @property
    def help(self) -> str:
        return self.remedy

    @property
    def note(self) -> str | None:
        if self.count == 1:
            return None
        shown = "; ".join(f"line {line}: {reason}" for line, reason in self.faults[1:])
        more = self.count - len(self.faults)
        return shown + (f"; … ({more} more)" if more else "")


@dataclass(frozen=True)
class TextColumn(Diagnostic):
    """A column of text that is neither named nor fit to be the ids: its values come again."""

    code: ClassVar[str] = "SQS743"
    path: str
    column: str
    values: tuple[str, ...]
    repeated: str
    lines: tuple[int, ...]
    """Some of those where it is found."""

    @property
    def title(self) -> str:
        lines = ", ".join(map(str, self.lines))
        return (
            f"the column `{self.column}` of `{self.path}` holds text that repeats: `{self.repeated}` is in line {lines}"
        )

    @property
    def help(self) -> str:
        return (
            f"an input takes numbers: write `{self.column}` as numbers, or as a column of 0 and 1 for each of its "
            "values; ids, of which none comes twice, are the column `id`, else the first of text"
        )

    @property
    def note(self) -> str:
        return f"its values are {listing(self.values, 6)}"


@dataclass(frozen=True)
class ColumnCount(Diagnostic):
    """More or fewer columns than a shape has values."""

    code: ClassVar[str] = "SQS738"
    path: str
    role: str
    name: str
    shape: tuple[int, ...]
    needed: int
    columns: tuple[str, ...]
    ids: str | None = None
    """The column that is taken for the ids, where it does not say so by its name."""

    @property
    def title(self) -> str:
        found = f"{len(self.columns)} column" + ("s" if len(self.columns) != 1 else "")
        return (
            f"`{self.path}` has {found} for the {self.role} `{self.name}`, but its shape {list(self.shape)} "
            f"needs {self.needed}"
        )

    @property
    def help(self) -> str:
        return (
            f"columns of `{self.name}` alone are named `{self.name}.…`; a column of ids is named `id`, "
            "one of labels like the output"
        )

    @property
    def note(self) -> str | None:
        said = [f"they are {listing(self.columns, 8)}"] if self.columns else []
        said += [f"the column of text `{self.ids}` is taken for the ids"] if self.ids else []
        return "; ".join(said) or None


@dataclass(frozen=True)
class SharedColumns(Diagnostic):
    """A table for several inputs that does not say which column is whose."""

    code: ClassVar[str] = "SQS739"
    path: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`{self.path}` does not say which columns are those of {listing(self.names)}"

    @property
    def help(self) -> str:
        shown = ", ".join(f"`{name}.…`" for name in self.names)
        return f"begin the names of the columns with those of the inputs: {shown}"


@dataclass(frozen=True)
class OtherImages(Diagnostic):
    """A known data set whose images have another shape than the input."""

    code: ClassVar[str] = "SQS740"
    data: str
    offered: tuple[int, ...]
    name: str
    shape: tuple[int, ...]

    @property
    def title(self) -> str:
        return (
            f"`{self.data}` has images of shape {list(self.offered)}, but the input `{self.name}` is {list(self.shape)}"
        )

    @property
    def help(self) -> str:
        return (
            f"declare `input {self.name}: {list(self.offered)}`; where constants make the shape, set them with "
            f"`--define`, as in `--define size={self.offered[0]}`"
        )


@dataclass(frozen=True)
class NotFetched(Diagnostic):
    """A known data set that is neither on the disk nor can be had."""

    code: ClassVar[str] = "SQS741"
    data: str
    reason: str
    places: tuple[tuple[str, str], ...]
    """Each file's address, and the path where Keras looks for it."""

    @property
    def title(self) -> str:
        return f"the data `{self.data}` are not on this machine and cannot be fetched: {self.reason}"

    @property
    def help(self) -> str:
        return "; ".join(f"put {address} there as `{path}`" for address, path in self.places)

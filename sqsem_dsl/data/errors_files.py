"""Errors in image files, in tables, and in downloaded data."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing
from sqsem_dsl.operators.row import WholeShape


class NoImages(Diagnostic, code="SQS731"):
    """A folder, or some class folders, without an image."""

    folder: str
    endings: tuple[str, ...]
    empty: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Those of the empty ones that are links to folders."""

    @property
    def help(self) -> str:
        if self.links:
            folders = listing(self.links)
            return f"links to folders are not followed: put a copy in the place of {folders}, or link each image"
        files = f"images are files that end in {', '.join(self.endings)}; hidden files are ignored"
        return f"remove these folders, or put images into them; {files}" if self.empty else files

    @property
    def title(self) -> str:
        if self.empty:
            return f"`{self.folder}` has folders without an image: {listing(self.empty)}"
        return f"`{self.folder}` has no images"


class StrayImages(Diagnostic, code="SQS732"):
    """Images next to the class folders."""

    folder: str
    files: tuple[str, ...]

    title = "`{folder}` has images next to the folders of its classes: {files:names 4}"
    help = "move each into the folder of its class"


class PartFolders(Diagnostic, code="SQS742"):
    """Folders that may be sets or classes: some have the names of sets, or all contain the same folders."""

    folder: str
    folders: tuple[str, ...]
    inner: tuple[str, ...] = ()
    """The folders that all of them contain."""

    @property
    def title(self) -> str:
        what = (
            f"all contain the folders {listing(self.inner, 6)}"
            if self.inner
            else "have the names of sets, not of classes"
        )
        return f"the folders of `{self.folder}` {what}: {listing(self.folders, 8)}"

    @property
    def help(self) -> str:
        if self.inner:
            first = f"{self.folder}/{self.inner[0]}"
            return (
                "sets are folders called `train`, `val` and `test`; otherwise put all images of a class into one "
                f"folder: `{first}` (`{first}/{self.folders[0]}/…` with `--group folder` keeps these folders together)"
            )
        return (
            "sets are `train` and `val`, `test` or both, each with a folder for every class: "
            f"`{self.folder}/train/CLASS`; otherwise put all images of a class into one folder: `{self.folder}/CLASS`"
        )


class DamagedImages(Diagnostic, code="SQS733"):
    """Files with an image ending that cannot be read as an image."""

    folder: str
    faults: tuple[tuple[str, str], ...]
    """The first few files, with their faults."""
    count: int

    @property
    def title(self) -> str:
        files = (
            "files that are not images or are damaged"
            if self.count != 1
            else "a file that is not an image or is damaged"
        )
        return f"`{self.folder}` has {f'{self.count} ' if self.count != 1 else ''}{files}"

    @property
    def help(self) -> str:
        return "replace or remove them" if self.count != 1 else "replace or remove it"

    @property
    def note(self) -> str:
        shown = "; ".join(f"`{name}`: {reason}" for name, reason in self.faults)
        more = self.count - len(self.faults)
        return shown + (f"; … ({more} more)" if more else "")


class ImageInput(Diagnostic, code="SQS734"):
    """An input that images cannot fill."""

    folder: str
    name: str
    shape: tuple[int, ...]

    title = "`{folder}` has images, but the input `{name}` has the shape {shape:shape}"
    help = "an input for images is [height, width, channels], with 1 channel (grayscale), 3 (RGB) or 4 (RGBA)"


class DeepGrey(Diagnostic, code="SQS735"):
    """An image with more than 8 bits per value where that is not supported."""

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
        if self.mode == "16-bit grayscale":
            return f"16-bit images have one channel: declare `{self.name}` with 1, or save the images with 8 bits"
        return "save them as PNG with 8 or 16 bits, or provide the values as an `.npz` file"

    @property
    def note(self) -> str | None:
        return f"there are {self.count} of them" if self.count > 1 else None


class UnreadableTable(Diagnostic, code="SQS736"):
    """A CSV file that cannot be read as a table."""

    path: str
    reason: str
    remedy: str = "CSV files must be UTF-8 with a header row, then one row per sample"

    title = "cannot read `{path}`: {reason}"
    help = "{remedy}"


class BadLines(Diagnostic, code="SQS737"):
    """Lines of a table that cannot be used."""

    path: str
    faults: tuple[tuple[int, str], ...]
    """The first few lines, with their faults."""
    count: int
    remedy: str = (
        "a column of numbers has finite numbers, and is empty where one is missing; columns that also hold text can be "
        "categories: `--categories NAME`"
    )

    help = "{remedy}"

    @property
    def title(self) -> str:
        line, reason = self.faults[0]
        return f"`{self.path}`, line {line}: {reason}"

    @property
    def note(self) -> str | None:
        if self.count == 1:
            return None
        shown = "; ".join(f"line {line}: {reason}" for line, reason in self.faults[1:])
        more = self.count - len(self.faults)
        return shown + (f"; … ({more} more)" if more else "")


class ColumnCount(Diagnostic, code="SQS738"):
    """A number of columns that differs from the number of values in a shape."""

    path: str
    role: str
    name: str
    shape: tuple[int, ...]
    needed: int
    columns: tuple[str, ...]
    ids: str | None = None
    """The text column that is used as ids, unless it is called `id`."""
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    @property
    def help(self) -> str:
        name, count = self.name, len(self.columns)
        if self.trained and self.role == "input":
            return f"give the table the columns of `{name}` in the data of the search"
        if self.role == "input" and len(self.shape) == 1 and count:
            below = f" below {self.shape.below}" if isinstance(self.shape, WholeShape) else ""
            return f"declare `input {name}: [{count}]{below}`, or choose columns with `--columns` or `--drop`"
        return (
            f"name the columns of `{name}` alone `{name}.…`, a column of ids `id`, and those of labels like the output"
        )

    @property
    def title(self) -> str:
        found = f"{len(self.columns)} column" + ("s" if len(self.columns) != 1 else "")
        return (
            f"`{self.path}` has {found} for the {self.role} `{self.name}`, but its shape {list(self.shape)} "
            f"needs {self.needed}"
        )

    @property
    def note(self) -> str | None:
        said = [f"they are {listing(self.columns, 8)}"] if self.columns else []
        said += [f"the text column `{self.ids}` is used as ids"] if self.ids else []
        return "; ".join(said) or None


class SharedColumns(Diagnostic, code="SQS739"):
    """A table for several inputs that does not assign its columns to them."""

    path: str
    names: tuple[str, ...]

    title = "`{path}` does not show which columns belong to {names:names}"

    @property
    def help(self) -> str:
        shown = ", ".join(f"`{name}.…`" for name in self.names)
        return f"start the names of the columns with those of the inputs: {shown}"


class OtherImages(Diagnostic, code="SQS740"):
    """A known data set whose images have another shape than the input."""

    data: str
    offered: tuple[int, ...]
    name: str
    shape: tuple[int, ...]
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    title = "`{data}` has images of shape {offered:shape}, but the input `{name}` is {shape:shape}"

    @property
    def help(self) -> str:
        if self.trained:
            return f"name data with images of shape {list(self.shape)}: the model takes no others"
        return (
            f"declare `input {self.name}: {list(self.offered)}`; if constants define the shape, set them with "
            f"`--define`, as in `--define size={self.offered[0]}`"
        )


class NotFetched(Diagnostic, code="SQS741"):
    """A known data set that is neither on disk nor available for download."""

    data: str
    reason: str
    places: tuple[tuple[str, str], ...]
    """Each file's address, and the path where Keras looks for it."""

    title = "the data `{data}` are not on this machine and cannot be downloaded: {reason}"

    @property
    def help(self) -> str:
        return "; ".join(f"download {address} to `{path}`" for address, path in self.places)

"""Errors in folders of masks and of other images for outputs."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class MaskValues(Diagnostic, code="SQS911"):
    """Masks whose values are not the classes of their output."""

    folder: str
    output: str
    allowed: str
    values: tuple[str, ...]
    """Distinct values, or the first of them."""
    count: int
    """The number of distinct values."""
    files: tuple[tuple[str, str], ...]
    """The first few files with an unexpected value, and such a value."""
    remedy: str

    title = "the masks in `{folder}` do not fit the output `{output}`: they have {found}, but need {allowed}"
    help = "{remedy}"

    @property
    def found(self) -> str:
        more = ", …" if self.count > len(self.values) else ""
        counted = f"{self.count} values" if self.count != 1 else "the value"
        return f"{counted} ({', '.join(self.values)}{more})" if self.count != 1 else f"{counted} {self.values[0]}"

    @property
    def note(self) -> str | None:
        if not self.files:
            return None
        return "; ".join(f"`{name}` has {value}" for name, value in self.files)


class MaskKind(Diagnostic, code="SQS912"):
    """Files that are images, but whose values cannot be classes."""

    folder: str
    faults: tuple[tuple[str, str], ...]
    """The first few files, with the reasons."""
    count: int

    help = "save masks as PNG, with one value for each class: gray levels, numbers of a palette, or colors"

    @property
    def title(self) -> str:
        files = f"{self.count} files that are not masks" if self.count != 1 else "a file that is not a mask"
        return f"`{self.folder}` has {files}"

    @property
    def note(self) -> str:
        shown = "; ".join(f"`{name}`: {reason}" for name, reason in self.faults)
        more = self.count - len(self.faults)
        return shown + (f"; … ({more} more)" if more else "")


class MaskSizes(Diagnostic, code="SQS913"):
    """Photos and masks of different sizes."""

    photos: str
    masks: str
    pairs: tuple[tuple[str, tuple[int, int], tuple[int, int]], ...]
    """The first few masks: the file, the size of the photo, and that of the mask, as width and height."""
    count: int
    total: int

    title = "{count} of the {total} masks in `{masks}` differ in size from their photos in `{photos}`"
    help = "save each mask at the size of its photo; both are then resized to the shapes of the input and the output"

    @property
    def note(self) -> str:
        shown = "; ".join(f"`{name}` is {_size(mask)}, its photo {_size(photo)}" for name, photo, mask in self.pairs)
        more = self.count - len(self.pairs)
        return shown + (f"; … ({more} more)" if more else "")


class OutputImage(Diagnostic, code="SQS914"):
    """An output that images cannot fill."""

    folder: str
    name: str
    shape: tuple[int, ...]
    ending: str | None
    remedy: str

    title = "`{folder}` has images, but the output `{name}` has the shape {shape:shape}{ends}"
    help = "{remedy}"

    @property
    def ends(self) -> str:
        return f" and ends with `{self.ending}`" if self.ending else ""


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"

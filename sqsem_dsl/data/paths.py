"""`csv:FILE` with a column of paths: images that a table lists, one for each row.

A table may come from someone else, and must not make this program read any file: only images in the table's own folder
or below it are read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from sqsem_dsl.data.csv_file import csv_rows, opened_csv
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import BadLines
from sqsem_dsl.data.folder import Folder
from sqsem_dsl.data.pillow import ENDINGS
from sqsem_dsl.data.table import ID, SHOWN, owned
from sqsem_dsl.diagnostics.source import NOWHERE

REMEDY = (
    "a path is that of an image, relative to the folder of the table; for images elsewhere give their folder, "
    "`{name}=images:DIR`, and the table for the labels, with a column `id` that has the names of the files"
)


@dataclass(frozen=True)
class Listing:
    """The images of a table by input or output, and its columns."""

    images: Mapping[str, Folder]
    """Their files are in the order of the rows."""
    used: tuple[str, ...]
    """The columns of paths."""
    columns: tuple[str, ...]
    """All columns."""


def read_listing(path: str, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, tuple[int, ...]]) -> Listing:
    """The images that a table lists for these inputs and outputs, all of which images can fill; none if it has no
    column of paths, or cannot be read as a table.

    A column holds paths if its first value has the ending of an image. It belongs to the input or output of its name;
    a single one also to an input without columns of its own, unless numbers of the table can fill that input. Raises
    DataError, with line numbers, for paths outside of the table's folder and for missing files.
    """
    header, rows = table_rows(path)
    if not rows or not (inputs or outputs):
        return Listing({}, (), tuple(header))
    like = [name for name, value in zip(header, rows[0][1], strict=False) if _is_image(value)]
    columns = {name: name for name in (*inputs, *outputs) if name in like}
    free = [name for name in like if name not in columns]
    for name, shape in inputs.items():
        if len(free) == 1 and name not in columns and not owned(header, name) and len(header) <= prod(shape):
            columns[name] = free[0]
    faults: dict[int, str] = {}
    images = {}
    for name, column in columns.items():
        files = _files(path, column, [(line, row[header.index(column)]) for line, row in rows], faults)
        images[name] = Folder(str(Path(path).parent), files, ())
    if faults:
        shown = tuple(sorted(faults.items()))
        remedy = REMEDY.format(name=next(iter(columns)))
        raise DataError([BadLines(NOWHERE, path, shown[:SHOWN], len(shown), remedy)])
    return Listing(images, tuple(dict.fromkeys(columns.values())), tuple(header))


def unused_columns(listing: Listing, outputs: Sequence[str]) -> tuple[str, ...]:
    """The columns of neither paths, ids nor labels."""
    labels = {column for output in outputs for column in owned(listing.columns, output)}
    kept = (name for name in listing.columns if name not in listing.used and name.lower() != ID)
    return tuple(name for name in kept if name not in labels)


def table_rows(path: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows of its length with their lines; empty for files that `read_table` rejects."""
    try:
        with opened_csv(path) as file:
            rows = csv_rows(file)
            header = [name.strip() for name in next(rows, (0, []))[1]]
            return header, [(line, row) for line, row in rows if len(row) == len(header)]
    except DataError:
        return [], []


def _is_image(value: str) -> bool:
    return value.strip().lower().endswith(ENDINGS)


def _files(path: str, column: str, values: Sequence[tuple[int, str]], faults: dict[int, str]) -> tuple[str, ...]:
    """The paths of a column, relative to the folder of the table. Faults are added by line."""
    root = Path(path).parent
    resolved = root.resolve()
    inside: dict[Path, bool] = {}
    files = []
    for line, value in values:
        name = value.strip().replace("\\", "/")
        file = root / name
        if file.parent not in inside:
            # A link to a file is followed, as in a folder of images; a link to a folder elsewhere is not.
            inside[file.parent] = file.parent.resolve().is_relative_to(resolved)
        if not _is_image(name):
            faults[line] = f"`{value.strip()[:60]}` in the column `{column}` is not the path of an image"
        elif not inside[file.parent]:
            faults[line] = f"`{name[:60]}` in the column `{column}` is outside of the folder of the table"
        elif not file.is_file():
            faults[line] = f"there is no file `{name[:60]}`, which the column `{column}` names"
        files.append(os.path.relpath(file, root) if Path(name).is_absolute() else name)
    return tuple(files)

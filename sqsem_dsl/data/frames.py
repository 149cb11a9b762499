"""Data frames (pandas, polars) as tables: the columns mean what they mean in a CSV file.

A frame is written as the text of such a file and read like one, so that one piece of code decides about ids, labels,
categories and missing values. Line numbers in messages are those of `frame.to_csv(index=False)`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from math import prod
from typing import Any

import numpy as np

from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.csv_file import csv_rows
from sqsem_dsl.data.dataset import Array, Held
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import UnknownForm
from sqsem_dsl.data.errors_sources import NoLabels
from sqsem_dsl.data.named import check_columns, tried
from sqsem_dsl.data.pillow import ENDINGS
from sqsem_dsl.data.plain_arrays import is_missing
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.table import ID, Table, parse_table
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def is_frame(value: object) -> bool:
    """Whether an object is a data frame: it has named columns."""
    return hasattr(value, "to_numpy") and hasattr(value, "columns") and hasattr(value, "__getitem__")


def column_names(frame: Any) -> tuple[str, ...]:
    """The names of the columns of a data frame."""
    return tuple(str(name).strip() for name in frame.columns)


@dataclass(frozen=True, eq=False)
class FrameContents:
    """What a frame holds for the inputs and outputs."""

    arrays: dict[str, Held]
    classes: dict[str, tuple[str, ...]]
    """The names of the classes of outputs whose labels are text."""
    columns: dict[str, Columns]
    """The columns of the inputs."""
    weights: Array | None
    ids: tuple[str, ...] | None
    """The ids of the samples, if a column has them."""
    label_columns: dict[str, tuple[str, ...]]
    """The columns of the labels, by output."""


def read_frame(
    frame: Any,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    argument: str,
    options: TableOptions | None = None,
    known: Mapping[str, Columns] | None = None,
    aside: tuple[str, ...] = (),
    classes: Mapping[str, tuple[str, ...]] | None = None,
) -> FrameContents:
    """The contents of a frame for the inputs and outputs.

    The columns named like outputs are the labels, the others are the values of the inputs, as in `csv:FILE`; the index
    is not used, nor are the columns `aside`. `known` and `classes` are the columns and class names of other data, with
    which these are encoded alike.
    Raises DataError with all problems.
    """
    options = options or TableOptions()
    table = table_of(frame, argument, options)
    opened = Opened(
        argument, table, inputs, outputs, (*inputs, *outputs), aside=aside, weight=options.weight, known=known or {}
    )
    if known is None:
        check_columns([opened], options)
    found: list[Diagnostic] = []
    ids = tried(found, opened.ids)
    contents = FrameContents({}, {}, {}, opened.weights(), None if ids is None else ids.paths, {})
    for name in (*inputs, *outputs):
        try:
            if name in inputs:
                _check_paths(table, argument, name, inputs[name])
                given = opened.input(name)
                contents.arrays[name] = given.held
                if given.columns is not None:
                    contents.columns[name] = given.columns
                continue
            claim = opened.claim(name, (classes or {}).get(name, ()))
            if claim is None:
                raise DataError([NoLabels(NOWHERE, name, (argument,), table.header)])
            contents.arrays[name] = claim.values
            if claim.classes:
                contents.classes[name] = claim.classes
            if claim.columns:
                contents.label_columns[name] = claim.columns
        except DataError as error:
            found += error.diagnostics
    if found:
        raise DataError(found)
    return contents


def plain_columns(
    frame: Any, shape: tuple[int, ...], options: TableOptions, known: Columns | None
) -> tuple[Array, Columns] | None:
    """The samples of an input from a frame of finite numbers, and its columns, as `read_frame` gives them but without
    writing the numbers as text; None for any other frame."""
    names = column_names(frame)
    dtypes = [getattr(frame[column], "dtype", None) for column in frame.columns]
    if options.to_plain() or len({*names}) < len(names) or ID in map(str.lower, names) or len(names) != prod(shape):
        return None
    if not all(isinstance(dtype, np.dtype) and dtype.kind in "uif" for dtype in dtypes):
        return None
    columns = Columns(tuple(map(Column, names)))
    order = list(range(len(names)))
    if known is not None:
        if not known.plain or {*known.names} != {*names}:
            return None
        columns, order = known, [names.index(name) for name in known.names]
    array = np.asarray(frame)[:, order].astype(np.float32)
    return (array.reshape(len(array), *shape), columns) if np.isfinite(array).all() else None


def _check_paths(table: Table, argument: str, name: str, shape: tuple[int, ...]) -> None:
    """Raises DataError for a column of paths of images, which only files list."""
    first = next(iter(table.columns[name]), "") if name in table.columns else ""
    if len(shape) == 3 and str(first).strip().lower().endswith(ENDINGS):
        remedy = (
            "save it beside the images, with paths relative to its folder, `frame.to_csv(FILE, index=False)`, and give "
            "`csv:FILE` as the data"
        )
        reason = f"its column `{name}` has paths of images, which are not read from a frame"
        raise DataError([UnknownForm(NOWHERE, argument, reason, remedy)])


def table_of(frame: Any, argument: str, options: TableOptions) -> Table:
    """The table of a frame, whose columns may have any names. Raises DataError for columns without a name of their own,
    and for values that are neither numbers nor text."""
    names = column_names(frame)
    _check_names(argument, names)
    found: list[Diagnostic] = []
    columns = []
    for name, column in zip(names, frame.columns, strict=True):
        values = [] if name in options.drop else _texts(np.asarray(frame[column]))
        several = next((value for value in values if _is_several(value)), None)
        if several is not None:
            found.append(_holds_several(argument, name, several))
        columns.append(values if values else [None] * len(frame))
    if found:
        raise DataError(found)
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    text.seek(0)
    return parse_table(argument, csv_rows(text, ","), options, numbers=True)


def _check_names(argument: str, names: tuple[str, ...]) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    reason = None
    if not names:
        reason = "it has no columns"
    elif "" in names:
        reason = f"its column {names.index('') + 1} has no name"
    elif repeated is not None:
        reason = f"two of its columns are named `{repeated}`"
    if reason is not None:
        remedy = "give each column a name of its own: `frame.columns = […]`"
        raise DataError([UnknownForm(NOWHERE, argument, reason, remedy)])


def _is_several(value: object) -> bool:
    """Whether a value of a column is a list, an array or an image."""
    return isinstance(value, list | tuple | set | dict) or hasattr(value, "__array_interface__")


def _holds_several(argument: str, name: str, value: object) -> UnknownForm:
    reason = f"its column `{name}` holds values of type `{type(value).__name__}`"
    remedy = (
        f"give it as an array, for an input of its own: `{{{name!r}: numpy.stack(list(frame[{name!r}])), …}}`, "
        "or drop the column"
    )
    return UnknownForm(NOWHERE, argument, reason, remedy)


def _texts(column: Any) -> list[object]:
    """The values of a column as they are written: dates as text, missing values as nothing."""
    if column.dtype.kind in "mM":
        return [None if value == "NaT" else value for value in column.astype(str).tolist()]
    values: list[object] = column.tolist()
    if column.dtype.kind in "iub":
        return values
    return [_written(value) for value in values]


def _written(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return None if is_missing(value) else value

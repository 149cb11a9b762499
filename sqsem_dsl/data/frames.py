"""Data frames (pandas, polars) as tables: the columns mean what they mean in a CSV file.

A frame is written as the text of such a file and read like one, so that one piece of code decides about ids, labels,
categories and missing values. Line numbers in messages are those of `frame.to_csv(index=False)`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np

from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.csv_file import csv_rows
from sqsem_dsl.data.dataset import Array, Held
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sources import NoLabels
from sqsem_dsl.data.named import check_columns, tried
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.table import Table, parse_table
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def is_frame(value: object) -> bool:
    """Whether an object is a data frame: it has named columns."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy") and hasattr(value, "__getitem__")


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
                given = opened.input(name)
                contents.arrays[name] = given.held
                if given.columns is not None:
                    contents.columns[name] = given.columns
                continue
            claim = opened.claim(name, (classes or {}).get(name, ()))
            if claim is None:
                raise DataError([NoLabels(NOWHERE, name, (argument,))])
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


def table_of(frame: Any, argument: str, options: TableOptions) -> Table:
    """The table of a frame. Raises DataError as for a CSV file."""
    names = [str(name) for name in frame.columns]
    columns = [_texts(np.asarray(frame[name])) for name in frame.columns] if len(set(names)) == len(names) else []
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    text.seek(0)
    return parse_table(argument, csv_rows(text, ","), options)


def _texts(column: Any) -> list[object]:
    """The values of a column as they are written: dates as text, missing values as nothing."""
    if column.dtype.kind in "mM":
        return [None if value == "NaT" else value for value in column.astype(str).tolist()]
    values: list[object] = column.tolist()
    if column.dtype.kind in "iub":
        return values
    return [None if is_missing(value) else value for value in values]


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, `pandas.NA` or `pandas.NaT`: none of them is equal to itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return bool(value != value)

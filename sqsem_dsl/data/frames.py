"""Data frames (pandas, polars) as tables: the columns mean what they mean in a CSV file.

A frame is written as the text of such a file and read like one, so that one piece of code decides about ids, labels,
categories and missing values. Line numbers in messages are those of `frame.to_csv(index=False)`.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from io import StringIO
from typing import Any

import numpy as np

from sqsem_dsl.data.dataset import Held
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sources import NoLabels
from sqsem_dsl.data.labels import class_units
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.table import Table, parse_table
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def is_frame(value: object) -> bool:
    """Whether an object is a data frame: it has named columns."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy") and hasattr(value, "__getitem__")


def frame_arrays(
    frame: Any, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact], argument: str
) -> tuple[dict[str, Held], dict[str, tuple[str, ...]]]:
    """The arrays of a frame for the inputs and outputs, and the names of the classes of outputs whose labels are text.

    The columns named like outputs are the labels, the others are the values of the inputs, as in `csv:FILE`; the index
    is not used. Raises DataError with all problems.
    """
    labels = tuple(name for name, fact in outputs.items() if class_units(fact) is not None)
    opened = Opened(argument, table_of(frame, labels, argument), inputs, outputs, (*inputs, *outputs))
    arrays: dict[str, Held] = {}
    classes: dict[str, tuple[str, ...]] = {}
    found: list[Diagnostic] = []
    for name in (*inputs, *outputs):
        try:
            if name in inputs:
                arrays[name] = opened.input(name)
                continue
            claim = opened.claim(name)
            if claim is None:
                raise DataError([NoLabels(NOWHERE, name, (argument,))])
            arrays[name] = claim.values
            if claim.classes:
                classes[name] = claim.classes
        except DataError as error:
            found += error.diagnostics
    if found:
        raise DataError(found)
    return arrays, classes


def table_of(frame: Any, labels: Collection[str], argument: str) -> Table:
    """The table of a frame. Raises DataError as for a CSV file."""
    names = [str(name) for name in frame.columns]
    columns = [_texts(np.asarray(frame[name])) for name in frame.columns] if len(set(names)) == len(names) else []
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    text.seek(0)
    return parse_table(argument, text, labels)


def _texts(column: Any) -> list[object]:
    """The values of a column as they are written: truth values as 0 and 1, missing values as nothing."""
    if column.dtype.kind == "b":
        column = column.astype(np.int8)
    values: list[object] = column.tolist()
    if column.dtype.kind in "iu":
        return values
    return [None if _is_missing(value) else int(value) if isinstance(value, bool) else value for value in values]


def _is_missing(value: object) -> bool:
    """Whether a value is None, NaN, `pandas.NA` or `pandas.NaT`: none of them is equal to itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return bool(value != value)

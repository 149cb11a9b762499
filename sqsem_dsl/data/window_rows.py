"""The rows of a table by series, and the arrays that windows over them give inputs and outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.column_kinds import is_text
from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.dataset import Array, Held, Indices
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import BadLines, SharedColumns
from sqsem_dsl.data.errors_windows import NoWindows, WindowShape
from sqsem_dsl.data.frames import is_frame, table_of
from sqsem_dsl.data.table import ID, SHOWN, Table, check_needed, owned, read_table
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class RowWindows:
    """Stretches of rows (`Samples`), `[length, columns]` or another form of it. Selections share the rows."""

    rows: NDArray[np.float32]
    """`[rows, columns]`"""
    form: Shape
    """The shape of a sample, of which the first axis is the number of rows."""
    starts: Indices

    @property
    def shape(self) -> Shape:
        return (len(self.starts), *self.form)

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, indices: Indices | slice) -> Array:
        starts = self.starts[indices]
        found: Array = self.rows[starts[:, None] + np.arange(self.form[0])]
        return found.reshape(len(starts), *self.form)

    def take(self, indices: Indices) -> RowWindows:
        return RowWindows(self.rows, self.form, self.starts[indices])

    def contents(self) -> Iterator[bytes]:
        yield f"{self.rows.shape} {self.form}".encode()
        yield self.starts.astype("<i8").tobytes()
        yield np.ascontiguousarray(self.rows).tobytes()


@dataclass(frozen=True, eq=False)
class SeriesRows:
    """The rows of a table, series by series."""

    table: Table
    order: Indices
    """The positions of the rows in the table."""
    lengths: tuple[int, ...]
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    """The columns that inputs and outputs may have."""

    def ids(self, rows: Indices) -> tuple[str, ...]:
        """Names for rows, which are positions in `order`: the id or the date, else the line; after the name of the
        series, if there are several."""
        table, texts = self.table, self.table.columns
        column = next((name for name in texts if name.lower() == ID), None) or next(
            (name for name in texts if name not in self.numbers and all(map(_DATE.match, map(str, texts[name])))), None
        )
        each = [str(line) for line in table.lines] if column is None else [str(text).strip() for text in texts[column]]
        of_row = [name for name, length in zip(self.names, self.lengths, strict=True) for _ in range(length)]
        found = [(of_row[row], each[self.order[row]]) for row in rows]
        return tuple(f"{series} {one}" if series else one for series, one in found)


@dataclass(frozen=True, eq=False)
class WindowArrays:
    """What windows give inputs and outputs, by name."""

    arrays: dict[str, Held]
    columns: dict[str, Columns]
    """The columns of inputs."""
    label_columns: dict[str, tuple[str, ...]]


def windowed_table(source: object, needed: Sequence[str], options: TableOptions) -> Table:
    """The table of all inputs and outputs: a frame, `csv:FILE`, or that by the names of inputs and outputs. Raises
    DataError for other sources, and for a table without the columns `needed`."""
    if is_frame(source):
        table = table_of(source, "data", options)
        check_needed(table, needed)
        return table
    words = {source} if not isinstance(source, Mapping) else set(source.values())
    word = str(next(iter(words)))
    if len(words) > 1 or not word.startswith("csv:"):
        raise DataError([NoWindows(NOWHERE, "windows are those of one table", "name it as `--data csv:FILE`")])
    return read_table(word.removeprefix("csv:"), needed, options)


def series_rows(table: Table, windows: Windows) -> SeriesRows:
    """The rows of each series. Raises DataError for dates that are not in order."""
    columns = [name for name in table.names if name == windows.series or is_text(table.columns[name])]
    each = table.words(windows.series) if windows.series is not None else ("",) * len(table.lines)
    members: dict[str, list[int]] = {}
    for at, name in enumerate(each):
        members.setdefault(name, []).append(at)
    faults = []
    for column in columns:
        texts = [str(value).strip() for value in table.columns[column]]
        if column == windows.series or not all(_DATE.match(text) for text in texts):
            continue
        for positions in members.values():
            faults += [
                (table.lines[now], f"`{texts[now]}` in the column `{column}` is before the row above it")
                for earlier, now in pairwise(positions)
                if texts[now] < texts[earlier]
            ]
    if faults:
        remedy = "sort the rows by time: the last ones are for validation and test"
        raise DataError([BadLines(NOWHERE, table.path, tuple(faults[:SHOWN]), len(faults), remedy)])
    order = np.array([at for positions in members.values() for at in positions], np.intp)
    numbers = tuple(name for name in table.names if name not in columns and name.lower() != ID)
    return SeriesRows(table, order, tuple(map(len, members.values())), tuple(members), numbers)


def window_arrays(
    rows: SeriesRows,
    starts: Indices,
    windows: Windows,
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, OutputFact],
    known: Mapping[str, Columns] | None = None,
) -> WindowArrays:
    """The windows that begin at the rows `starts`. `known` are the columns of inputs that a model takes; `outputs` are
    those with labels. Raises DataError with all problems."""
    table, numbers = rows.table, rows.numbers
    found: list[Diagnostic] = []
    made = WindowArrays({}, {}, {})
    shared = [name for name in inputs if not owned(numbers, name)]
    if len(shared) > 1 and not known:
        found.append(SharedColumns(NOWHERE, table.path, tuple(shared)))
    for name, shape in inputs.items():
        if known is not None and name in known:
            values = known[name].encode(table.columns, table.path, table.names)
        else:
            columns = _input_columns(table, numbers, name, shape, windows, outputs, inputs)
            if isinstance(columns, Diagnostic):
                found.append(columns)
                continue
            made.columns[name] = Columns(tuple(map(Column, columns)))
            values = table.numbers(columns)
        made.arrays[name] = RowWindows(values[rows.order], shape, starts)
    for name, fact in outputs.items():
        columns = owned(numbers, name)
        forms = _output_forms(fact, windows.horizon, len(columns))
        if fact.shape not in forms:
            shown = tuple(dict.fromkeys(str(list(form)) for form in forms)) or ("[]",)
            found.append(WindowShape(NOWHERE, table.path, "output", name, fact.shape, shown, columns))
            continue
        values = table.numbers(columns)[rows.order]
        ahead = RowWindows(values, (windows.horizon, len(columns)), starts + windows.window)
        shape = fact.shape[:-1] if fact.ending == "softmax" else fact.shape
        made.arrays[name] = ahead[:].reshape(len(starts), *shape)
        made.label_columns[name] = columns
    if found:
        raise DataError(found)
    return made


def _input_columns(
    table: Table,
    numbers: Sequence[str],
    name: str,
    shape: Shape,
    windows: Windows,
    outputs: Mapping[str, OutputFact],
    inputs: Mapping[str, Shape],
) -> tuple[str, ...] | Diagnostic:
    """The columns of an input, or what is wrong with its shape."""
    own = tuple(filter(table.options.takes, owned(numbers, name)))
    owned_elsewhere = {column for other in inputs if other != name for column in owned(numbers, other)}
    free = tuple(column for column in numbers if column not in owned_elsewhere and table.options.takes(column))
    targets = {column for output in outputs for column in owned(numbers, output)}
    choices = [own] if own else [free, tuple(column for column in free if column not in targets)]
    for columns in choices:
        if shape[:1] == (windows.window,) and prod(shape[1:]) == len(columns) and columns:
            return columns
    forms = [str([windows.window, len(columns)]) for columns in choices if columns]
    return WindowShape(NOWHERE, table.path, "input", name, shape, tuple(dict.fromkeys(forms)), choices[0])


def _output_forms(fact: OutputFact, horizon: int, columns: int) -> tuple[Shape, ...]:
    """The shapes that an output may have."""
    if fact.ending == "softmax":  # a class for each row
        classes = fact.shape[-1]
        return ((horizon, classes), *(((classes,),) if horizon == 1 else ())) if columns == 1 else ()
    return (
        (horizon, columns),
        *(((horizon,),) if columns == 1 else ()),
        *(((columns,),) if horizon == 1 else ()),
    )

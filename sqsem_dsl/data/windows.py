"""`csv:FILE` with `--window` and `--horizon`: samples are windows over rows in the order of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.column_kinds import is_text
from sqsem_dsl.data.cuts import in_order
from sqsem_dsl.data.dataset import Array, Dataset, Held, Indices
from sqsem_dsl.data.errors import DataError, TooFewSamples
from sqsem_dsl.data.errors_files import BadLines, SharedColumns
from sqsem_dsl.data.errors_tables import UnknownColumn
from sqsem_dsl.data.errors_windows import NoWindows, ShortSeries, WindowShape
from sqsem_dsl.data.split import MIN_PER_CLASS, TEST, VALIDATION, Splitting
from sqsem_dsl.data.table import ID, SHOWN, Table, owned, read_table
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Windows:
    """How rows become samples."""

    window: int
    """The number of rows that the inputs have."""
    horizon: int = 1
    """The number of rows after them that the outputs have."""
    series: str | None = None
    """The column that says to which series a row belongs; None if all rows are one series."""

    @property
    def rows(self) -> int:
        """All rows of a sample."""
        return self.window + self.horizon


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


def load_windows(
    source: str | Mapping[str, str],
    windows: Windows,
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    options: TableOptions | None = None,
) -> Dataset:
    """Windows of a table whose rows are in the order of time, split in that order.

    An input of shape `[window, columns]` has rows of its own columns, else of all columns of numbers, with or without
    those of the outputs as its shape says. An output has the columns of its name in the rows after the window:
    `[horizon, columns]`, without the axis of one row or one column. Windows of two sets share no row. Raises DataError.
    """
    path = _path(source)
    options = options or TableOptions()
    _check_options(splitting, options)
    needed = (*outputs, *(() if windows.series is None else (windows.series,)))
    table = read_table(path, needed, options)
    unknown = [name for name in options.names if name not in table.header and not owned(table.header, name)]
    if unknown:
        raise DataError(UnknownColumn(NOWHERE, name, table.header) for name in unknown)
    texts = [name for name in table.names if name == windows.series or is_text(table.columns[name])]
    numbers = tuple(name for name in table.names if name not in texts and name.lower() != ID)
    if not table.lines:
        raise DataError([TooFewSamples(NOWHERE, path, 0, MIN_PER_CLASS)])
    rows, lengths, names = _series(table, texts, windows)
    starts, sets = _sets(path, lengths, names, windows, splitting)
    arrays: dict[str, Held] = {}
    found: list[Diagnostic] = []
    shared = [name for name in inputs if not owned(numbers, name)]
    if len(shared) > 1:
        found.append(SharedColumns(NOWHERE, path, tuple(shared)))
    for name, shape in inputs.items():
        columns = _input_columns(table, numbers, name, shape, windows, outputs, inputs)
        if isinstance(columns, Diagnostic):
            found.append(columns)
        else:
            arrays[name] = RowWindows(table.numbers(columns)[rows], shape, starts)
    for name, fact in outputs.items():
        columns = owned(numbers, name)
        forms = _output_forms(fact, windows.horizon, len(columns))
        if fact.shape not in forms:
            shown = tuple(dict.fromkeys(str(list(form)) for form in forms)) or ("[]",)
            found.append(WindowShape(NOWHERE, path, "output", name, fact.shape, shown, columns))
        else:
            ahead = RowWindows(table.numbers(columns)[rows], (windows.horizon, len(columns)), starts + windows.window)
            arrays[name] = ahead[:].reshape(len(starts), *(fact.shape[:-1] if fact.ending == "softmax" else fact.shape))
    if found:
        raise DataError(found)
    title = f"{path.rpartition('/')[2]} (windows of {windows.window} + {windows.horizon})"
    whole = canonical(title, inputs, outputs, arrays)
    train, validation, test = (whole.take(positions) for positions in sets)
    return Dataset(title, outputs, train, validation, test)


def _check_options(splitting: Splitting, options: TableOptions) -> None:
    """Raises DataError for options of other splits."""
    found = []
    if splitting.folds:
        found.append(NoWindows(NOWHERE, "there are no folds in the order of time", "leave out `--folds`"))
    if splitting.group is not None:
        remedy = "name the column of the series with `--series`"
        found.append(NoWindows(NOWHERE, "windows are split in the order of time, not by groups", remedy))
    if splitting.by_file:
        found.append(NoWindows(NOWHERE, "windows are split in the order of time", "leave out `--split`"))
    if options.categories or options.weight is not None or options.missing != "mean":
        reason = "rows are numbers, without categories, weights and missing values"
        found.append(NoWindows(NOWHERE, reason, "leave out `--categories`, `--weight` and `--missing`"))
    if found:
        raise DataError(found)


def _path(source: str | Mapping[str, str]) -> str:
    """The table of all inputs and outputs. Raises DataError for other sources."""
    words = {source} if isinstance(source, str) else set(source.values())
    word = next(iter(words))
    if len(words) > 1 or not word.startswith("csv:"):
        raise DataError([NoWindows(NOWHERE, "windows are those of one table", "name it as `--data csv:FILE`")])
    return word.removeprefix("csv:")


def _series(table: Table, columns: Sequence[str], windows: Windows) -> tuple[Indices, list[int], list[str]]:
    """The positions of the rows, series by series, and the length and the name of each series. `columns` are those of
    text. Raises DataError for dates that are not in order.
    """
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
    return order, [len(positions) for positions in members.values()], list(members)


def _sets(
    path: str, lengths: list[int], names: list[str], windows: Windows, splitting: Splitting
) -> tuple[Indices, tuple[Indices, Indices, Indices]]:
    """The first row of each window, and the positions of the windows of the training, validation and test set.

    In each series the sets follow one another, and the windows between them that share rows with two sets are unused,
    or as many as `splitting` says.
    A fraction keeps the last windows for training and the first ones for validation. Raises DataError for series that
    are too short.
    """
    gap, fraction = splitting.gap or windows.rows - 1, splitting.fraction
    starts: list[Indices] = []
    sets: tuple[list[Indices], ...] = ([], [], [])
    short, row, position = [], 0, 0
    for length, name in zip(lengths, names, strict=True):
        count = length - windows.rows + 1
        trained, validated, tested = _sizes(count, gap)
        if trained < 1:
            short.append((name, length))
        else:
            starts.append(np.arange(row, row + count))
            train, validation, test = (position + part for part in in_order(path, count, validated, tested, gap))
            sets[0].append(train[-max(1, round(trained * fraction)) :])
            sets[1].append(validation[: max(1, round(validated * fraction))])
            sets[2].append(test)
            position += count
        row += length
    if short:
        needed = next(n for n in range(windows.rows, 10**9) if _sizes(n - windows.rows + 1, gap)[0] >= 1)
        series = tuple(name for name, _ in short) if windows.series is not None else ()
        raise DataError([ShortSeries(NOWHERE, path, series, short[0][1], needed, windows.window, windows.horizon)])
    return np.concatenate(starts), (np.concatenate(sets[0]), np.concatenate(sets[1]), np.concatenate(sets[2]))


def _sizes(count: int, gap: int) -> tuple[int, int, int]:
    """The numbers of windows in the three sets; that for training may be negative."""
    tested, validated = max(1, round(count * TEST)), max(1, round(count * VALIDATION))
    return count - tested - validated - 2 * gap, validated, tested


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

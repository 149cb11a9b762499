"""Training, validation and test set of windows over the rows of a table in the order of time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.cuts import in_order
from sqsem_dsl.data.dataset import Dataset, Indices
from sqsem_dsl.data.errors import DataError, TooFewSamples
from sqsem_dsl.data.errors_tables import UnknownColumn
from sqsem_dsl.data.errors_windows import NoWindows, ShortSeries
from sqsem_dsl.data.split import MIN_PER_CLASS, TEST, VALIDATION, Splitting
from sqsem_dsl.data.table import owned
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.window_rows import SeriesRows, Shape, series_rows, window_arrays, windowed_table
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def load_windows(
    source: object,
    windows: Windows,
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    options: TableOptions | None = None,
) -> Dataset:
    """Windows of a table whose rows are in the order of time, split in that order: of `csv:FILE`, or of a frame.

    An input of shape `[window, columns]` has rows of its own columns, else of all columns of numbers, with or without
    those of the outputs as its shape says. An output has the columns of its name in the rows after the window:
    `[horizon, columns]`, without the axis of one row or one column. Windows of two sets share no row. Raises DataError.
    """
    options = options or TableOptions()
    _check_options(splitting, options)
    table = windowed_table(source, (*outputs, *(() if windows.series is None else (windows.series,))), options)
    unknown = [name for name in options.names if name not in table.header and not owned(table.header, name)]
    if unknown:
        raise DataError(UnknownColumn(NOWHERE, name, table.header) for name in unknown)
    if not table.lines:
        raise DataError([TooFewSamples(NOWHERE, table.path, 0, MIN_PER_CLASS)])
    rows = series_rows(table, windows)
    starts, sets = _sets(rows, windows, splitting)
    made = window_arrays(rows, starts, windows, inputs, outputs)
    title = f"{table.path.rpartition('/')[2]} (windows of {windows.window} + {windows.horizon})"
    whole = canonical(title, inputs, outputs, made.arrays)
    train, validation, test = (whole.take(positions) for positions in sets)
    return Dataset(
        title,
        outputs,
        train,
        validation,
        test,
        columns=made.columns,
        label_columns=made.label_columns,
        windows=windows,
    )


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


def _sets(rows: SeriesRows, windows: Windows, splitting: Splitting) -> tuple[Indices, tuple[Indices, Indices, Indices]]:
    """The first row of each window, and the positions of the windows of the training, validation and test set.

    In each series the sets follow one another, and the windows between them that share rows with two sets are unused,
    or as many as `splitting` says.
    A fraction keeps the last windows for training and the first ones for validation. Raises DataError for series that
    are too short.
    """
    path = rows.table.path
    gap, fraction = splitting.gap or windows.rows - 1, splitting.fraction
    starts: list[Indices] = []
    sets: tuple[list[Indices], ...] = ([], [], [])
    short, row, position = [], 0, 0
    for length, name in zip(rows.lengths, rows.names, strict=True):
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

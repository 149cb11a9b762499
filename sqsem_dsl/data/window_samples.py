"""All windows of a table, as samples for a model that was trained on windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Indices, Loaded
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sources import NoLabels
from sqsem_dsl.data.errors_windows import ShortSeries
from sqsem_dsl.data.table import owned
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.window_rows import SeriesRows, Shape, series_rows, window_arrays, windowed_table
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


def window_samples(
    source: object,
    windows: Windows,
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, OutputFact],
    known: Mapping[str, Columns],
    options: TableOptions,
    *,
    labelled: bool,
) -> Loaded:
    """The windows that begin at each row, in the order of the rows of each series.

    Samples with labels end with the last row of a series; without, they are as many as there are windows, so that the
    last one predicts rows that are not in the table. Inputs have the columns `known`. The id of a sample is that of the
    last row of its window. Raises DataError, also for a series that is too short for a window.
    """
    series = () if windows.series is None else (windows.series,)
    table = windowed_table(source, series, options)
    lacking = [name for name in outputs if not owned(table.names, name)]
    if labelled and lacking:
        raise DataError(NoLabels(NOWHERE, name, (table.path,)) for name in lacking)
    rows = series_rows(table, windows)
    starts = _starts(rows, windows, windows.rows if labelled else windows.window)
    labels = outputs if labelled else {}
    made = window_arrays(rows, starts, windows, inputs, labels, known)
    part = canonical(table.path, inputs, labels, made.arrays)
    return Loaded(
        table.path,
        replace(part, ids=rows.ids(starts + windows.window - 1)),
        columns={**known, **made.columns},
        label_columns=made.label_columns,
    )


def _starts(rows: SeriesRows, windows: Windows, needed: int) -> Indices:
    """The first row of each window of so many rows. Raises DataError for series with fewer rows."""
    short = [(name, length) for name, length in zip(rows.names, rows.lengths, strict=True) if length < needed]
    if short or not rows.lengths:
        names = tuple(name for name, _ in short) if windows.series is not None else ()
        count = short[0][1] if short else 0
        raise DataError(
            [ShortSeries(NOWHERE, rows.table.path, names, count, needed, windows.window, windows.horizon, sets=False)]
        )
    firsts = np.cumsum([0, *rows.lengths[:-1]])
    return np.concatenate(
        [first + np.arange(length - needed + 1) for first, length in zip(firsts, rows.lengths, strict=True)]
    )

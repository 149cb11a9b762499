"""Statistics of raw columns over a training set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.columns import Columns

Numbers = tuple[float, ...]


def fills(columns: Columns, array: NDArray[Any]) -> Numbers:
    """The value that replaces missing ones in each column: the mean of the others, 0 if there are none, and 0 for
    categories. `array` is `[samples, columns]`."""
    found = []
    for column, values in zip(columns.each, np.asarray(array, np.float64).T, strict=True):
        present = values[~np.isnan(values)]
        found.append(0.0 if column.categories or not len(present) else float(present.mean()))
    return tuple(found)


def unit_statistics(columns: Columns, array: NDArray[Any], fill: Sequence[float]) -> tuple[Numbers, Numbers]:
    """The mean and the standard deviation of each value of the network's input, with missing numbers replaced. Values
    that are 0 or 1 are not standardized: their mean is 0, their deviation 1."""
    mean, stddev = [], []
    for unit in columns.units:
        if unit.role != "number":
            mean.append(0.0)
            stddev.append(1.0)
            continue
        values = np.asarray(array[:, unit.column], np.float64)
        values = np.where(np.isnan(values), fill[unit.column], values)
        mean.append(float(values.mean()))
        stddev.append(float(values.std()))
    return tuple(mean), tuple(stddev)

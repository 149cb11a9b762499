"""Statistics of inputs over a training set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.columns import Columns

if TYPE_CHECKING:
    from sqsem_dsl.data.dataset import Held

Numbers = tuple[float, ...]
Statistics = tuple[Numbers, Numbers]


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


def statistics(held: Held, piece: int = 256) -> Statistics:
    """The mean and the standard deviation of each channel of samples, which are read in pieces; without the places of
    padded sequences after their end.

    Pieces are combined as in T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise algorithm
    for computing sample variances" (1979): sums of squares alone would lose the digits of a large mean.
    """
    channels = held.shape[-1]
    count, mean, spread = 0, np.zeros(channels), np.zeros(channels)
    for begin in range(0, len(held), piece):
        values = np.asarray(held[begin : begin + piece], np.float64).reshape(-1, channels)
        values = values[~np.isnan(values).any(axis=1)]
        own = values.mean(axis=0)
        total = count + len(values)
        spread += ((values - own) ** 2).sum(axis=0) + (own - mean) ** 2 * (count * len(values) / total)
        mean += (own - mean) * (len(values) / total)
        count = total
    return tuple(map(float, mean)), tuple(map(float, np.sqrt(spread / count)))

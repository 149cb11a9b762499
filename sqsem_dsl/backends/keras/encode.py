"""The layer that turns the raw columns of a table into the values of an input.

It is a functional model of Keras's own operations, without weights, so that a saved model takes raw columns and can be
loaded without this package, on any backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from sqsem_dsl.data.columns import Columns


def encoder(columns: Columns, fill: Sequence[float], name: str) -> keras.Model:
    """A layer from `[columns]`, float32, to `[units]`: float32, or int32 for an input of whole numbers.

    Missing numbers become `fill`, which has a value for each column. A category becomes 1 where the code of the column
    is its own, otherwise 0. For an input of whole numbers it becomes its number from 1, or 0 where it is missing or
    unknown.
    """
    units = columns.units
    raw = keras.Input((len(columns.each),), name="columns", dtype="float32")
    if columns.whole:
        known = ops.less(raw, _constant([unit.code for unit in units]))
        return keras.Model(raw, ops.cast(ops.where(known, raw + 1.0, 0.0), "int32"), name=name)
    value = ops.take(raw, _constant([unit.column for unit in units], "int32"), axis=-1)
    absent = ops.isnan(value)
    number = ops.where(absent, _constant([fill[unit.column] for unit in units]), value)
    category = ops.cast(ops.equal(value, _constant([unit.code for unit in units])), "float32")
    encoded = ops.where(_constant([unit.role == "category" for unit in units], "bool"), category, number)
    if any(unit.role == "missing" for unit in units):
        missing = _constant([unit.role == "missing" for unit in units], "bool")
        encoded = ops.where(missing, ops.cast(absent, "float32"), encoded)
    return keras.Model(raw, encoded, name=name)


def _constant(values: Sequence[Any], dtype: str = "float32") -> Any:
    return np.array(values, dtype)

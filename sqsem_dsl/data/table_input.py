"""The samples of an input from the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from sqsem_dsl.data.column_kinds import find_columns, is_text
from sqsem_dsl.data.columns import Column, Columns, Values, numbers
from sqsem_dsl.data.dataset import Array
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import ColumnCount
from sqsem_dsl.data.errors_tables import InputWidth
from sqsem_dsl.data.errors_whole import ManyCategories
from sqsem_dsl.data.table import Table
from sqsem_dsl.data.table_options import Renamed
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.row import Shape, WholeShape


def read_input(
    table: Table, name: str, shape: Shape, names: Sequence[str], ids: str | None, known: Columns | None
) -> tuple[Array, Columns]:
    """Columns of a table as the samples of an input, and what they hold.

    The samples have the shape of the input if all columns are numbers without gaps, otherwise `[columns]`: the raw
    values, which the model turns into those of the input. Inputs of more than one axis take only numbers without gaps.
    An input of whole numbers takes columns of numbers without gaps as they are. If one column is not such, or is stated
    as categories, all are categories, and each gives one whole number.
    `known` says what the columns are, if other data have defined it. `ids` is a text column that is used as ids.

    Raises DataError with all columns that cannot be used, or if they do not give as many values as the shape has.
    """
    values = _some(table.columns, names)
    columns = known
    if columns is None:
        columns = _found(table, values, shape) if len(shape) == 1 else Columns(tuple(map(Column, names)))
        _check_width(table, name, shape, columns, ids)
        _check_bound(table, name, shape, columns)
    encoded = known is not None or len(shape) == 1
    array = columns.encode(values, table.path) if encoded else table.numbers(names)
    return (array.reshape(len(array), *shape) if columns.plain else array), columns


def _some(values: Mapping[str, Values], names: Sequence[str]) -> Mapping[str, Values]:
    return Renamed(values, {name: name for name in names})


def _found(table: Table, values: Mapping[str, Values], shape: Shape) -> Columns:
    problems: list[Diagnostic] = []
    faulty = [name for name in values if name not in table.options.categories and _has_faults(values[name])]
    try:
        table.numbers(faulty, gaps=True)
    except DataError as error:
        problems += error.diagnostics
    rest = [name for name in values if name not in faulty]
    plain = not any(name in table.options.categories or not _is_plain(values[name]) for name in rest)
    whole = isinstance(shape, WholeShape) and not plain
    options = replace(table.options, categories=tuple(values)) if whole else table.options
    try:
        columns = replace(find_columns(table.path, _some(values, rest), options), whole=whole)
    except DataError as error:
        problems += error.diagnostics
    if problems:
        raise DataError(problems)
    return columns


def _is_plain(values: Values) -> bool:
    """Whether a column has numbers without gaps."""
    found = numbers(values)
    return found is not None and not np.isnan(found).any()


def _has_faults(values: Values) -> bool:
    """Whether a column of numbers has other values."""
    return numbers(values) is None and not is_text(values)


def _check_bound(table: Table, name: str, shape: Shape, columns: Columns) -> None:
    """Raises DataError if a column has more categories than the bound of an input of whole numbers has room for."""
    if isinstance(shape, WholeShape) and columns.whole:
        counts = [(column.name, len(column.categories)) for column in columns.each]
        most = max(counts, key=lambda one: one[1])
        if most[1] >= shape.below:
            raise DataError([ManyCategories(NOWHERE, table.path, name, *most, shape.below)])


def _check_width(table: Table, name: str, shape: Shape, columns: Columns, ids: str | None) -> None:
    """Raises DataError if columns give another number of values than a shape has."""
    units = columns.units
    if len(units) == prod(shape):
        return
    if columns.plain:
        raise DataError([ColumnCount(NOWHERE, table.path, "input", name, shape, prod(shape), columns.names, ids)])
    counts = [sum(unit.column == at for unit in units) for at in range(len(columns.each))]
    ones = tuple(one.name for one, count in zip(columns.each, counts, strict=True) if count == 1)
    others = tuple(
        (one.name, count, one.describe(columns.indicator))
        for one, count in zip(columns.each, counts, strict=True)
        if count != 1
    )
    raise DataError([InputWidth(NOWHERE, table.path, name, shape, len(units), ones, others, ids)])

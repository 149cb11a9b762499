"""The columns of an input from a table: numbers or categories, and the values that each gives the network.

A data set holds them as they are: one float32 value for each column, NaN for a missing number, the code of a category.
The model turns these into the values of the input (`backends.keras.model`): numbers with their gaps filled, and one
value of 0 or 1 for each category.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_tables import OtherColumns
from sqsem_dsl.diagnostics.source import NOWHERE

Values = Sequence[str] | NDArray[Any]
"""The values of a column: texts, or an array of numbers in which NaN is a missing value."""
MISSING = ("", "NA", "N/A", "NaN", "null", "?")
"""The texts that stand for a missing value, in any case."""

SHOWN = 12
"""The number of columns that a line names."""

_TRUTHS = {"true": 1.0, "false": 0.0}
_MISSING = frozenset(text.lower() for text in MISSING)
_WHOLE = re.compile(r"([+-]?\d+)\.0+")


@dataclass(frozen=True)
class Column:
    """One column of a table that an input takes."""

    name: str
    categories: tuple[str, ...] = ()
    """The values of a column of categories, in the order of their codes; empty for numbers."""
    missing: bool = False
    """Whether values are missing in the data."""

    def describe(self, indicator: bool) -> str:
        """What it gives the network, in words: `female, male, missing`."""
        shown = self.categories[:6]
        more = len(self.categories) - len(shown)
        said = [*shown, *([f"… {more} more"] if more else [])] if self.categories else ["the number"]
        if self.missing and (self.categories or indicator):
            said.append("missing" if self.categories else "whether it is missing")
        return ", ".join(said)

    def codes(self, values: Values) -> NDArray[np.float32]:
        """The codes of categories, from 0. Missing and unknown values have the code after the last category."""
        known = {category: code for code, category in enumerate(self.categories)}
        return np.array([known.get(text, len(known)) for text in texts(values)], np.float32)


class Unit(NamedTuple):
    """One value of the network's input."""

    column: int
    """The position of the column that it comes from."""
    role: Literal["number", "category", "missing", "whole"]
    """The number itself; 1 for one category; 1 where the number is missing; or the number of the category, from 1, and
    0 where it is missing or unknown."""
    code: int = 0
    """The code of the category; for `whole`, that of missing and unknown values."""


@dataclass(frozen=True)
class Columns:
    """The columns of an input, in the order in which the model takes them."""

    each: tuple[Column, ...]
    indicator: bool = False
    """Whether a column of numbers with missing values also gives a value that is 1 where it is missing."""
    whole: bool = False
    """Whether the input takes whole numbers: each column of categories then gives one."""

    @property
    def plain(self) -> bool:
        """Whether all are numbers without gaps: the network takes them unchanged."""
        return not any(column.categories or column.missing for column in self.each)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.each)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The values of the network's input.

        A column of categories gives one for each category, and one for missing values if there are any in the data. A
        category that is not in the data gives the value for missing ones, or zeros. For an input of whole numbers each
        column gives one value.
        """
        if self.whole:
            return tuple(Unit(at, "whole", len(column.categories)) for at, column in enumerate(self.each))
        found: list[Unit] = []
        for at, column in enumerate(self.each):
            if column.categories:
                found += [Unit(at, "category", code) for code in range(len(column.categories) + column.missing)]
                continue
            found.append(Unit(at, "number"))
            if column.missing and self.indicator:
                found.append(Unit(at, "missing"))
        return tuple(found)

    def encode(self, values: Mapping[str, Values], source: str, ignored: Collection[str] = ()) -> NDArray[np.float32]:
        """The columns of a table, `[rows, columns]`, in the form in which the model takes them.

        Categories that the description does not have get the code of missing values. Raises DataError if the table
        lacks a column, has one that is neither described nor in `ignored`, or has a value that is not a number in a
        column of numbers.
        """
        lacking = tuple(name for name in self.names if name not in values)
        unknown = tuple(name for name in values if name not in self.names and name not in ignored)
        found = {column.name: self._read(column, values[column.name]) for column in self.each if column.name in values}
        wrong = tuple(name for name, array in found.items() if array is None)
        gaps = tuple(
            column.name
            for column in self.each
            if not column.categories
            and not column.missing
            and (array := found.get(column.name)) is not None
            and np.isnan(array).any()
        )
        if lacking or unknown or wrong or gaps:
            raise DataError([OtherColumns(NOWHERE, source, lacking, unknown, wrong, gaps)])
        return np.stack([array for array in found.values() if array is not None], axis=1)

    def _read(self, column: Column, values: Values) -> NDArray[np.float32] | None:
        return column.codes(values) if column.categories else numbers(values)

    def to_plain(self) -> dict[str, Any]:
        """Plain data, fit for JSON."""
        return {
            "columns": [asdict(column) | {"categories": list(column.categories)} for column in self.each],
            "missing": "indicator" if self.indicator else "mean",
            **({"whole": True} if self.whole else {}),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Columns:
        """From the data that `to_plain` returns."""
        each = (Column(one["name"], tuple(one["categories"]), one["missing"]) for one in plain["columns"])
        return cls(tuple(each), plain["missing"] == "indicator", plain.get("whole", False))


def columns_lines(columns: Mapping[str, Columns]) -> list[str]:
    """A line for each input whose columns are not all numbers without gaps.

    >>> columns_lines({"x": Columns((Column("age", missing=True), Column("sex", ("f", "m"))))})
    ['columns of x: age (with missing values), sex (categories: f, m)']
    """
    found = []
    for name, each in columns.items():
        if not each.plain:
            said = [_said(column, each.indicator) for column in each.each]
            more = [f"… ({len(said) - SHOWN} more)"] if len(said) > SHOWN else []
            found.append(f"columns of {name}: {', '.join(said[:SHOWN] + more)}")
    return found


def _said(column: Column, indicator: bool) -> str:
    if column.categories:
        return f"{column.name} (categories: {column.describe(indicator)})"
    return f"{column.name} (with missing values)" if column.missing else column.name


def is_missing(text: str) -> bool:
    """Whether a text stands for a missing value.

    >>> is_missing(" n/a"), is_missing("none of them")
    (True, False)
    """
    return text.strip().lower() in _MISSING


def is_number(text: str) -> bool:
    """Whether a text is a number, finite or not: `1_000` is not, although Python reads it as one.

    >>> is_number("1e3"), is_number("12_3")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def is_finite(text: str) -> bool:
    """Whether a text is a number that is finite in 32 bits."""
    return is_number(text) and bool(np.isfinite(_converted(float(text))))


def numbers(values: Values) -> NDArray[np.float32] | None:
    """The values as numbers, NaN where they are missing; None if one of them is not a number, or not finite.

    A column of `true` and `false` has the numbers 1 and 0.

    >>> numbers(["1.5", "NA"]), numbers(["True", "false"]), numbers(["true", "2"])
    (array([1.5, nan], dtype=float32), array([1., 0.], dtype=float32), None)
    """
    if not isinstance(values, np.ndarray) and any("_" in text for text in values):
        return None
    try:
        found = _converted(values)
    except ValueError:
        try:
            found = _converted([nan if is_missing(text) else float(text) for text in values])
        except ValueError:
            return _truths(values)
    return None if np.isinf(found).any() else found


def _truths(values: Values) -> NDArray[np.float32] | None:
    """Truth values as 1 and 0, NaN where they are missing; None for any other values."""
    known = {
        text: _TRUTHS.get(str(text).strip().lower(), nan if is_missing(str(text)) else None) for text in set(values)
    }
    if None in known.values():
        return None
    return _converted([known[text] for text in values])


def _converted(values: Any) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # too large values become infinite
        return np.asarray(values, np.float32)


def texts(values: Values) -> list[str]:
    """The values as categories: texts without spaces around them, whole numbers without `.0`, truth values in lower
    case; empty where missing.

    >>> texts([" a", "3.0", "NA"]), texts(np.array([1.0, 2.5, np.nan])), texts(["True", "FALSE"])
    (['a', '3', ''], ['1', '2.5', ''], ['true', 'false'])
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "buif":
        written = {value: "" if isnan(value) else str(value) for value in np.unique(values).tolist()}
        values = [written.get(value, "") for value in values.tolist()]
    known = {value: _text(value) for value in set(values)}
    return [known[value] for value in values]


def _text(value: str) -> str:
    value = str(value).strip()
    if is_missing(value):
        return ""
    if value.lower() in _TRUTHS:  # frames and other programs spell them differently
        return value.lower()
    whole = _WHOLE.fullmatch(value)
    return whole[1] if whole else value

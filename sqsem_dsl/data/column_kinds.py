"""What the columns of an input hold: numbers, categories, or something that it cannot take."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from sqsem_dsl.data.columns import Column, Columns, Values, is_missing, is_number, numbers, texts
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_tables import RefusedColumns
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.source import NOWHERE

MOST = 100
"""The largest number of categories of a column, unless it is named as one of categories."""
FEW = 20
"""With so many different values at most, a column is not rejected because most of its values differ."""

_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( .*)?|\d{1,2}:\d\d(:\d\d.*)?"
)
_COMMA = re.compile(r"[+-]?\d+,\d+")
_UNIT = re.compile(r"[^\w\s.,-]?\s?[+-]?\d[\d,.' ]*\s?(%|[^\W\d_]{1,4}|[^\w\s])?")

_WRITTEN_NUMBER = re.compile(r"[$€£¥]?\s?[+-]?\d[\d,.' ]*\s?[%$€£¥]?")


def find_columns(source: str, values: Mapping[str, Values], options: TableOptions) -> Columns:
    """What each column is. Categories are sorted, as numbers if all are.

    Raises DataError, one diagnostic for all columns, for columns that are neither numbers nor categories.
    """
    found: list[Column] = []
    refused: list[tuple[str, str]] = []
    for name, held in values.items():
        column = _column(name, held, name in options.categories)
        if isinstance(column, str):
            refused.append((name, column))
        else:
            found.append(column)
    if refused:
        raise DataError([RefusedColumns(NOWHERE, source, tuple(refused))])
    return Columns(tuple(found), options.missing == "indicator")


def is_text(values: Values) -> bool:
    """Whether a column holds text: fewer than half of its values are numbers. In a column of numbers, other text is an
    error."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "buif":
        return False
    if numbers(values) is not None:
        return False
    present = [text for text in values if not is_missing(text)]
    return 2 * sum(map(is_number, present)) < len(present)


def may_be_ids(values: Values) -> bool:
    """Whether the values of a column of text are all different, and not numbers with commas, percent or currency signs,
    which have a meaning."""
    each = texts(values)
    different = "" not in each and len(set(each)) == len(each)
    return different and not (each and _share(_WRITTEN_NUMBER, each) > 0.9)


def _column(name: str, values: Values, stated: bool) -> Column | str:
    """A column, or the reason why it cannot be one."""
    found = None if stated else numbers(values)
    if found is not None:
        gaps = np.isnan(found)
        return "it is empty" if gaps.all() and len(gaps) else Column(name, (), bool(gaps.any()))
    each = texts(values)
    present = [text for text in each if text]
    categories = _sorted(set(present))
    reason = None if stated and categories else _reason(present, categories)
    return reason or Column(name, tuple(categories), len(present) < len(each))


def _sorted(categories: Collection[str]) -> list[str]:
    if all(map(is_number, categories)):
        return sorted(categories, key=lambda text: (float(text), text))
    return sorted(categories)


def _reason(present: Sequence[str], categories: Sequence[str]) -> str | None:
    """Why text cannot be categories; None if it can."""
    count = len(categories)
    if not categories:
        return "it is empty"
    if _share(_DATE, categories) > 0.9:
        return f"it holds dates or times, such as `{categories[0]}`: write columns of numbers for what matters in them"
    many = count > MOST or (count > FEW and 2 * count > len(present)) or (count == len(present) and count > 2)
    if not many:
        return None
    if _share(_COMMA, categories) > 0.9:
        return (
            f"it holds numbers with commas, such as `{categories[0]}`: write a decimal point, and nothing for thousands"
        )
    if _share(_UNIT, categories) > 0.9 and any(character.isdigit() for character in categories[0]):
        return f"it holds numbers with other characters, such as `{categories[0]}`: write numbers alone"
    example = f"such as `{categories[0][:40]}`"
    if count == len(present):
        return f"no value occurs twice, {example}"
    if np.mean([text.count(" ") for text in categories]) >= 3:
        return f"it holds free text, {example}"
    limit = f", more than {MOST}," if count > MOST else ""
    return f"it has {count} different values{limit} in {len(present)} rows, {example}; `--categories` takes them all"


def _share(pattern: re.Pattern[str], values: Sequence[str]) -> float:
    return sum(pattern.fullmatch(value) is not None for value in values) / len(values)

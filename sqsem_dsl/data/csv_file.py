"""CSV files: their rows, whatever separates the values, and the reasons why a file cannot be read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from sqsem_dsl.data.columns import is_missing, is_number
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import UnreadableTable
from sqsem_dsl.data.foreign_files import conversion, elsewhere
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.utils.regular_files import not_regular


@contextmanager
def opened_csv(path: str) -> Iterator[TextIO]:
    """The file, for `csv_rows`. Raises DataError if it cannot be read, also while it is read."""
    other = not_regular(path)
    if other is not None:
        raise DataError([UnreadableTable(NOWHERE, path, other)])
    foreign = conversion(path) if Path(path).is_file() else None
    if foreign is not None:
        raise DataError([UnreadableTable(NOWHERE, path, *foreign)])
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield file
    except FileNotFoundError:
        remedy = elsewhere(path) or "name a file that exists; paths are relative to the current folder"
        raise DataError([UnreadableTable(NOWHERE, path, "no such file", remedy)]) from None
    except UnicodeDecodeError as error:
        kind = "UTF-16" if error.object[:2] in (b"\xff\xfe", b"\xfe\xff") else "LATIN1"
        remedy = f"save it as UTF-8 (`CSV UTF-8` in Excel), or convert it: `iconv -f {kind} -t UTF-8 {path} > utf8.csv`"
        raise DataError([UnreadableTable(NOWHERE, path, "it is not UTF-8 text", remedy)]) from None
    except OSError as error:
        raise DataError([UnreadableTable(NOWHERE, path, (error.strerror or str(error)).lower())]) from None
    except csv.Error as error:
        raise DataError([UnreadableTable(NOWHERE, path, str(error))]) from None


def delimiter_of(file: TextIO) -> str:
    """What separates the values: a comma, semicolon, tab or bar, the most frequent of them in the first line."""
    first = file.readline()
    file.seek(0)
    return max(",;\t|", key=first.count)


def csv_rows(file: TextIO, delimiter: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with its last line. Values are separated by the delimiter, or by that of the
    first line. Raises csv.Error.

    >>> from io import StringIO
    >>> list(csv_rows(StringIO("a;b\\n\\n1;2,5\\n")))
    [(1, ['a', 'b']), (3, ['1', '2,5'])]
    """
    delimiter = delimiter or delimiter_of(file)
    reader = csv.reader(chain(file, [_END]), delimiter=delimiter, skipinitialspace=True)
    return _rows(reader)


_END = "\ue000"
"""A last line, which is part of a value if a quote is not closed."""


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Raises csv.Error for a quote that is not closed."""
    before = 0
    for row in reader:
        if row == [_END]:
            return
        if row and row[-1].endswith(_END):
            raise csv.Error(f"a quote in line {before + 1} is not closed")
        if row:
            yield reader.line_num, row
        before = reader.line_num


_DECIMAL = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def with_points(column: Sequence[str]) -> Sequence[str]:
    """A column of numbers with decimal commas, with points instead. Any other column is unchanged, and so is one whose
    commas may separate thousands: three digits follow all of them.

    >>> with_points(["0,25", " 3", "NA", "1,234"])
    ['0.25', ' 3', 'NA', '1.234']
    >>> with_points(["1,234", "3"]), with_points(["1,5", "a"])
    (['1,234', '3'], ['1,5', 'a'])
    """
    written = {text.strip() for text in column}
    with_comma = {text for text in written if _DECIMAL.fullmatch(text)}
    if all(_THOUSANDS.fullmatch(text) for text in with_comma):
        return column
    if any(not is_missing(text) and not is_number(text) for text in written - with_comma):
        return column
    return [text.replace(",", ".") for text in column]

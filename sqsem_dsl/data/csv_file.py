"""CSV files: their rows, whatever separates the values, and the reasons why a file cannot be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import UnreadableTable
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.utils.regular_files import not_regular


@contextmanager
def opened_csv(path: str) -> Iterator[TextIO]:
    """The file, for `csv_rows`. Raises DataError if it cannot be read, also while it is read."""
    other = not_regular(path)
    if other is not None:
        raise DataError([UnreadableTable(NOWHERE, path, other)])
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield file
    except FileNotFoundError:
        raise DataError([UnreadableTable(NOWHERE, path, "no such file")]) from None
    except UnicodeDecodeError:
        raise DataError([UnreadableTable(NOWHERE, path, "it is not UTF-8 text")]) from None
    except OSError as error:
        raise DataError([UnreadableTable(NOWHERE, path, (error.strerror or str(error)).lower())]) from None
    except csv.Error as error:
        raise DataError([UnreadableTable(NOWHERE, path, str(error))]) from None


def csv_rows(file: TextIO, delimiter: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with its last line. Values are separated by the delimiter: without one, commas,
    semicolons or tabs, the most frequent of them in the first line.

    >>> from io import StringIO
    >>> list(csv_rows(StringIO("a;b\\n\\n1;2,5\\n")))
    [(1, ['a', 'b']), (3, ['1', '2,5'])]
    """
    if delimiter is None:
        first = file.readline()
        file.seek(0)
        delimiter = max(",;\t", key=first.count)
    reader = csv.reader(file, delimiter=delimiter)
    return ((reader.line_num, row) for row in reader if row)

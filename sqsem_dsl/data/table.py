"""`csv:FILE`: a table of numbers with a header, and ids and labels as text."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import BadLines, TextColumn, UnreadableTable
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.utils.regular_files import not_regular

ID = "id"
SHOWN = 5
"""The number of invalid lines that a message names."""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a file."""

    path: str
    lines: tuple[int, ...]
    """The last line of each row."""
    texts: dict[str, tuple[str, ...]]
    """The text columns, by name."""
    names: tuple[str, ...]
    """The names of the other columns, in order."""
    numbers: NDArray[np.float32]
    """`[rows, columns]`, all finite."""
    id: str | None
    """The column of the ids, one of `texts`."""

    def columns(self, names: Collection[str]) -> NDArray[np.float32]:
        """Some of the number columns, in the order of the file."""
        return self.numbers[:, [at for at, name in enumerate(self.names) if name in names]]


def read_table(path: str, labels: Collection[str], needed: Collection[str] = ()) -> Table:
    """A file of values separated by commas, semicolons or tabs: the most frequent of them in its first line.

    Text columns are `id`, those named in `labels`, and, if there is no `id`, the first one whose first value is not a
    number: it contains the ids, and is rejected if its values repeat. Raises DataError, with line numbers, for all
    other values that are not finite numbers and for rows of another length than the first line. Raises DataError for a
    file without such a line, or without a column for each name in `needed`.
    """
    other = not_regular(path)
    if other is not None:
        raise DataError([UnreadableTable(NOWHERE, path, other)])
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return parse_table(path, file, labels, needed)
    except FileNotFoundError:
        raise DataError([UnreadableTable(NOWHERE, path, "no such file")]) from None
    except UnicodeDecodeError:
        raise DataError([UnreadableTable(NOWHERE, path, "it is not UTF-8 text")]) from None
    except OSError as error:
        raise DataError([UnreadableTable(NOWHERE, path, (error.strerror or str(error)).lower())]) from None
    except csv.Error as error:
        raise DataError([UnreadableTable(NOWHERE, path, str(error))]) from None


def parse_table(path: str, file: TextIO, labels: Collection[str], needed: Collection[str] = ()) -> Table:
    """The table in a text, as in `read_table`; `path` names it in messages. Raises DataError and csv.Error."""
    first = file.readline()
    file.seek(0)
    reader = csv.reader(file, delimiter=max(",;\t", key=first.count))
    rows = ((reader.line_num, row) for row in reader if row)
    _, header = next(rows, (0, []))
    header = [name.strip() for name in header]
    _check_header(path, header)
    for name in needed:
        if not owned(header, name):
            reason = f"it has no column `{name}` (its columns are {listing(header, 8)})"
            raise DataError([UnreadableTable(NOWHERE, path, reason)])
    peeked = next(rows, None)
    identity = next((at for at, name in enumerate(header) if name.lower() == ID), None)
    texts = [at for at, name in enumerate(header) if at == identity or name in labels]
    if identity is None and peeked is not None:
        others = (at for at, value in enumerate(peeked[1]) if at < len(header) and at not in texts)
        identity = next((at for at in others if peeked[1][at].strip() and not is_number(peeked[1][at])), None)
        texts += [] if identity is None else [identity]
    numbered = [at for at in range(len(header)) if at not in texts]
    kept: list[list[str]] = []
    numbers: list[NDArray[np.float32]] = []
    lines: list[int] = []
    faults: list[tuple[int, str]] = []
    for line, row in _with(peeked, rows):
        fault = _fault(header, row, texts)
        if fault is None:
            values = [row[at] for at in numbered]
            converted = _converted(values)
            if isinstance(converted, int):
                fault = _wrong(header[numbered[converted]], values[converted])
            else:
                numbers.append(converted)
                kept.append([row[at].strip() for at in texts])
                lines.append(line)
        if fault is not None:
            faults.append((line, fault))
    guessed = None if identity is None or header[identity].lower() == ID else identity
    if guessed is not None:
        _check_ids(path, header[guessed], [row[texts.index(guessed)] for row in kept], lines)
    if faults:
        raise DataError([BadLines(NOWHERE, path, tuple(faults[:SHOWN]), len(faults))])
    return Table(
        path,
        tuple(lines),
        {header[at]: tuple(row[place] for row in kept) for place, at in enumerate(texts)},
        tuple(header[at] for at in numbered),
        np.array(numbers, np.float32).reshape(len(numbers), len(numbered)),
        None if identity is None else header[identity],
    )


def _check_ids(path: str, column: str, values: list[str], lines: list[int]) -> None:
    """Raises DataError if a text column that would be the ids has a value twice: it contains categories."""
    places: dict[str, list[int]] = {}
    for value, line in zip(values, lines, strict=True):
        places.setdefault(value, []).append(line)
    repeated = next((value for value, found in places.items() if len(found) > 1), None)
    if repeated is not None:
        shown = tuple(places[repeated][:SHOWN])
        raise DataError([TextColumn(NOWHERE, path, column, tuple(places), repeated, shown)])


def owned(names: Collection[str], owner: str) -> tuple[str, ...]:
    """The columns of an input or output by their names.

    >>> owned(["id", "size.width", "size.height", "label"], "size")
    ('size.width', 'size.height')
    """
    return tuple(name for name in names if name == owner or name.startswith(f"{owner}."))


def is_number(text: str) -> bool:
    """Whether a text is a number, finite or not."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with(
    first: tuple[int, list[str]] | None, rest: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    if first is not None:
        yield first
        yield from rest


def _check_header(path: str, header: list[str]) -> None:
    reason = None
    if not header:
        reason = "it is empty"
    elif all(is_number(name) for name in header):
        reason = "its first line has numbers where the names of the columns should be"
    elif "" in header:
        reason = f"its column {header.index('') + 1} has no name (pandas leaves it out with `to_csv(…, index=False)`)"
    elif len(set(header)) < len(header):
        repeated = next(name for name in header if header.count(name) > 1)
        reason = f"two of its columns are named `{repeated}`"
    if reason is not None:
        raise DataError([UnreadableTable(NOWHERE, path, reason)])


def _fault(header: list[str], row: list[str], texts: list[int]) -> str | None:
    """The fault of a row, apart from its numbers."""
    if len(row) != len(header):
        values = "value" if len(row) == 1 else "values"
        return f"{len(row)} {values}, but the first line names {len(header)} columns"
    empty = next((at for at in texts if not row[at].strip()), None)
    return None if empty is None else f"the column `{header[empty]}` is empty"


def _converted(values: list[str]) -> NDArray[np.float32] | int:
    """The values as finite numbers, or the position of the first value that is not."""
    try:
        with np.errstate(over="ignore"):  # too large values become infinite, and are reported as such
            numbers = np.array(values, np.float32)
    except ValueError:
        return next(at for at, value in enumerate(values) if not is_number(value))
    finite = np.isfinite(numbers)
    return numbers if finite.all() else int(np.argmin(finite))


def _wrong(column: str, value: str) -> str:
    text = value.strip()
    if not text:
        return f"the column `{column}` is empty"
    kind = "finite number" if is_number(text) else "number"
    return f"`{text[:40]}` in the column `{column}` is not a {kind}"

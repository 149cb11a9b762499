"""`csv:FILE`: a table with a header, as columns by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.column_kinds import is_text, may_be_ids
from sqsem_dsl.data.columns import Values, is_finite, is_missing, is_number, numbers, texts
from sqsem_dsl.data.csv_file import csv_rows, delimiter_of, opened_csv, with_points
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_files import BadLines, UnreadableTable
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import NOWHERE

ID = "id"
SHOWN = 5
"""The number of invalid lines that a message names."""
_BLOCK = 1024
"""The rows that are read before their values are packed."""
_BETWEEN = "\0"


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a file, or of a data frame."""

    path: str
    lines: tuple[int, ...]
    """The last line of each row."""
    columns: Mapping[str, Values]
    """In the order of the file, without columns that are dropped."""
    options: TableOptions = field(default_factory=TableOptions)
    header: tuple[str, ...] = ()
    """All columns of the file, under the names that they have there."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def id(self, labels: Collection[str]) -> str | None:
        """The column of the ids: `id`, else the first column of text, if it may hold ids. Columns of `labels`, and
        those that the options name, are not ids."""
        for name in self.columns:
            if name.lower() == ID:
                return name
        for name, values in self.columns.items():
            if name not in labels and name not in self.options.names and is_text(values):
                return name if may_be_ids(values) else None
        return None

    def words(self, name: str) -> tuple[str, ...]:
        """A column as text. Raises DataError if a value is missing."""
        values = self.columns[name]
        each = texts(values) if isinstance(values, np.ndarray) else [text.strip() for text in values]
        faults = [(line, _lacks(name, text)) for line, text in zip(self.lines, each, strict=True) if is_missing(text)]
        if faults:
            raise DataError([self.bad_lines(faults, "write a value in each of these lines, or remove them")])
        return tuple(each)

    def numbers(self, names: Sequence[str], *, gaps: bool = False) -> NDArray[np.float32]:
        """Columns of finite numbers, `[rows, columns]`; with `gaps`, missing ones are NaN. Raises DataError with the
        lines of other values."""
        found, faults = [], list[tuple[int, str]]()
        for name in names:
            array = numbers(self.columns[name])
            if array is None or (not gaps and np.isnan(array).any()):
                faults += self._faults(name, gaps)
            else:
                found.append(array)
        if faults:
            raise DataError([self.bad_lines(sorted(faults, key=lambda fault: fault[0]))])
        return np.stack(found, axis=1) if found else np.zeros((len(self.lines), 0), np.float32)

    def _faults(self, name: str, gaps: bool) -> Iterator[tuple[int, str]]:
        """The values of a column that are not numbers."""
        for line, value in zip(self.lines, map(str, self.columns[name]), strict=True):
            text = value.strip()
            if is_missing(text):
                if not gaps:
                    yield line, _lacks(name, text)
            elif not is_finite(text):
                kind = "finite number" if is_number(text) else "number"
                yield line, f"`{text[:40]}` in the column `{name}` is not a {kind}"

    def bad_lines(self, faults: Sequence[tuple[int, str]], remedy: str | None = None) -> BadLines:
        """The diagnostic for lines that cannot be used."""
        more = {} if remedy is None else {"remedy": remedy}
        return BadLines(NOWHERE, self.path, tuple(faults[:SHOWN]), len(faults), **more)


def _lacks(name: str, text: str) -> str:
    """What is wrong with a missing value."""
    return f"the column `{name}` {f'has `{text}`, which is a missing value' if text else 'is empty'}"


class _Packed(Mapping[str, Values]):
    """Columns of text, each block of rows in one string: a tenth of the memory of a string for each value."""

    def __init__(self, names: Sequence[str], blocks: Sequence[Sequence[str]], commas: bool) -> None:
        """`commas`: numbers may have decimal commas."""
        self._blocks = {name: tuple(block[at] for block in blocks) for at, name in enumerate(names)}
        self._commas = commas

    def __getitem__(self, name: str) -> Sequence[str]:
        column = [value for block in self._blocks[name] for value in block.split(_BETWEEN)]
        return with_points(column) if self._commas else column

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)

    def __contains__(self, name: object) -> bool:
        return name in self._blocks


def read_table(path: str, needed: Collection[str] = (), options: TableOptions | None = None) -> Table:
    """A file of values separated by commas, semicolons, tabs or bars: the most frequent of them in its first line. In a
    file that is not separated by commas, numbers may have decimal commas.

    Raises DataError, with line numbers, for rows of another length than the first line. Raises DataError for a file
    without such a line, or without a column for each name in `needed`.
    """
    with opened_csv(path) as file:
        delimiter = delimiter_of(file)
        table = parse_table(path, csv_rows(file, delimiter), options, commas=delimiter != ",")
    check_needed(table, needed)
    return table


def check_needed(table: Table, needed: Collection[str]) -> None:
    """Raises DataError if a table has no column of an input, output or series."""
    for name in needed:
        if not owned(table.names, name):
            reason = f"it has no column `{name}` (its columns are {listing(table.header, 8)})"
            raise DataError([UnreadableTable(NOWHERE, table.path, reason)])


def parse_table(
    path: str,
    rows: Iterator[tuple[int, list[str]]],
    options: TableOptions | None = None,
    commas: bool = False,
    numbers: bool = False,
) -> Table:
    """The table in some rows, as in `read_table`; `path` names it in messages. `commas`: numbers may have decimal
    commas. `numbers`: all names of columns may be numbers. Raises DataError and csv.Error."""
    options = options or TableOptions()
    lines, columns = _read(path, rows, commas, numbers)
    return Table(path, lines, options.arranged(columns), options, tuple(columns))


def _read(
    path: str, rows: Iterator[tuple[int, list[str]]], commas: bool, numbers: bool
) -> tuple[tuple[int, ...], Mapping[str, Values]]:
    _, header = next(rows, (0, []))
    header = [name.strip() for name in header]
    _check_header(path, header, numbers)
    lines: list[int] = []
    blocks: list[list[str]] = []
    block: list[list[str]] = []
    faults: list[tuple[int, str]] = []
    for line, row in rows:
        if len(row) != len(header):
            values = "value" if len(row) == 1 else "values"
            columns = "column" if len(header) == 1 else "columns"
            faults.append((line, f"{len(row)} {values}, but the first line names {len(header)} {columns}"))
            continue
        if not lines and not blocks and not block:
            _check_spaces(path, header, row)
        lines.append(line)
        block.append(row)
        if len(block) == _BLOCK:
            blocks.append(_packed(path, block))
            block = []
    if block:
        blocks.append(_packed(path, block))
    if faults:
        remedy = "each line has a value, which may be empty, for each name in the first line; quote values with commas"
        if len(header) == 1:
            remedy = "remove lines above the one that names the columns, and separate names and values alike"
        raise DataError([BadLines(NOWHERE, path, tuple(faults[:SHOWN]), len(faults), remedy)])
    return tuple(lines), _Packed(header, blocks, commas)


def _packed(path: str, block: Sequence[Sequence[str]]) -> list[str]:
    """The columns of some rows, each in one string."""
    columns = [_BETWEEN.join(column) for column in zip(*block, strict=True)]
    if any(column.count(_BETWEEN) != len(block) - 1 for column in columns):
        raise DataError([UnreadableTable(NOWHERE, path, "it has NUL characters")])
    return columns


def owned(names: Collection[str], owner: str) -> tuple[str, ...]:
    """The columns of an input or output by their names.

    >>> owned(["id", "size.width", "size.height", "label"], "size")
    ('size.width', 'size.height')
    """
    return tuple(name for name in names if name == owner or name.startswith(f"{owner}."))


def _check_spaces(path: str, header: list[str], row: list[str]) -> None:
    """Raises DataError for a table whose values are separated by spaces."""
    names, values = header[0].split(), row[0].split()
    if len(header) == 1 and len(names) == len(values) and sum(map(is_number, values)) > 1:
        remedy = "separate names and values by commas, semicolons or tabs"
        raise DataError([UnreadableTable(NOWHERE, path, "its values are separated by spaces", remedy)])


def _check_header(path: str, header: list[str], numbers: bool) -> None:
    reason, more = None, {}
    if not header:
        reason = "it is empty"
    elif header[0].lower().startswith("sep="):
        reason, more = f"its first line is `{header[0]}`, which is for Excel alone", {"remedy": "remove this line"}
    elif not numbers and all(is_number(name) for name in header):
        reason = "its first line has numbers where the names of the columns should be"
    elif "" in header:
        reason = f"its column {header.index('') + 1} has no name (pandas leaves it out with `to_csv(…, index=False)`)"
    elif len(set(header)) < len(header):
        repeated = next(name for name in header if header.count(name) > 1)
        reason = f"two of its columns are named `{repeated}`"
    if reason is not None:
        raise DataError([UnreadableTable(NOWHERE, path, reason, **more)])

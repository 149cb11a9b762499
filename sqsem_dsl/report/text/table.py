"""Text in columns, for a terminal. The color codes of a cell do not count as width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import wrap

GAP = "  "
"""The gap between two columns."""
_CODE = re.compile(r"\033\[[\d;]*m")


def table(rows: Iterable[Sequence[str]], align: str = "<") -> list[str]:
    """Rows with their cells below each other.

    `align` has a sign for each column, `<` for left and `>` for right; the last sign applies to all columns after it.

    >>> table([("costs", "least", "most"), ("params", "890", "1,250")], "<>")
    ['costs   least   most', 'params    890  1,250']
    """
    every = list(rows)
    widths = widths_of(every)
    return [table_line(row, widths, align) for row in every]


def table_line(cells: Sequence[str], widths: Sequence[int], align: str = "<", gap: str = GAP) -> str:
    """A row of a table, without trailing spaces. A cell that is wider than its column moves the cells after it.

    >>> table_line(("a", "1"), (3, 4), "<>")
    'a       1'
    """
    parts = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        padding = " " * (width - _width(cell))
        parts.append(padding + cell if align[min(at, len(align) - 1)] == ">" else cell + padding)
    return gap.join(parts).rstrip()


def widths_of(rows: Iterable[Sequence[str]]) -> list[int]:
    """The width of the widest cell of each column."""
    return [max(map(_width, column)) for column in zip(*rows, strict=True)]


def table_width(widths: Sequence[int]) -> int:
    """The width of a table with columns of these widths."""
    return sum(widths) + len(GAP) * (len(widths) - 1)


def labeled(label: str, text: str, column: int, width: int | None = None) -> list[str]:
    """A label and a text that begins at a column, on all lines of the text. With a width the text is wrapped.

    >>> labeled("inputs", "image, depth", 9, 16)
    ['inputs   image,', '         depth']
    """
    lines = text.split("\n")
    if width is not None:
        lines = wrap(text, width - column, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{label if not at else '':<{column - 1}} {line}" for at, line in enumerate(lines)]


def cut(text: str, width: int) -> str:
    """A text, or its beginning if it is too long.

    >>> cut("fires[0].se", 8)
    'fires[0…'
    """
    return text if len(text) <= width else f"{text[: width - 1]}…"


def cut_start(text: str, width: int) -> str:
    """A text, or its end if it is too long.

    >>> cut_start("fires[0].se", 8)
    '…s[0].se'
    """
    return text if len(text) <= width else f"…{text[len(text) - width + 1 :]}"


def _width(cell: str) -> int:
    return len(_CODE.sub("", cell)) if "\033" in cell else len(cell)

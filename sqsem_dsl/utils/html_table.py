"""Tables in HTML for notebooks. All texts are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def html_table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a title. Numbers are aligned to the right, as notebooks do by default; texts to the left, with their
    heads.

    >>> html_table("a < b", ["n"], [[1]])
    '<table><caption>a &lt; b</caption><thead><tr><th>n</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'
    """
    several = list(rows)
    words = [all(map(_is_text, column)) for column in zip(*several, strict=True)] or [False] * len(head)
    heads = "".join(f"<th{_LEFT if text else ''}>{escape(name)}</th>" for name, text in zip(head, words, strict=True))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in several)
    caption = f"<caption>{escape(title)}</caption>"
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


_LEFT = ' style="text-align:left"'


def _is_text(value: object) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | float)


def _cell(value: object) -> str:
    if _is_text(value):
        return f"<td{_LEFT}>{escape(str(value))}</td>"
    return f"<td>{value:,}</td>" if isinstance(value, int) else f"<td>{value:.4g}</td>"

"""Three renderers of a diagnostic: text with a frame of its source, one short line, and JSON.

Only this module defines the layout. Columns of a frame are those of a terminal: a tab takes four, a wide character
two, a combining one none; control characters are shown as pictures, so that no source can move the cursor.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label
from sqsem_dsl.diagnostics.source import NOWHERE, Source, Span
from sqsem_dsl.utils.visible import visible

TAB = 4
WIDEST = 120
"""The maximum number of columns of a source line; of a longer line, only the part around the position is shown."""

_RESET, _BOLD, _RED, _YELLOW, _BLUE, _CYAN = (
    "\033[0m",
    "\033[1m",
    "\033[1;31m",
    "\033[1;33m",
    "\033[1;34m",
    "\033[1;36m",
)


def render_text(diagnostic: Diagnostic, color: bool = False) -> str:
    """The diagnostic with a frame: title, position, the lines with underlines, help and note. No final line end."""
    paint = _Paint(color, _RED if diagnostic.severity == "error" else _YELLOW)
    head = paint.primary(f"{diagnostic.severity}[{diagnostic.code}]") + paint.bold(f": {_clean(diagnostic.title)}")
    frames, gutter = _frames(diagnostic, paint)
    edge = " " * gutter
    bar = paint.secondary(f"{edge} |")
    lines = [head, *frames]
    remarks = [("help", diagnostic.help), ("note", diagnostic.note)]
    if frames and any(text for _, text in remarks) and len(frames) > 1:
        lines.append(bar)
    for kind, text in remarks:
        if text:
            first, *rest = text.split("\n")
            lines.append(f"{edge} {paint.secondary('=')} {paint.kind(kind)}: {_clean(first)}")
            lines += [f"{edge}   {' ' * len(kind)}  {_clean(line)}" for line in rest]
    return "\n".join(line.rstrip() for line in lines)


def render_short(diagnostic: Diagnostic) -> str:
    """`file:line:col: error[CODE]: title`, for editors and logs."""
    place = _place(diagnostic.span)
    return f"{place + ': ' if place else ''}{diagnostic.severity}[{diagnostic.code}]: {_clean(diagnostic.title)}"


def render_json(diagnostic: Diagnostic) -> str:
    """One JSON object on one line; lines and columns from 1, offsets from 0, the end exclusive."""
    fix = diagnostic.fix
    return json.dumps(
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "title": diagnostic.title,
            "label": diagnostic.label,
            "help": diagnostic.help,
            "note": diagnostic.note,
            **_json_place(diagnostic.span),
            "related": [{**_json_place(r.span), "text": r.text} for r in diagnostic.related],
            "fix": None if fix is None else {**_json_place(fix.span), "replacement": fix.replacement},
        },
        ensure_ascii=False,
    )


def _json_place(span: Span) -> dict[str, object]:
    source = span.source
    if source is NOWHERE.source:
        return dict.fromkeys(["file", "line", "column", "end_line", "end_column", "start", "end"])
    line, column = source.line_col(min(span.start, len(source.text)))
    end_line, end_column = source.line_col(min(max(span.end, span.start), len(source.text)))
    return {
        "file": source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column,
        "start": span.start, "end": span.end,
    }  # fmt: skip


def _place(span: Span) -> str:
    """`file:line:col`; only the file if it has no text; empty for a diagnostic without a position."""
    if span.source is NOWHERE.source:
        return ""
    if not span.source.text:
        return _clean(span.source.name)
    line, column = span.source.line_col(min(span.start, len(span.source.text)))
    return f"{_clean(span.source.name)}:{line}:{column}"


# ---- frames


@dataclass(frozen=True)
class _Paint:
    """ANSI colors, or no colors."""

    color: bool
    main: str

    def _in(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self.color and text else text

    def primary(self, text: str) -> str:
        return self._in(self.main, text)

    def secondary(self, text: str) -> str:
        return self._in(_BLUE, text)

    def bold(self, text: str) -> str:
        return self._in(_BOLD, text)

    def kind(self, text: str) -> str:
        return self._in(_CYAN if text == "help" else _BOLD, text)


@dataclass(frozen=True)
class _Mark:
    """An underline on one line: its characters `start` to `end`."""

    line: int
    start: int
    end: int
    text: str
    primary: bool


def _frames(diagnostic: Diagnostic, paint: _Paint) -> tuple[list[str], int]:
    """The frames of all related sources, that of the diagnostic's own position first, and the gutter's width."""
    main = diagnostic.span.source
    labels = [(Label(diagnostic.span, diagnostic.label), True), *((label, False) for label in diagnostic.related)]
    shown = [(label, primary) for label, primary in labels if label.span.source.text]
    by_source: dict[int, tuple[Source, list[_Mark]]] = {}
    for label, primary in shown:
        marks = by_source.setdefault(id(label.span.source), (label.span.source, []))[1]
        marks.append(_mark(label, primary))
    gutter = max((len(str(mark.line)) for _, marks in by_source.values() for mark in marks), default=1)
    edge = " " * gutter
    if id(main) not in by_source:
        place = _place(diagnostic.span)
        lines = [f"{edge}{paint.secondary('-->')} {place}"] if place else []
    else:
        lines = []
    for source, marks in sorted(by_source.values(), key=lambda entry: entry[0] is not main):
        arrow = "-->" if source is main else ":::"
        first = next((mark for mark in marks if mark.primary), marks[0])
        place = f"{_clean(source.name)}:{first.line}:{first.start + 1}"
        lines += [f"{edge}{paint.secondary(arrow)} {place}", paint.secondary(f"{edge} |")]
        lines += _frame(source, marks, gutter, paint)
    return lines, gutter


def _mark(label: Label, primary: bool) -> _Mark:
    """The underline of a label; for a span of several lines, on its first line."""
    source, span = label.span.source, label.span
    start = min(max(span.start, 0), len(source.text))
    line, column = source.line_col(start)
    length = len(source.line(line).rstrip())
    end = min(column - 1 + max(span.end - start, 0), max(length, column - 1))
    return _Mark(line, column - 1, max(end, column - 1), label.text, primary)


def _frame(source: Source, marks: list[_Mark], gutter: int, paint: _Paint) -> Iterator[str]:
    lines = sorted({mark.line for mark in marks})
    before: int | None = None
    for number in lines:
        if before is not None and number > before + 1:
            yield paint.secondary("...")
        before = number
        text = source.line(number)
        here = sorted((m for m in marks if m.line == number), key=lambda m: (not m.primary, -m.start))
        cells = _cells(text)
        width = sum(len(shown) + extra for shown, extra in cells)
        groups = [here] if width <= WIDEST else [[mark] for mark in here]
        for group in groups:
            low, high = _window(cells, group[0]) if width > WIDEST else (0, len(cells))
            head, tail = "…" if low > 0 else "", "…" if high < len(cells) else ""
            body = head + "".join(shown for shown, _ in cells[low:high]) + tail
            yield f"{paint.secondary(f'{number:>{gutter}} |')} {body}"
            for mark in group:
                column = len(head) + _columns(cells[low : max(mark.start, low)]) + max(mark.start - len(cells), 0)
                length = max(_columns(cells[mark.start : min(mark.end, high)]), 1)
                tint = paint.primary if mark.primary else paint.secondary
                under = ("^" if mark.primary else "-") * length
                note = f"{under} {_clean(mark.text)}".rstrip()
                yield f"{paint.secondary(' ' * gutter + ' |')} {' ' * column}{tint(note)}"


def _window(cells: list[tuple[str, int]], mark: _Mark) -> tuple[int, int]:
    """The visible part of a long line: about a third of it is before the mark."""
    low = max(0, min(mark.start, len(cells)) - WIDEST // 3)
    high, columns = low, 0
    while high < len(cells) and columns < WIDEST:
        columns += len(cells[high][0]) + cells[high][1]
        high += 1
    return low, high


def _cells(text: str) -> list[tuple[str, int]]:
    """The displayed text of each character, and the difference between its width and the string's length."""
    cells: list[tuple[str, int]] = []
    column = 0
    for char in text:
        if char == "\t":
            cells.append((" " * (TAB - column % TAB), 0))
        elif unicodedata.combining(char):
            cells.append((char, -1))
        else:
            cells.append((_clean(char), 1 if unicodedata.east_asian_width(char) in "WF" else 0))
        column += len(cells[-1][0]) + cells[-1][1]
    return cells


def _columns(cells: list[tuple[str, int]]) -> int:
    return sum(len(shown) + extra for shown, extra in cells)


def _clean(text: str) -> str:
    """The text with control characters made visible."""
    return visible(text)

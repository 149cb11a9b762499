"""What the formatter knows of the text that a spec was read from, and how comments and empty lines come back into
its lines.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.scanner import Comment, Piece, Scanned

NOWHERE = -1
"""The offset of what has no place in a text."""


@dataclass(slots=True)
class Line:
    """A line of output. `anchor` is the offset in the old text of the first thing on it; `start` whether a statement
    (or another thing of which there is one a line) begins on it, `wants_gap` whether an empty line comes before it
    where no old text says otherwise."""

    indent: int
    text: str
    anchor: int = NOWHERE
    start: bool = False
    wants_gap: bool = False


class Places:
    """Questions about the old text, by offsets. Without one, nothing is known and every answer is "no"."""

    def __init__(self, source: Source, comments: Sequence[Comment]) -> None:
        self.source, self.text = source, source.text
        self.known = bool(source.text)
        self.comments = sorted(comments, key=lambda comment: comment.span.start) if self.known else []
        self.loose = [] if self.known else list(comments)
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._offsets = [comment.span.start for comment in self.comments]

    @cached_property
    def _scanned(self) -> Scanned:
        return Scanned(self.source)

    @cached_property
    def _code(self) -> list[Piece]:
        return [piece for piece in self._scanned.pieces if piece.kind != "comment"]

    @cached_property
    def _code_starts(self) -> list[int]:
        return [piece.start for piece in self._code]

    def _next(self, offset: int, text: str) -> int:
        """The first bracket `text` or (for `"`) string at or after an offset."""
        if not self.known or offset < 0:
            return NOWHERE
        for piece in self._code[bisect_left(self._code_starts, offset) :]:
            if piece.text == text or (text == '"' and piece.kind == "string"):
                return piece.start
        return NOWHERE

    def first_word(self) -> int:
        return self._code_starts[0] if self.known and self._code else NOWHERE

    def keyword(self, span: Span, words: int = 1, start_of: int | None = None) -> int:
        """Where the statement begins whose name is at `span`: so many words before it."""
        if not self.known:
            return NOWHERE
        offset = span.start if start_of is None else start_of
        index = bisect_left(self._code_starts, offset) - words
        while index > 0 and self._code[index].text == "(":
            index -= 1
        return self._code_starts[max(index, 0)] if self._code else NOWHERE

    def opener(self, offset: int) -> int:
        """The first `{` at or after an offset."""
        return self._next(offset, "{")

    def string(self, offset: int) -> int:
        return self._next(offset, '"')

    def closer(self, opener: int) -> int:
        return self._scanned.pairs.get(opener, NOWHERE) if opener >= 0 else NOWHERE

    def closing(self, offset: int, bracket: str) -> int:
        """The bracket that closes the first `bracket` at or after an offset."""
        return self.closer(self._next(offset, bracket))

    def broken(self, opener: int) -> bool:
        """Whether the author began a new line after an opening brace."""
        if opener < 0:
            return False
        index = bisect_right(self._code_starts, opener)
        after = self._code_starts[index] if index < len(self._code_starts) else len(self.text)
        return "\n" in self.text[opener:after]

    def breaks_before(self, stage: int) -> bool:
        """Whether the author began a new line at the arrow before a stage."""
        if not self.known or stage < 0:
            return False
        index = bisect_left(self._code_starts, stage) - 1
        while index >= 0 and self._code[index].text == "(":
            index -= 1
        if index < 1 or self._code[index].text != "->":
            return False
        return "\n" in self.text[self._code[index - 1].end : stage]

    def commented(self, start: int, end: int) -> bool:
        """Whether a comment stands between two offsets."""
        if not self._offsets or start < 0 or end < 0:
            return False
        index = bisect_left(self._offsets, start)
        return index < len(self._offsets) and self._offsets[index] < end

    def start(self, node: Any) -> int:
        """Where a node's text begins, the keyword of a structure included."""
        if not self.known:
            return NOWHERE
        found = self._starts.get(id(node))
        if found is None:
            match node:
                case m.Repeat() if node.domain is None:
                    found = node.span.start
                case m.Slot() | m.OptionalInput() | m.Choose() | m.Pick() | m.Repeat() | m.Bypass():
                    found = self.keyword(node.span)
                case _:
                    found = node.span.start
            self._starts[id(node)] = found
        return found

    def end(self, node: Any) -> int:
        """Where a node's text ends, its closing brace included."""
        if not self.known:
            return NOWHERE
        found = self._ends.get(id(node))
        if found is None:
            found = self._ends[id(node)] = self._end(node)
        return found

    def _end(self, node: Any) -> int:
        match node:
            case m.Slot() | m.OptionalInput() | m.Choose() | m.Pick() | m.Repeat() | m.Bypass() | m.When():
                return self._end_of_structure(node)
            case m.Pipe():
                return max(node.span.end, self.end(node.stages[-1]))
            case m.Formal() if node.default is not None:
                return self.end(node.default)
            case m.Body():
                return max(node.span.end, self.end(node.out))
            case _:
                return int(node.span.end)

    def _end_of_structure(self, node: Any) -> int:
        match node:
            case m.When():
                closer = self.closer(self.opener(self.end(node.test)))
                if isinstance(node.other, m.When):
                    return self.end(node.other)
                return closer + 1 if node.other is None else self.closer(self.opener(closer)) + 1
            case m.Pick():
                after = self.end(node.domain)
            case m.Bypass() | m.Repeat():
                parts = [p for p in (node.domain, getattr(node, "count", None)) if p is not None]
                after = max([node.span.end, *map(self.end, parts)])
            case _:
                after = node.span.end
        return self.closer(self.opener(after)) + 1

    def gap(self, offset: int) -> bool:
        """Whether the line before that of an offset, with which its line begins, is empty."""
        line_start = self.text.rfind("\n", 0, offset) + 1
        if line_start == 0 or self.text[line_start:offset].strip():
            return False
        before = self.text.rfind("\n", 0, line_start - 1) + 1
        return not self.text[before : line_start - 1].strip()


def finish(lines: list[Line], places: Places) -> str:
    """The text of the lines, with the comments and the empty lines of the old text among them."""
    rows: list[Row] = [Row("#" if not c.text else c.text, 0) for c in places.loose]
    remaining = list(places.comments)
    for line in lines:
        while remaining and line.anchor >= 0 and remaining[0].span.start < line.anchor:
            _place(rows, remaining.pop(0), line, places)
        gap = places.gap(line.anchor) if places.known and line.anchor >= 0 else line.wants_gap
        rows.append(Row(" " * line.indent + line.text, line.indent, gap and line.start))
    for comment in remaining:
        _place(rows, comment, None, places)
    return _aligned(rows)


@dataclass(slots=True)
class Row:
    text: str
    indent: int
    gap: bool = False
    comment: str = ""
    own: bool = False


def _place(rows: list[Row], comment: Comment, following: Line | None, places: Places) -> None:
    """Put a comment after the last line, or on a line of its own before the following one."""
    if not comment.own_line and rows and not rows[-1].own:
        if not rows[-1].comment:
            rows[-1].comment = comment.text
            return
        first = rows.pop()
        rows.append(Row(" " * first.indent + first.comment, first.indent, first.gap, own=True))
        rows.append(Row(first.text, first.indent, False, comment.text))
        return
    indent = 0 if following is None else following.indent
    if following is not None and following.text.startswith(("}", ")", "]")):
        indent += 2
    rows.append(Row(" " * indent + comment.text, indent, places.gap(comment.span.start), own=True))


def _aligned(rows: list[Row]) -> str:
    """The rows as text: comments after neighboring lines in one column, no empty line after an opening bracket."""
    out: list[str] = []
    index = 0
    while index < len(rows):
        run = index
        while run < len(rows) and rows[run].comment and (run == index or not rows[run].gap):
            run += 1
        column = max((len(row.text) for row in rows[index:run]), default=0)
        for row in rows[index : max(run, index + 1)]:
            if row.gap and out and not out[-1].split("#")[0].rstrip().endswith(("{", "(", "[")) and out[-1]:
                out.append("")
            out.append(f"{row.text:{column}}  {row.comment}" if row.comment else row.text)
        index = max(run, index + 1)
    return "\n".join(out) + "\n" if out else ""

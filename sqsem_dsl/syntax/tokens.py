"""The tokens and comments of a text, kept by the parser for questions about its notation.

Tokens are found by their offset: the syntax tree has the offsets at which its nodes begin and end.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.scanner import OPENER, Piece, scan

MAX_PIECES = 60_000
"""Tokens and comments of the longest text that is parsed: about a hundred times the largest handwritten spec."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its `#` to the end of the line. `own_line`: only blanks come before it."""

    span: Span
    own_line: bool

    @property
    def text(self) -> str:
        return self.span.text.rstrip()


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens and comments of a source, scanned on first use."""

    source: Source

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Tokens and comments in order, at most one more than `MAX_PIECES`."""
        return tuple(islice(scan(self.source.text), MAX_PIECES + 1))

    @cached_property
    def code(self) -> tuple[Piece, ...]:
        """The tokens without the comments."""
        return tuple(piece for piece in self.pieces if piece.kind != "comment")

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        found, line_before = [], 0
        for piece in self.pieces:
            line = self.line(piece.start)
            if piece.kind == "comment":
                found.append(Comment(Span(self.source, piece.start, piece.end), line > line_before))
            line_before = line
        return tuple(found)

    @cached_property
    def partners(self) -> dict[int, int]:
        """For each bracket of a pair, the offset of the other one."""
        found, stack = {}, []
        for piece in self.code:
            if piece.kind == "open":
                stack.append(piece)
            elif piece.kind == "close" and stack and stack[-1].text == OPENER[piece.text]:
                opener = stack.pop().start
                found[opener], found[piece.start] = piece.start, opener
        return found

    def line(self, offset: int) -> int:
        """The line number of an offset."""
        return self.source.line_col(offset)[0]

    def at(self, offset: int) -> int:
        """The index of the first token that begins at an offset or after it."""
        return bisect_left(self._code_starts, offset)

    def after(self, offset: int) -> Piece | None:
        """The token after the one that begins at an offset."""
        index = self.at(offset + 1)
        return self.code[index] if index < len(self.code) else None

    def before(self, offset: int) -> int:
        """The index of the last token before an expression that begins at an offset, without parentheses around it: an
        `out`, an arrow, an opening brace."""
        index = self.at(offset) - 1
        while index > 0 and self.code[index].text == "(":
            index -= 1
        return index

    def around(self, span: Span) -> tuple[Piece | None, Piece | None]:
        """The tokens or comments before and after a span that begins and ends with tokens."""
        first, last = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        return (self.pieces[first - 1] if first else None), (self.pieces[last] if last < len(self.pieces) else None)

    def commented(self, start: int, end: int) -> bool:
        """Whether a comment begins between two offsets."""
        index = bisect_left(self._comment_starts, start)
        return index < len(self._comment_starts) and self._comment_starts[index] < end

    def follows_empty_line(self, offset: int) -> bool:
        """Whether a token or comment begins its line, and the line before it is empty."""
        index, line = bisect_left(self._starts, offset), self.line(offset)
        return line - (self.line(self._starts[index - 1]) if index else 0) > 1

    @cached_property
    def _starts(self) -> list[int]:
        return [piece.start for piece in self.pieces]

    @cached_property
    def _comment_starts(self) -> list[int]:
        return [piece.start for piece in self.pieces if piece.kind == "comment"]

    @cached_property
    def _code_starts(self) -> list[int]:
        return [piece.start for piece in self.code]

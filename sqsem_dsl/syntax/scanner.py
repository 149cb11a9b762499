"""A first look at a text, before and beside the parser: comments, brackets, words, and where statements seem to begin.

It never fails. The formatter takes the comments and the pairs of brackets from it, the limits its counts, and the
recovery
from syntax errors the places where a statement begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from sqsem_dsl.diagnostics.source import Source, Span

_PIECE = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>"[^"\n]*"?)
      | (?P<open>[{(\[])
      | (?P<close>[})\]])
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9][0-9A-Za-z_]*+(?:\.[0-9][0-9A-Za-z_]*+)*+(?:(?<=[eE])[+-][0-9]++[KMG]?)?)
      | (?P<other>->|\.\.|[<>=!]=|\*\*|//|\S)""",
    re.VERBOSE,
)
MAX_PIECES = 60_000
"""Tokens and comments of the longest text that is parsed: some hundred times the largest spec of a person."""

OPENER = {"}": "{", ")": "(", "]": "["}
CLOSER = {"{": "}", "(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its `#` to the end of the line. `own_line`: nothing but blanks stands before it."""

    span: Span
    own_line: bool

    @property
    def text(self) -> str:
        return self.span.text.rstrip()


@dataclass(frozen=True, slots=True)
class Piece:
    """A token as the scanner sees it; `kind` is `comment`, `string`, `open`, `close`, `word`, `number` or `other`."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def scan(text: str, start: int = 0) -> Iterator[Piece]:
    """The pieces of a text from an offset, in order; everything but blanks is in one of them."""
    for match in _PIECE.finditer(text, start):
        yield Piece(str(match.lastgroup), match.group(), match.start())


@dataclass(frozen=True, eq=False)
class Scanned:
    """What one scan of a source found."""

    source: Source

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces, at most one more than `MAX_PIECES`."""
        return tuple(islice(scan(self.source.text), MAX_PIECES + 1))

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        text, found = self.source.text, []
        for piece in self.pieces:
            if piece.kind == "comment":
                line_start = text.rfind("\n", 0, piece.start) + 1
                own = not text[line_start : piece.start].strip()
                found.append(Comment(Span(self.source, piece.start, piece.end), own))
        return tuple(found)

    @cached_property
    def pairs(self) -> dict[int, int]:
        """The closing bracket's offset for each opening one that is closed by its own kind."""
        found, stack = {}, []
        for piece in self.pieces:
            if piece.kind == "open":
                stack.append(piece)
            elif piece.kind == "close" and stack and stack[-1].text == OPENER[piece.text]:
                found[stack.pop().start] = piece.start
        return found

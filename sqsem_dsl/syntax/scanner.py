"""A text as pieces: its tokens and comments, found before the parser reads it.

The scanner never fails. For a valid text, its tokens are those of the parser. For an invalid one, the recovery from
syntax errors searches them for a place to continue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>"[^"\n]*"?)
      | (?P<open>[{(\[])
      | (?P<close>[})\]])
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9][0-9A-Za-z_]*+(?:\.[0-9][0-9A-Za-z_]*+)*+(?:(?<=[eE])[+-][0-9]++(?:[KMG]|[um]s)?)?)
      | (?P<other>->|\.\.|[<>=!]=|\*\*|//|\S)""",
    re.VERBOSE,
)

_BLOCK = re.compile(r"^(?:shared |tied )?block ([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)

OPENER = {"}": "{", ")": "(", "]": "["}


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
    """The pieces of a text from an offset, in order; they cover everything except blanks."""
    for match in _PIECE.finditer(text, start):
        yield Piece(str(match.lastgroup), match.group(), match.start())


def blocks_of(text: str) -> list[str]:
    """The names of the blocks of a formatted file: each begins a line."""
    return _BLOCK.findall(text)

"""Source texts, and positions in them: the base of all other modules.

Offsets are characters, half-open; lines and columns are 1-based and are computed only for display.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, eq=False)
class Source:
    """A text and its display name (a path as given, `<string>`, or `std/fire.sqs`)."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return starts

    def line_col(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both 1-based.

        >>> Source("x", "ab\\ncd").line_col(4)
        (2, 2)
        """
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_start(self, number: int) -> int:
        """The offset at which a 1-based line begins; past the last line, that of the end."""
        return self._line_starts[number - 1] if number <= len(self._line_starts) else len(self.text)

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its end; empty past the last line."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        return self.text[self.line_start(number) : self.line_start(number + 1)].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of the other."""
        return Span(self.source, self.start, max(self.end, other.end))

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]


NOWHERE = Span(Source("<nowhere>", ""), 0, 0)

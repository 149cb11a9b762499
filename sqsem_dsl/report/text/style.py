"""The style of a page: its width, and its colors on a terminal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import TextIO

WIDTH = 100
"""The maximum width of a page in columns."""
NARROWEST = 60


@dataclass(frozen=True)
class Style:
    """Without colors a page is plain text, the same on every machine."""

    width: int = WIDTH
    color: bool = False

    def bold(self, text: str) -> str:
        return self._painted("1", text)

    def dim(self, text: str) -> str:
        return self._painted("2", text)

    def bar(self, text: str) -> str:
        return self._painted("36", text)

    def _painted(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.color and text.strip() else text


def style_for(stream: TextIO) -> Style:
    """As wide as the terminal, from 60 to 100 columns, and colored unless NO_COLOR is set; a file has 100 columns
    and no colors."""
    if not stream.isatty():
        return Style()
    color = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return Style(max(NARROWEST, min(WIDTH, get_terminal_size().columns)), color)

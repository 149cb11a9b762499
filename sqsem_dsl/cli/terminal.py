"""The two streams of a command: any text can be printed to them, and no text controls the terminal.

A name in a spec, in data or in a study may contain any character. Those that control a terminal are made visible, and
those that the stream's encoding lacks are replaced by ASCII. Only our own control sequences, for colors and for the
progress line, are written, and only on a terminal.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from sqsem_dsl.utils.visible import escape, visible

OURS = re.compile("(\033\\[(?:0|1|2|36|1;3[1346])m|\r\033\\[K)")
"""The control sequences of our own pages: bold, dim and colored text, and a line that is rewritten."""

ASCII = {
    "…": "...", "→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "×": "x", "·": ".", "•": "*", "–": "-", "—": "-", "−": "-",
    "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∞": "inf", "½": "1/2", "¼": "1/4", "¾": "3/4",
    "²": "^2", "³": "^3", "‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "✓": "ok", "✗": "x", "°": "deg",
    "─": "-", "━": "-", "│": "|", "┃": "|", "├": "|", "└": "`", "┌": "+", "┐": "+", "┘": "+", "┤": "|", "┬": "+",
    "┴": "+", "┼": "+", "╴": "-", "╶": "-", "╭": "+", "╮": "+", "╯": "+", "╰": "+", "╸": "-", "╺": "-",
    "█": "#", "▉": "#", "▊": "#", "▋": "#", "▌": "#", "▍": "-", "▎": "-", "▏": "-", "▐": "#", "░": ".", "▒": ":",
    "▓": "#", "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "▀": "#", "■": "#", "□": ".",
}  # fmt: skip
"""The replacements of our own characters for encodings that lack them."""


@contextmanager
def terminal() -> Iterator[None]:
    """A context in which both standard streams are `Terminal`s."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, Terminal(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class Terminal:
    """A text stream that accepts any text and passes no control characters except our own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(self.encodable(self.shown(text)))
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def shown(self, text: str) -> str:
        """The text with foreign control characters made visible."""
        plain = text.replace("\n", "").replace("\t", "")
        if plain.isprintable():
            return text
        if not self.stream.isatty():
            return visible(text, "\n\t")
        return "".join(part if OURS.fullmatch(part) else visible(part, "\n\t") for part in OURS.split(text))

    def encodable(self, text: str) -> str:
        """The text in characters of the stream's encoding."""
        encoding = self.stream.encoding or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return "".join(_encodable(char, encoding) for char in text)
        return text

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _encodable(char: str, encoding: str) -> str:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        code = ord(char)
        if 0x2400 <= code < 0x2420:
            return f"\\x{code - 0x2400:02x}"
        return "\\x7f" if char == "␡" else ASCII.get(char) or escape(char)
    return char

"""Text that others wrote, made safe to show: what would control a terminal, or hide or reorder letters, is visible.

It is asked once for each kind of output: by `render` for diagnostics, by `cli.terminal` for what a command prints, by
`report.html.html_page` and the charts for pages, and by those that write tables and the names of logs.
"""

from __future__ import annotations

import unicodedata


def visible(text: str, keep: str = "") -> str:
    """A text without control characters, line separators, bidirectional overrides and such, but for those in `keep`.

    Control characters become their pictures, the others the escapes of Python and JSON.

    >>> visible("a\\x1b[31m \\u202e")
    'a␛[31m \\\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(char if char in keep else _shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    # Odd spaces, and letters that this Python does not know yet, change nothing around them.
    return char if unicodedata.category(char) in ("Zs", "Cn", "Co") else escape(char)


def escape(char: str) -> str:
    """A character as JSON escapes it.

    >>> escape("\\u00e9"), escape("\\U0001f600")
    ('\\\\u00e9', '\\\\ud83d\\\\ude00')
    """
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

"""Makes untrusted text safe to display: characters that control a terminal, or hide or reorder letters, are visible.

Each kind of output uses it once: `render` for diagnostics, `cli.terminal` for the output of commands,
`report.html.html_page` and the charts for pages, and the writers of tables and of names in logs.
"""

from __future__ import annotations

import unicodedata


def visible(text: str, keep: str = "") -> str:
    """A text without control characters, line separators, bidirectional overrides and the like, except those in `keep`.

    Control characters become their pictures, the others become escapes as in Python and JSON.

    >>> visible("a\\x1b[31m \\u202e")
    'a␛[31m \\\\u202e'
    """
    others = text
    for char in keep:
        others = others.replace(char, "")
    if others.isprintable():
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
    # Odd spaces, and letters that this Python does not know yet, do not affect the text around them.
    return char if unicodedata.category(char) in ("Zs", "Cn", "Co") else escape(char)


def escape(char: str) -> str:
    """A character as JSON escapes it.

    >>> escape("\\u00e9"), escape("\\U0001f600")
    ('\\\\u00e9', '\\\\ud83d\\\\ude00')
    """
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

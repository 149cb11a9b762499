"""Words of Python where the language has values."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "True": "write `true`",
    "False": "write `false`",
    "None": "there is no such value: leave the argument out",
    "null": "there is no such value: leave the argument out",
    "nil": "there is no such value: leave the argument out",
    "same": "`same` is a value of `padding`: `conv(16, 3, padding = same)`",
    "valid": "`valid` is a value of `padding`: `conv(16, 3, padding = valid)`",
}


def name_hint(name: str) -> str | None:
    """What to write for a name that is bound nowhere; None where nothing is known about it."""
    return NAMES.get(name)

"""Python names for values of the language."""

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
    """Help for an unbound name; None if there is no hint for it."""
    return NAMES.get(name)

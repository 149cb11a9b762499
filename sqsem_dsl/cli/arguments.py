"""Types of arguments that commands have in common."""

from __future__ import annotations

from argparse import ArgumentTypeError


def natural(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is no whole number")
    return int(text)


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    number = natural(text)
    if number == 0:
        raise ArgumentTypeError("must be at least 1")
    return number

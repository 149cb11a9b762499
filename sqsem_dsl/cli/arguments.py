"""Types of arguments that commands have in common."""

from __future__ import annotations

from argparse import ArgumentTypeError
from math import isfinite


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


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"`{text}` is no number") from None
    if not isfinite(value):
        raise ArgumentTypeError("must be finite")
    return value


def share(text: str) -> float:
    """A finite number, 0 or more."""
    value = number(text)
    if value < 0:
        raise ArgumentTypeError("must not be below 0")
    return value


def positive_number(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if value <= 0:
        raise ArgumentTypeError("must be above 0")
    return value


def portion(text: str) -> float:
    """A number above 0 and at most 1."""
    value = positive_number(text)
    if value > 1:
        raise ArgumentTypeError("must be at most 1")
    return value


def folds(text: str) -> int:
    """A number of folds: 2 or more."""
    value = natural(text)
    if value < 2:
        raise ArgumentTypeError("must be at least 2")
    return value

"""Checks of single values from a database or from JSON: their type, their size, and whether they are finite."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqsem_dsl.study.stopping.bar import Bar

LARGEST = 2**63 - 1
REMEMBERED = 128
"""JSON texts of one column whose values are kept."""
_DECODE = json.JSONDecoder().raw_decode
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

Check = Callable[[object], Any]
"""Takes the value of a column from the database's value. Raises ValueError with the reason."""


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def whole(least: int, most: int = LARGEST) -> Check:
    """A whole number in a range."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("not a whole number")
        if not least <= value <= most:
            raise ValueError(f"not from {least} to {most}" if most != LARGEST else f"below {least}, or far too large")
        return value

    return check


def natural(value: object) -> int:
    """A whole number from 0, of any size."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("not a whole number from 0")
    return value


def number(value: object) -> float:
    """Any number, finite or not."""
    if type(value) is float:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("far too large")
    return value


def finite(least: float = -math.inf, most: float = math.inf) -> Check:
    """A finite number in a range."""

    def check(value: object) -> float:
        found = number(value)
        if not math.isfinite(found):
            raise ValueError("not a finite number")
        if not least <= found <= most:
            raise ValueError(f"not from {least:g} to {most:g}" if math.isfinite(most) else f"below {least:g}")
        return found

    return check


_finite = finite()


def one_of(*words: str) -> Check:
    def check(value: object) -> object:
        if value not in words:
            raise ValueError(f"none of {', '.join(words)}")
        return value

    return check


def maybe(check: Check) -> Check:
    """Also accepts null."""
    return lambda value: None if value is None else check(value)


def plain(value: object) -> Any:
    """The value of a choice: a number, a text, a flag, or a list of these."""
    match value:
        case bool() | str():
            return value
        case int() | float():
            return _finite(value)
        case list():
            return [plain(one) for one in value]
        case _:
            raise ValueError("not a number, text, flag or list")


def bar(value: object) -> Bar:
    match value:
        case [epoch, score, reason]:
            return Bar(whole(1)(epoch), number(score), text(reason))
        case _:
            raise ValueError("not a list of an epoch, a score and a reason")


def flag(value: object) -> bool:
    if value not in (0, 1):
        raise ValueError("neither 0 nor 1")
    return bool(value)


def json_of(value: object) -> Any:
    """The value of a JSON text."""
    written = text(value)
    try:
        found = _loads(written)
        if "\\u" in written and _SURROGATE.search(written):
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    return found


def _loads(written: str) -> Any:
    """The same as `json.loads`, which takes as long for its own preparations as for a short text."""
    try:
        found, end = _DECODE(written)
    except ValueError:
        end = -1
    return found if end == len(written) else json.loads(written)


def mapping(check: Check) -> Check:
    """A JSON object whose values all pass."""

    def found(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("not an object")
        try:
            return {name: check(one) for name, one in value.items()}
        except ValueError:
            return {name: _named(name, check, one) for name, one in value.items()}

    return found


_numbers, _values = mapping(number), mapping(plain)
_SIMPLE = {str, bool, int, float}


def numbers(value: object) -> dict[str, float]:
    """A JSON object of numbers. If all are floating-point numbers, as nearly always, each need not be checked."""
    if isinstance(value, dict) and set(map(type, value.values())) == {float}:
        return value
    found: dict[str, float] = _numbers(value)
    return found


def values(value: object) -> dict[str, Any]:
    """A JSON object of values of choices: as `mapping(plain)`, and faster if none is a list or a very large number."""
    if (
        isinstance(value, dict)
        and set(map(type, value.values())) <= _SIMPLE
        and all(-LARGEST <= one <= LARGEST for one in value.values() if type(one) is not str)
    ):
        return value
    found: dict[str, Any] = _values(value)
    return found


def several(check: Check) -> Check:
    """A JSON list whose values all pass."""

    def found(value: object) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("not a list")
        return [check(one) for one in value]

    return found


def from_json(check: Check) -> Check:
    """The value of a JSON text that passes. Rows with the same text share it: few of the texts of a study differ."""

    @lru_cache(maxsize=REMEMBERED)
    def known(written: str) -> Any:
        return check(json_of(written))

    return lambda value: known(text(value))


def _named(name: str, check: Check, value: object) -> Any:
    try:
        return check(value)
    except ValueError as problem:
        raise ValueError(f"wrong: `{name}` in it is {problem}") from None

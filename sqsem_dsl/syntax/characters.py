"""Characters that begin no token, and their probable meaning."""

from __future__ import annotations

import re
from decimal import Decimal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.hints.searched import SEARCHED
from sqsem_dsl.diagnostics.hints.structures import ARROW, LAYERS
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.failure import Failure, shorten
from sqsem_dsl.syntax.finding import Finding, Repair

_ODD = re.compile(r"[^\sA-Za-z0-9_{}()\[\],:=@.+\-*/%<>#\"]+")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"[0-9][0-9A-Za-z_]*+(?:\.(?!\.)[0-9A-Za-z_]*+)*+(?:(?<=[0-9.][eE])[+-]?[0-9][0-9A-Za-z_]*+)?")
_REMEDIES = {
    ";": "statements need no `;`",
    "'": 'a string is written in double quotes: `"text"`',
    "“": 'a string is written in double quotes: `"text"`',
    "”": 'a string is written in double quotes: `"text"`',
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "~": "write `not`",
    "^": "a power is written `**`",
    "→": "the arrow is written `->`",
    "×": "a product is written `*`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "…": "a range is written with two dots: `1..4`",
    "–": "the minus sign is written `-`",
    "−": "the minus sign is written `-`",
    "\0": "the file holds a NUL character: is it a text file?",
}
_UNIT = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)([A-Za-z]{1,3})")
_UNITS = {
    "k": "K",
    "g": "G",
    "kb": "K",
    "mb": "M",
    "gb": "G",
    "s": "e3ms",
    "sec": "e3ms",
    "us": "us",
    "ms": "ms",
    "ns": "",
}
"""For a unit in small letters that the language does not have, what follows the number instead."""
_BINARY = {"kib": 1024, "mib": 1024**2, "gib": 1024**3}
_MINUTES = {"hours": 60, "trial_minutes": 1}
"""The minutes of a unit of a setting."""
_MEANT = {
    "→": "_ARROW", "≤": "COMPARE", "≥": "COMPARE", "≠": "COMPARE", "&": "AND", "|": "OR", "!": "NOT", "…": "_DOTS",
    "^": "POWER", "×": "MULTIPLY",
}  # fmt: skip
_SURE = frozenset({"_ARROW", "_DOTS"})
"""Replacements with only one way to write them."""


def characters(failure: Failure) -> Finding | None:
    """Characters that begin no token here."""
    if failure.type != "?":
        return None
    text, start = failure.source.text, failure.start
    char = text[start]
    if char == '"':
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        diagnostic: Diagnostic = errors.UnclosedString(Span(failure.source, start, start + 1))
        closing = re.compile(r"[)\]}\s,]*$").search(text, start, end)
        return Finding(diagnostic, (Repair(("STRING",), closing.start() if closing else end), Repair(("STRING",), end)))
    number = _NUMBER.match(text, start)
    if number:
        written = number.group()
        diagnostic = errors.MalformedNumber(
            Span(failure.source, start, number.end()), shorten(written), unit_hint(failure, written)
        )
        return Finding(diagnostic, (Repair(("NUMBER",), number.end()), Repair(("NAME",), number.end())))
    word = _WORD.match(text, start)
    if word:
        previous = failure.previous
        glued = previous is not None and previous.type == "NAME" and previous.end_pos == start
        first = previous.start_pos if glued and previous is not None else start
        place = Span(failure.source, int(first or 0), word.end())
        hint = "names are made of the letters a to z and A to Z, digits and `_`"
        diagnostic = errors.UnexpectedCharacter(
            place, f"letter `{char}` in a name" if glued else f"`{shorten(word.group())}`", hint
        )
        return Finding(diagnostic, (Repair(() if glued else ("NAME",), word.end()), Repair((), word.end())))
    odd = _ODD.match(text, start)
    end = odd.end() if odd else start + 1
    run = text[start:end]
    meant = _MEANT.get(char)
    repairs = (*([Repair((meant,), end, meant in _SURE)] if meant is not None else []), Repair((), end))
    found = f"character `{_shown(run)}`" if len(run) == 1 else f"characters `{_shown(run)}`"
    return Finding(errors.UnexpectedCharacter(Span(failure.source, start, end), found, _remedy(failure, char)), repairs)


def unit_hint(failure: Failure, number: str) -> str | None:
    """`5k`, `256KB`, `1s`: the number with a unit of the language."""
    parts = _UNIT.fullmatch(number)
    if parts is None:
        return None
    value, unit = parts.groups()
    setting = next((str(token) for token in reversed(failure.before) if token.type == "NAME"), None)
    if setting in _MINUTES and unit in ("h", "min"):
        found = Decimal(value) * (60 if unit == "h" else 1) / _MINUTES[setting]
        return f"its unit is in the name of the setting: `{setting} = {found.normalize():f}`"
    if unit in ("f", "F", "d", "L", "u"):
        return f"write `{value}`"
    if unit in ("b", "B"):
        return f"write `{value}G` for billions, or `{value}` for bytes"
    if unit == "m":
        return f"write `{value}M` for millions, or `{value}ms` for milliseconds"
    if unit.lower() in _BINARY:
        return f"write `{(Decimal(value) * _BINARY[unit.lower()]).normalize():f}`"
    suffix = _UNITS.get(unit.lower())
    return f"write `{value}{suffix}`" if suffix is not None else None


def _remedy(failure: Failure, char: str) -> str | None:
    if failure.source.text.startswith("~>", failure.start):
        return ARROW
    between_values = failure.previous is not None and failure.previous.type in ("NUMBER", "STRING")
    if char != "|" or failure.in_condition:
        return _REMEDIES.get(char)
    if failure.source.text.startswith("|>", failure.start):
        return ARROW
    return f"{SEARCHED if between_values else f'{LAYERS}; {ARROW}'}; in a condition, write `or`"


def _shown(run: str) -> str:
    """Characters for a title; unprintable ones by their code point."""
    return shorten("".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in run[:60]), 20)


def number_with_point(failure: Failure) -> Finding | None:
    """`.5` and `16.`"""
    if failure.type != "_DOT":
        return None
    text, previous = failure.source.text, failure.previous
    if previous is not None and previous.type == "NUMBER" and previous.end_pos == failure.start:
        start = int(previous.start_pos or 0)
        whole = _NUMBER.match(text, start)
        end = failure.end if whole is None else max(failure.end, whole.end())
        place = Span(failure.source, start, end)
        hint = f"write `{previous}` or `{previous}.0`" if end == failure.end else unit_hint(failure, place.text)
        return Finding(errors.MalformedNumber(place, shorten(place.text), hint), (Repair((), end),))
    digits = re.compile(r"\.[0-9][0-9A-Za-z_]*").match(text, failure.start)
    if digits is None:
        return None
    place = Span(failure.source, failure.start, digits.end())
    hint = f"write `0{shorten(digits.group())}`"
    return Finding(errors.MalformedNumber(place, shorten(digits.group()), hint), (Repair(("NUMBER",), digits.end()),))

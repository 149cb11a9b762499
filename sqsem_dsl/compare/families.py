"""Families of choices: what one text makes in each iteration of a `repeat`, `fires[0].skip`, `fires[1].skip`, …"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from sqsem_dsl.ir.choices import Choice

_INDEX = re.compile(r"\[(\d+)\]")
Indices = tuple[int, ...]


def pattern(path: str) -> str:
    """A path without its indices.

    >>> pattern("fires[2].se.ratio")
    'fires[].se.ratio'
    """
    return _INDEX.sub("[]", path)


def indices(path: str) -> Indices:
    return tuple(int(number) for number in _INDEX.findall(path))


@dataclass(frozen=True)
class Family:
    """Choices whose paths differ in their indices alone, in draw order."""

    pattern: str
    choices: tuple[Choice, ...]

    @cached_property
    def by_index(self) -> dict[Indices, Choice]:
        return {indices(choice.path): choice for choice in self.choices}


def families(choices: Iterable[Choice]) -> dict[str, Family]:
    """The families by pattern, in the order of their first choices."""
    found: dict[str, list[Choice]] = {}
    for choice in choices:
        found.setdefault(pattern(choice.path), []).append(choice)
    return {name: Family(name, tuple(members)) for name, members in found.items()}


def together(paths: Sequence[str]) -> str:
    """Paths of one family as one.

    >>> together(["fires[0].se", "fires[1].se", "fires[2].se"])
    'fires[0..2].se'
    >>> together(["a[0].b[1]", "a[1].b[0]"])
    'a[0..1].b[0..1] (2 of 4)'
    """
    at = [indices(path) for path in paths]
    several = [sorted(set(numbers)) for numbers in zip(*at, strict=True)]
    parts = iter(_range(numbers) for numbers in several)
    text = _INDEX.sub(lambda _: f"[{next(parts)}]", paths[0])
    every = prod(len(numbers) for numbers in several)
    return text if len(paths) == every else f"{text} ({len(paths)} of {every})"


def _range(numbers: list[int]) -> str:
    """Numbers as a range where they have no gap."""
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}..{numbers[-1]}"
    return ", ".join(map(str, numbers))

"""Families of choices: the choices that one text makes in the iterations of a `repeat`, `fires[0].skip`,
`fires[1].skip`, …"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.ir.path import Index, Path


@dataclass(frozen=True)
class Family:
    """Choices whose paths differ only in their indices, in draw order."""

    path: Path
    """Without indices: `fires[].skip`."""
    choices: tuple[Choice, ...]

    @cached_property
    def by_index(self) -> dict[tuple[Index, ...], Choice]:
        return {choice.at.indices: choice for choice in self.choices}


def families(choices: Iterable[Choice]) -> dict[Path, Family]:
    """The families by path, in the order of their first choices."""
    found: dict[Path, list[Choice]] = {}
    for choice in choices:
        found.setdefault(choice.at.family, []).append(choice)
    return {path: Family(path, tuple(members)) for path, members in found.items()}

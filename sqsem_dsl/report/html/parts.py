"""What the sections of a page consist of. `templates/parts.html` has a macro for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.utils.visible import visible

NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Needed in a file of its own, but not on a page."""


@dataclass(frozen=True)
class Svg:
    """A picture that was made here. Templates write it as it is; they escape everything else."""

    text: str

    def __html__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Table:
    """A table. The first cell of a row names it; the columns in `numbers` are aligned to the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Collection[int] = ()


@dataclass(frozen=True)
class Illustration:
    """A picture with its title, a note below it, and its numbers to unfold."""

    title: str
    picture: Svg
    note: str = ""
    numbers: Table | None = None
    unfold: str = "The numbers"
    wide: bool = False
    """Whether the picture scrolls where it is wider than the page."""


@dataclass(frozen=True)
class Option:
    """A choice and the option that was taken."""

    path: str
    option: str


def network_illustration(title: str, picture: str) -> Illustration:
    """The picture of a network, as `report.diagram` draws it."""
    return Illustration(title, Svg(visible(picture.replace(NAMESPACE, "", 1), "\n\t")), wide=True)


def options_of(choices: Mapping[str, Any]) -> tuple[Option, ...]:
    """The choices of a trial."""
    return tuple(Option(path, shown(value)) for path, value in choices.items())

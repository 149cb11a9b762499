"""The components of the sections of a page. `templates/parts.html` has a macro for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.utils.visible import visible

NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
"""Needed in a separate file, but not on a page."""


@dataclass(frozen=True)
class Svg:
    """An image that was made here. Templates write it unchanged; they escape everything else."""

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
    """An image with its title, a note below it, and its numbers in an expandable part."""

    title: str
    picture: Svg
    note: str = ""
    numbers: Table | None = None
    unfold: str = "The numbers"
    wide: bool = False
    """Whether the image scrolls if it is wider than the page."""


@dataclass(frozen=True)
class Option:
    """A choice and the selected option."""

    path: str
    option: str


def network_illustration(title: str, picture: str) -> Illustration:
    """The diagram of a network, as rendered by `report.diagram`."""
    return Illustration(title, Svg(visible(picture.replace(NAMESPACE, "", 1), "\n\t")), wide=True)


def options_of(choices: Mapping[str, Any]) -> tuple[Option, ...]:
    """The choices of a trial."""
    return tuple(Option(path, shown(value)) for path, value in choices.items())

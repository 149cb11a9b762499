"""Marks of a diagram: the shade of an option of a choice, the number in a box, the shape on a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import Value
from sqsem_dsl.report.diagram.scene import Alternatives, Box, Bypass, Element, Part, Repeat, Slot

Tone = Literal["plain", "better", "worse", "same", "unsure", "new", "gone", "absent", "deep"]
"""Without a choice; the verdicts of an effect, in order; present only in this network, or only in the compared one; not
selected; only in deeper networks."""


@dataclass(frozen=True)
class Mark:
    """A tone, its strength from 0 to 1, the displayed number, and the full text."""

    tone: Tone = "plain"
    strength: float = 0.0
    text: str = ""
    title: str = ""
    option: str = ""
    """The option that it belongs to, as written in a spec."""

    @property
    def absent(self) -> bool:
        return self.tone in ("absent", "gone")


PLAIN = Mark()


@dataclass(frozen=True)
class Line:
    """A line of small text with a mark after it, for a value choice."""

    text: str
    mark: Mark = PLAIN
    path: Path | None = None


class Reading(Protocol):
    """Provides the labels of a diagram's elements."""

    def case(self, element: Slot | Alternatives | Part, option: Value) -> Mark:
        """For the option of a structure."""

    def modes(self, bypass: Bypass) -> tuple[Line, ...]:
        """The labels at the arc of a bypass, the strongest mark in the first line; empty if it is not used."""

    def step(self, repeat: Repeat, index: int) -> Mark:
        """For a step of a repeat, from 0."""

    def stop(self, repeat: Repeat, count: int) -> Mark | None:
        """For the place where a repeat of so many steps ends; None if it does not end there."""

    def pooled(self, repeat: Repeat) -> tuple[Line, ...]:
        """For choices of all steps together."""

    def values(self, path: Path, name: str) -> tuple[Line, ...]:
        """For the choice of a value."""

    def note(self, box: Box) -> str:
        """The text in a box."""

    def shape(self, element: Element) -> str:
        """For the output tensor of an element; empty if it is not shown."""

    def reached(self, element: Element) -> bool:
        """Whether an element is part of the displayed network."""

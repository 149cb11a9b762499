"""What is said of what is drawn: of a choice's option how it is shaded, of a box a number, of a line a shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import Value
from sqsem_dsl.report.diagram.scene import Alternatives, Box, Bypass, Element, Part, Repeat, Slot

Tone = Literal["plain", "better", "worse", "same", "unsure", "new", "gone", "absent", "deep"]
"""As it is without a choice; what an effect says, in the order of the verdicts; what is there and not in the network
that it is compared with, or there alone; what is not taken; what is
there in deeper networks alone."""


@dataclass(frozen=True)
class Mark:
    """A tone, how strong it is from 0 to 1, the number that is written, and what is said in full."""

    tone: Tone = "plain"
    strength: float = 0.0
    text: str = ""
    title: str = ""
    option: str = ""
    """The option that it is of, as it is written in a spec."""

    @property
    def absent(self) -> bool:
        return self.tone in ("absent", "gone")


PLAIN = Mark()


@dataclass(frozen=True)
class Line:
    """A line of small text with a mark behind it, of a choice of a value."""

    text: str
    mark: Mark = PLAIN
    path: Path | None = None


class Reading(Protocol):
    """Says of what is drawn what is known of it."""

    def case(self, element: Slot | Alternatives | Part, option: Value) -> Mark:
        """Of the option of a structure."""

    def modes(self, bypass: Bypass) -> tuple[Line, ...]:
        """What is written at the arc of a bypass, the first line its strongest; none where it is not taken."""

    def step(self, repeat: Repeat, index: int) -> Mark:
        """Of a step of a repeat, from 0."""

    def stop(self, repeat: Repeat, count: int) -> Mark | None:
        """Of the place where a repeat of so many steps ends; None where it does not end there."""

    def pooled(self, repeat: Repeat) -> tuple[Line, ...]:
        """Of choices of all steps together."""

    def values(self, path: Path, name: str) -> tuple[Line, ...]:
        """Of the choice of a value."""

    def note(self, box: Box) -> str:
        """What is written in a box."""

    def shape(self, element: Element) -> str:
        """Of the tensor that an element gives; empty where it is not told."""

    def reached(self, element: Element) -> bool:
        """Whether an element is part of the network that is shown."""

"""What can be wrong with the files of a study that somebody else made, or that were damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic

SHOWN = 5
"""Faults that are told where there are more."""


@dataclass(frozen=True)
class DamagedStudy(Diagnostic):
    """Rows of a journal that cannot be what a search has written."""

    code: ClassVar[str] = "SQS770"
    path: str
    faults: tuple[str, ...]
    """Each with its place: `trial 3: …`."""

    @property
    def title(self) -> str:
        return f"the study `{self.path}` is damaged: {self.faults[0]}"

    @property
    def note(self) -> str | None:
        more = self.faults[1 : 1 + SHOWN]
        rest = len(self.faults) - 1 - len(more)
        return "; ".join((*more, *([f"and {rest} more"] if rest else ()))) or None

    @property
    def help(self) -> str:
        return "`sqsem trials` shows all else that is in it; a search goes on in another folder, with `-o`"


@dataclass(frozen=True)
class LinkInStudy(Diagnostic):
    """A link, a pipe or a device where a study has a file or a folder of its own."""

    code: ClassVar[str] = "SQS774"
    path: str
    kind: str

    @property
    def title(self) -> str:
        return f"`{self.path}` is {self.kind}, and a study's own files are neither read nor written through one"

    @property
    def help(self) -> str:
        return "remove it, or name another folder with `-o`; the study's folder itself may be a link"


@dataclass(frozen=True)
class OutsideSources(Diagnostic):
    """A spec in a journal has files of names that lead out of its folder."""

    code: ClassVar[str] = "SQS775"
    name: str

    @property
    def title(self) -> str:
        return f"the study keeps a file of the name `{self.name}`, which is none in the folder of its spec"

    @property
    def help(self) -> str:
        return "no search writes such a study: do not trust it"

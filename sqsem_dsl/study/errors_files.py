"""Errors in the files of a study that are damaged or come from someone else."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic

SHOWN = 5
"""Maximum number of faults in a message."""


class DamagedStudy(Diagnostic, code="SQS770"):
    """Rows of a journal that no search can have written."""

    path: str
    faults: tuple[str, ...]
    """Each with its place: `trial 3: …`."""

    title = "the study `{path}` is damaged: {faults[0]}"
    help = "`sqsem trials` shows the rest; search into another folder with `-o`"

    @property
    def note(self) -> str | None:
        more = self.faults[1 : 1 + SHOWN]
        rest = len(self.faults) - 1 - len(more)
        return "; ".join((*more, *([f"and {rest} more"] if rest else ()))) or None


class LinkInStudy(Diagnostic, code="SQS774"):
    """A link, a pipe or a device in place of a file or folder of the study."""

    path: str
    kind: str

    title = "`{path}` is {kind}, and a study's own files are neither read nor written through one"
    help = "remove it, or name another folder with `-o`; the study's folder itself may be a link"


class OutsideSources(Diagnostic, code="SQS775"):
    """A spec in a journal has files with names that lead out of its folder."""

    name: str

    title = "the study has a file named `{name}`, which is not in the folder of its spec"
    help = "no search writes such a study: do not trust it"


class CannotMeasure(Diagnostic, code="SQS949"):
    """A layer whose time cannot be measured, or a table that cannot take it."""

    what: str
    reason: str
    remedy: str

    title = "cannot measure {what}: {reason}"
    help = "{remedy}"

"""The exceptions of the package."""

from __future__ import annotations

from collections.abc import Iterable

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.render import render_text


class SqsError(Exception):
    """The error of the public API for an invalid spec: all of its diagnostics, in order of position."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n" + "\n".join(render_text(d) for d in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the diagnostics name the places to look at."""
        return str(self).strip().splitlines()


class InternalError(Exception):
    """A bug in sqsem, never the user's error: an impossible state."""

"""The exceptions of the package."""

from __future__ import annotations

from collections.abc import Iterable

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.render import render_text


class SqsError(Exception):
    """What the public API raises for a wrong spec: all of its diagnostics, in order of place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n" + "\n".join(render_text(d) for d in self.diagnostics)


class InternalError(Exception):
    """A bug of ours, never the user's: something that cannot happen did."""

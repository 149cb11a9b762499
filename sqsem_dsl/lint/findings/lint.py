"""The base of all lint findings."""

from __future__ import annotations

from collections.abc import Iterable

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Fix


class Lint(Diagnostic, severity="warning"):
    """A warning, optionally with an edit of the text that fixes it."""

    edit: Fix | None = None

    @property
    def fix(self) -> Fix | None:
        return self.edit


def together(words: Iterable[str]) -> str:
    """Words joined for a sentence.

    >>> together(["a", "b", "c"])
    'a, b and c'
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last

"""What all findings of the lints have in common."""

from __future__ import annotations

from collections.abc import Iterable

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Fix


class Lint(Diagnostic, severity="warning"):
    """A warning, perhaps with an edit of the text that fixes it."""

    edit: Fix | None = None

    @property
    def fix(self) -> Fix | None:
        return self.edit


def together(words: Iterable[str]) -> str:
    """Words in a sentence.

    >>> together(["a", "b", "c"])
    'a, b and c'
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last

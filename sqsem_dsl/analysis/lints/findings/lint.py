"""What all findings of the lints have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, Fix, Severity


@dataclass(frozen=True)
class Lint(Diagnostic):
    """A warning, perhaps with an edit of the text that mends it."""

    code: ClassVar[str] = "SQS800"
    severity: ClassVar[Severity] = "warning"
    edit: Fix | None = None

    @property
    def title(self) -> str:
        raise NotImplementedError

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

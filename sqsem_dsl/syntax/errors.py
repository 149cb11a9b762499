"""The diagnostics of texts and syntax: codes SQS001 to SQS019."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic


@dataclass(frozen=True)
class Unexpected(Diagnostic):
    """A token stands where the grammar has no place for it, and nothing better is known about it."""

    code: ClassVar[str] = "SQS001"
    found: str
    expected: str
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"unexpected {self.found}, expected {self.expected}"

    @property
    def label(self) -> str:
        return f"expected {self.expected}"

    @property
    def help(self) -> str | None:
        return self.hint

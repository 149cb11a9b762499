"""Names that nothing reads (SQS84x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.analysis.lints.findings.lint import Lint


@dataclass(frozen=True)
class NeverUsed(Lint):
    code: ClassVar[str] = "SQS841"
    what: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        return f"the {self.what} `{self.name}` is never used"

    @property
    def help(self) -> str:
        return "use it, or remove it"

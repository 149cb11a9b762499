"""Domains (SQS3xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic


@dataclass(frozen=True)
class EmptyDomain(Diagnostic):
    code: ClassVar[str] = "SQS301"
    reason: str

    @property
    def title(self) -> str:
        return f"the domain is empty: {self.reason}"

    @property
    def help(self) -> str:
        return "write the lower end first"


@dataclass(frozen=True)
class RepeatedValue(Diagnostic):
    code: ClassVar[str] = "SQS302"
    value: str

    @property
    def title(self) -> str:
        return f"the domain lists {self.value} twice"

    @property
    def help(self) -> str:
        return "remove one of them: each value is one option"


@dataclass(frozen=True)
class BadRange(Diagnostic):
    code: ClassVar[str] = "SQS303"
    message: str
    remedy: str

    @property
    def title(self) -> str:
        return self.message

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class NotStatic(Diagnostic):
    """A value that reads a choice or a shape where it must be known at once."""

    code: ClassVar[str] = "SQS304"
    what: str
    remedy: str = "use numbers, constants, an index, or arguments that are known"

    @property
    def title(self) -> str:
        return f"{self.what} must be known before anything is chosen"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class RealReaches(Diagnostic):
    code: ClassVar[str] = "SQS305"
    what: str

    @property
    def title(self) -> str:
        return f"a continuous choice reaches {self.what}"

    @property
    def help(self) -> str:
        return "give its range a `step`, or list the values: shapes, counts and conditions need discrete choices"


@dataclass(frozen=True)
class BadPick(Diagnostic):
    code: ClassVar[str] = "SQS308"
    size: int
    count: int

    @property
    def title(self) -> str:
        return f"cannot pick {self.size} of {self.count} alternatives"

    @property
    def help(self) -> str:
        return f"pick between 1 and {self.count}"

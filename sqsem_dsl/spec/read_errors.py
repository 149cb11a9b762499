"""The diagnostics of files and of specs in JSON form: codes SQS020 to SQS039."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic


@dataclass(frozen=True)
class NoFile(Diagnostic):
    """There is no file of that name."""

    code: ClassVar[str] = "SQS020"
    path: str
    near: str | None = None

    @property
    def title(self) -> str:
        return f"there is no file `{self.path}`"

    @property
    def help(self) -> str | None:
        return f"a file with a similar name exists: `{self.near}`" if self.near else "check the path and the name"


@dataclass(frozen=True)
class Unreadable(Diagnostic):
    """The file is there and cannot be read: a folder, no permission, a broken disk."""

    code: ClassVar[str] = "SQS021"
    path: str
    reason: str
    remedy: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.path}` cannot be read: {self.reason}"

    @property
    def help(self) -> str | None:
        return self.remedy


@dataclass(frozen=True)
class NotUtf8(Diagnostic):
    """Bytes that are no UTF-8. `offset` counts bytes from the beginning of the file, from 0."""

    code: ClassVar[str] = "SQS022"
    byte: int
    offset: int
    utf16: bool = False

    @property
    def title(self) -> str:
        if self.utf16:
            return "the file is UTF-16, not UTF-8"
        return f"the file is not UTF-8: byte 0x{self.byte:02X} at offset {self.offset}"

    @property
    def label(self) -> str:
        return "" if self.utf16 else "not UTF-8 from here on"

    @property
    def help(self) -> str | None:
        return "save the file with the encoding UTF-8"


@dataclass(frozen=True)
class FileTooLarge(Diagnostic):
    """A file larger than any spec."""

    code: ClassVar[str] = "SQS023"
    path: str
    limit: int

    @property
    def title(self) -> str:
        return f"`{self.path}` is larger than {self.limit // 2**20} MiB"

    @property
    def help(self) -> str | None:
        return "is it a spec? write what repeats with `repeat` and `block`"


@dataclass(frozen=True)
class NotJson(Diagnostic):
    """A spec in JSON form that is no JSON."""

    code: ClassVar[str] = "SQS030"
    reason: str

    @property
    def title(self) -> str:
        return f"the file is not JSON: {self.reason}"

    @property
    def label(self) -> str:
        return self.reason

    @property
    def help(self) -> str | None:
        return "a spec in JSON form is what `--emit spec` writes"


@dataclass(frozen=True)
class NotASpec(Diagnostic):
    """JSON that does not have the form of a spec. `path` leads to the value: `definitions[0].name`."""

    code: ClassVar[str] = "SQS031"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"`{self.path}` in the JSON is not part of a spec: {self.reason}"

    @property
    def label(self) -> str:
        return self.reason

    @property
    def help(self) -> str | None:
        return "`--emit schema` writes the form of a spec as a JSON Schema"

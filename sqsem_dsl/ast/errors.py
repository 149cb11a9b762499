"""The diagnostics of files and of specs in JSON form: codes SQS020 to SQS039."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class NoFile(Diagnostic, code="SQS020"):
    """There is no file with that name."""

    path: str
    near: str | None = None

    title = "there is no file `{path}`"

    @property
    def help(self) -> str | None:
        return f"a file with a similar name exists: `{self.near}`" if self.near else "check the path and the name"


class Unreadable(Diagnostic, code="SQS021"):
    """The file exists and cannot be read: a folder, no permission, a disk error."""

    path: str
    reason: str
    remedy: str | None = None

    title = "`{path}` cannot be read: {reason}"
    help = "{remedy}"


class NotUtf8(Diagnostic, code="SQS022"):
    """Bytes that are not UTF-8. `offset` counts bytes from the beginning of the file, from 0."""

    byte: int
    offset: int
    utf16: bool = False

    help = "save the file with the encoding UTF-8"

    @property
    def title(self) -> str:
        if self.utf16:
            return "the file is UTF-16, not UTF-8"
        return f"the file is not UTF-8: byte 0x{self.byte:02X} at offset {self.offset}"

    @property
    def label(self) -> str:
        return "" if self.utf16 else "not UTF-8 from here on"


class FileTooLarge(Diagnostic, code="SQS023"):
    """A file above the size limit."""

    path: str
    limit: int

    help = "is it a spec? write repeated parts with `repeat` and `block`"

    @property
    def title(self) -> str:
        return f"`{self.path}` is larger than {self.limit // 2**20} MiB"


class NotJson(Diagnostic, code="SQS030"):
    """A spec in JSON form that is not JSON."""

    reason: str

    title = "the file is not JSON: {reason}"
    label = "{reason}"
    help = "a spec in JSON form is what `--emit spec` writes"


class NotASpec(Diagnostic, code="SQS031"):
    """JSON that does not have the form of a spec. `path` leads to the value: `definitions[0].name`."""

    path: str
    reason: str

    title = "`{path}` in the JSON is not part of a spec: {reason}"
    label = "{reason}"
    help = "`--emit schema` writes the form of a spec as a JSON Schema"

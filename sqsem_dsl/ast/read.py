"""Reads a spec from a text and a text from a file, with all errors as diagnostics."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from sqsem_dsl.ast.build import build
from sqsem_dsl.ast.errors import FileTooLarge, NoFile, NotUtf8, Unreadable
from sqsem_dsl.ast.outline import Spec
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, closest
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.maybe import MaybeDefined
from sqsem_dsl.syntax.parser import parse
from sqsem_dsl.syntax.tokens import Tokens
from sqsem_dsl.utils.regular_files import not_regular

MAX_BYTES = 4 * 2**20


@dataclass(frozen=True, eq=False)
class Partial:
    """The readable part of a text with syntax errors: a spec with holes, and the names that may be bound in the
    unreadable parts, including the name of the hole."""

    spec: Spec
    maybe: MaybeDefined


@dataclass(frozen=True, eq=False)
class Read:
    """The result of reading. `spec` is None exactly if there are diagnostics; `tokens` are those of the text that the
    spec's places refer to. A text with syntax errors may have a `partial` spec."""

    tokens: Tokens
    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]
    partial: Partial | None = None

    @property
    def source(self) -> Source:
        """The text."""
        return self.tokens.source


def read(source: Source) -> Read:
    """The spec in a text. Never raises, for any text."""
    parsed = parse(source)
    spec = build(parsed.tree, source) if parsed.tree is not None else None
    rest = parsed.remains
    partial = Partial(build(rest.tree, source), rest.maybe) if rest is not None else None
    return Read(parsed.tokens, spec, parsed.diagnostics, partial)


def load(path: Path, name: str) -> Source | Read:
    """The text of a file without a byte order mark, or the diagnostic that says why it cannot be read."""
    nowhere = Span(Source(name, ""), 0, 0)

    try:
        if path.is_dir():
            return _failed(Unreadable(nowhere, name, "it is a folder", "name a file in it"))
        other = not_regular(path)
        if other is not None:
            return _failed(Unreadable(nowhere, name, other, "write its output to a file first"))
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _failed(NoFile(nowhere, name, _near(path)))
    except PermissionError:
        return _failed(Unreadable(nowhere, name, "permission denied", "check the permissions of the file"))
    except (OSError, ValueError) as error:
        return _failed(Unreadable(nowhere, name, unreadable(error)))
    return decoded(raw, name)


def decoded(raw: bytes, name: str) -> Source | Read:
    """The text in the bytes of a file, or the reason why they are not a text. At most one byte more than `MAX_BYTES`
    was read."""
    nowhere = Span(Source(name, ""), 0, 0)
    if len(raw) > MAX_BYTES:
        return _failed(FileTooLarge(nowhere, name, MAX_BYTES))
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _failed(NotUtf8(nowhere, raw[0], 0, utf16=True))
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return Source(name, raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        text = raw.decode("utf-8", errors="replace")
        place = len(raw[: error.start].decode("utf-8"))
        return _failed(NotUtf8(Span(Source(name, text), place, place + 1), raw[error.start], error.start))


def _failed(diagnostic: Diagnostic) -> Read:
    return Read(Tokens(diagnostic.span.source), None, (diagnostic,))


def unreadable(error: Exception) -> str:
    """The reason, in words, why a path is not a file: it is too long, holds a zero byte, or its links form a loop."""
    if isinstance(error, RuntimeError):  # raised by `Path.resolve` before Python 3.13
        return "its symbolic links form a loop"
    return str(getattr(error, "strerror", None) or error).lower()


def _near(path: Path) -> str | None:
    """A file in the same folder with a similar name."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return None
    near = closest(path.name, names)
    return str(path.with_name(near)) if near else None

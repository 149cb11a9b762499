"""The specs of a command: reading them, writing them back, and writing results."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from sqsem_dsl.ast.read import MAX_BYTES, Read, decoded, load
from sqsem_dsl.cli.arguments import definitions
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE, Source
from sqsem_dsl.format.read_file import read_text

STANDARD_INPUT = "-"


# ---- reading


def shown(path: str) -> str:
    """The name of a path in messages."""
    return "<stdin>" if path == STANDARD_INPUT else path


def source_of(path: str) -> Source | Read:
    """The text of a file, or of standard input, or the diagnostic that explains why there is none."""
    if path != STANDARD_INPUT:
        return load(Path(path), path)
    return decoded(sys.stdin.buffer.read(MAX_BYTES + 1), shown(path))


def compiled(path: str, arguments: Namespace) -> Compilation:
    """A spec, from a file or from standard input; one from standard input can use files of the current folder."""
    if path != STANDARD_INPUT:
        return compiled_file(path, arguments)
    source = source_of(path)
    read = read_text(source) if isinstance(source, Source) else source
    return Compilation(read, Path.cwd() / shown(path), **_options(arguments))


def compiled_file(path: str, arguments: Namespace, *, timed: bool = True) -> Compilation:
    """A spec from a file with any name; without `timed`, regardless of its table of measured layers."""
    return Compilation.from_file(path, **_options(arguments), timed=timed)


def _options(arguments: Namespace) -> dict[str, Any]:
    return {
        "space": getattr(arguments, "space", None),
        "define": definitions(arguments),
        "allow_extern": arguments.allow_extern,
        "effort": getattr(arguments, "effort", "normal"),
    }


# ---- writing


def rewrite(path: str, text: str) -> None:
    """Replace the text of an existing file, completely or not at all. Its byte order mark and its mode stay, and a link
    is followed. Raises SqsError if that is not possible."""
    from sqsem_dsl.utils.atomic_file import whole_file

    try:
        target = Path(path).resolve(strict=True)
        with target.open("rb+") as file:  # a read-only file must not be replaced either
            marked = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        with whole_file(target) as part:
            part.touch()
            part.chmod(mode)
            part.write_bytes((codecs.BOM_UTF8 if marked else b"") + text.encode("utf-8"))
    except OSError as error:
        raise _cannot_write(path, error, "make the file and its folder writable") from None


def write(text: str, output: str | None) -> None:
    """Write lines to a file, or to standard output. Raises SqsError if the file cannot be written."""
    text = text if text.endswith("\n") else text + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _cannot_write(output, error, "name another file with `-o`") from None


def _cannot_write(path: str, error: OSError, remedy: str) -> SqsError:
    from sqsem_dsl.study.errors import CannotWrite

    return SqsError([CannotWrite(NOWHERE, path, (error.strerror or str(error)).lower(), remedy)])

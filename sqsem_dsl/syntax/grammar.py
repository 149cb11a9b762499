"""The grammar's parser, built once: from the user's cache if there is one, otherwise from `grammars/sqs.lark`.

Building the tables takes a quarter of a second, loading them ten milliseconds. A cache that cannot be read or written
only costs that time. A cache file is accepted only if it belongs to this user and no one else can write it. Nothing in
it can be executed: it is plain data.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

from lark import Lark
from lark import __version__ as lark_version

_PACKAGE = Path(__file__).resolve().parent.parent
GRAMMAR_FILES = (_PACKAGE / "grammars" / "sqs.lark", _PACKAGE.parent / "grammars" / "sqs.lark")
"""The possible places of the grammar: in the installed package, or at the top of a checkout."""


def grammar_text() -> str:
    """The text of the grammar; raises FileNotFoundError if the installation lacks it."""
    for path in GRAMMAR_FILES:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError("the installation is broken: the grammar `sqs.lark` is missing")


def make_parser(text: str, strict: bool = False) -> Lark:
    """A new parser of the grammar's text; `strict` rejects colliding terminals (it needs `interegular`)."""
    return Lark(text, parser="lalr", propagate_positions=True, maybe_placeholders=False, strict=strict)


@cache
def parser() -> Lark:
    """The parser of this process."""
    text = grammar_text()
    place = _cache_file(text)
    if place is None:
        return make_parser(text)
    try:
        return _load(place)
    except FileNotFoundError:
        pass
    except Exception:  # a damaged file: after any exception, a new parser replaces it
        pass
    made = make_parser(text)
    _store(made, place)
    return made


class _Plain(pickle.Unpickler):
    """Unpickles numbers, texts and collections of them; rejects everything else."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module}.{name} is not plain data")


def _load(place: Path) -> Lark:
    """The parser of the tables in a file. Raises any exception of a damaged file."""
    with place.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError("others could have written it")
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise PermissionError("it is somebody else's")
        tables = _Plain(file).load()
    return Lark.load(tables)  # which also accepts the contents of a file


def _cache_file(text: str) -> Path | None:
    """The cache path of the tables of this grammar for this lark and this Python; None without a home directory."""
    version = f"{lark_version} {sys.version_info[:3]} {sys.implementation.name}"
    key = hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()[:24]
    root = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(root) if root else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "sqsem" / f"grammar-{key}.tables" if folder.is_absolute() else None


def _store(made: Lark, place: Path) -> None:
    """Writes the tables atomically, so that no other process reads a partial file."""
    import tempfile  # its imports are needed only once per installation

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                made.save(file)
            os.replace(name, place)
        except BaseException:
            os.unlink(name)
            raise
    except OSError:
        pass

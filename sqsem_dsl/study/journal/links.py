"""Links among the files of a study: nothing is read or written through them, since they may lead anywhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors_files import LinkInStudy

FOLDERS = ("best", "running", "tensorboard", "baselines")
"""The folders that a search creates in a study's folder, and fills."""
FILES = (".lock", ".reserve")
"""The files that a search opens in a study's folder; it writes other files as a whole, replacing existing ones."""


def check_links(path: Path) -> None:
    """Checks that a database is a regular file, and so are all files that SQLite opens beside it. Raises SqsError."""
    _refuse(path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal"))


def check_folder(folder: Path) -> None:
    """Checks that a search writes only inside its folder. Raises SqsError.

    The folder itself may be a link to its target.
    """
    _refuse(folder / name for name in FILES)
    for name in FOLDERS:
        place = folder / name
        if place.is_symlink():
            raise SqsError([LinkInStudy(NOWHERE, str(place), "a link")])
        for where, folders, files in os.walk(place):
            _refuse(Path(where, inner) for inner in (*folders, *files))


def _refuse(paths: Iterator[Path]) -> None:
    for path in paths:
        kind = _kind(path)
        if kind is not None:
            raise SqsError([LinkInStudy(NOWHERE, str(path), kind)])


def _kind(path: Path) -> str | None:
    """The kind of a path that is neither file nor folder; None if it is one of them, or does not exist."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "a link" if stat.S_ISLNK(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device or a socket"

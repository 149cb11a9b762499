"""Links among the files of a study: nothing is read or written through one, for it may lead anywhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors_files import LinkInStudy

FOLDERS = ("best", "running", "tensorboard", "baselines")
"""What a search makes in a study's folder, and fills."""
FILES = (".lock", ".reserve")
"""What a search opens in a study's folder; other files it puts there whole, in the place of what there is."""


def check_links(path: Path) -> None:
    """See that a database is a file, and so is all that SQLite opens beside it. Raises SqsError."""
    _refuse(path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal"))


def check_folder(folder: Path) -> None:
    """See that a search which writes into a folder writes nowhere else. Raises SqsError.

    The folder may be a link itself: its name means its target.
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
    """What a path is that is neither file nor folder; None where it is, or is not there."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "a link" if stat.S_ISLNK(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device or a socket"

"""Files that are written completely or not at all, even if the process is interrupted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The path of a file to write in its place, of the same ending; without an exception it takes that place when it is
    on the disk, with one it is removed, and what was there stays.

    A link in its place is replaced, not followed. The folder is made where it is not there. Raises OSError where the
    file cannot be put into its place.
    """
    target = Path(path)
    part = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # which may be a link
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole or not at all, text as UTF-8. Raises OSError."""
    with whole_file(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)

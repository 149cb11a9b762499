"""Files that are written completely or not at all, even if the process is interrupted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path


def part_of(target: Path) -> Path:
    """The temporary file in which this process writes a file, before it replaces the target."""
    return target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")


def is_part(path: Path) -> bool:
    """Whether a file has the name of a temporary file.

    >>> [is_part(Path(name)) for name in (".trial-0001.4711.keras", ".events.out.4711", ".gitkeep", ".a.keras")]
    [True, True, False, False]
    """
    return re.fullmatch(r"\..+\.\d+(\.[^.]+)?", path.name) is not None


def remove_parts(target: Path) -> None:
    """Removes the temporary files of all processes for a target. Only for targets that no other process writes now: a
    process that is killed while it writes leaves its own. Raises OSError."""
    name = re.compile(rf"\.{re.escape(target.stem)}\.\d+{re.escape(target.suffix)}")
    for path in target.parent.glob(f".{escape(target.stem)}.*"):
        if name.fullmatch(path.name):
            path.unlink(missing_ok=True)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The path of a temporary file with the same ending. Without an exception it replaces the target after it is
    written to disk; with one it is removed, and the target stays as it was.

    A link at the target is replaced, not followed. The folder is created if it does not exist. Raises OSError if the
    target cannot be replaced.
    """
    target = Path(path)
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # it may be a link
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file completely or not at all, text as UTF-8. Raises OSError."""
    with whole_file(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)

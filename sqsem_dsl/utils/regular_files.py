"""Detection of files that cannot be read to their end: pipes and devices may block or never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def not_regular(path: str | os.PathLike[str]) -> str | None:
    """What exists at a path, a link followed, if it is neither a file nor a folder: `it is a pipe, not a file`.

    None if it is one of the two, if nothing exists there, and if that cannot be determined.
    """
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    return f"it is {kind}, not a file"

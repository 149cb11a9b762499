"""The folders within that of a study, and its disk usage by kind."""

from __future__ import annotations

import os
from pathlib import Path

from sqsem_dsl.study.journal import journal

MODELS, CHECKPOINTS, LOGS = "best", "running", "tensorboard"
"""Folders within that of a study."""


def disk_usage(folder: Path) -> dict[str, int]:
    """Bytes by kind: `journal`, `reserve` (for its last records), `models`, `checkpoints` of running trials and of
    those that may be continued, `logs`, and `other`; empty kinds are left out. A file with two names counts once."""
    sizes: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            try:
                found = path.lstat()
            except OSError:  # a running study removes files that it no longer needs
                continue
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                kind = _kind(path.relative_to(folder))
                sizes[kind] = sizes.get(kind, 0) + found.st_size
    return {kind: size for kind, size in sorted(sizes.items(), key=lambda item: -item[1]) if size}


def _kind(path: Path) -> str:
    match path.parts[0]:
        case name if name.startswith(journal.FILE):
            return "journal"
        case journal.RESERVE:
            return "reserve"
        case name if name == MODELS or path.suffix == ".keras":
            return "models"
        case name if name == CHECKPOINTS:
            return "checkpoints"
        case name if name == LOGS:
            return "logs"
        case _:
            return "other"

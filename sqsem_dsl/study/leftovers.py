"""Temporary files in the folder of a study, left by processes that were killed while they wrote."""

from __future__ import annotations

from pathlib import Path

from sqsem_dsl.study.journal import database
from sqsem_dsl.study.journal.journal import FILE, RESERVE
from sqsem_dsl.study.models import BEST
from sqsem_dsl.utils.atomic_file import remove_parts

WRITTEN = (BEST, "best.json", "trials.csv", "spec.sqs", RESERVE)
"""The files that only the search of a study writes."""


def remove_leftovers(folder: Path) -> None:
    """Removes them. Only for the process that holds the lock of the study. Raises OSError."""
    database.remove_unfinished(folder / FILE)
    for name in WRITTEN:
        remove_parts(folder / name)
    # Only searches write into these folders, into the last one beside the logs of running trials.
    for pattern in ("best/.*", "running/.*", "tensorboard/.events.*", "tensorboard/trial-*/.events.*"):
        for part in folder.glob(pattern):
            if part.is_symlink() or part.is_file():
                part.unlink(missing_ok=True)

"""The progress display of a running search."""

from __future__ import annotations

import sys
from typing import TextIO

from sqsem_dsl.study.progress.progress import LineProgress, Progress


def progress_on(stream: TextIO | None = None) -> Progress:
    """A live display on a terminal that supports it, otherwise lines. In a notebook they are written to the standard
    output: it shows the other stream as an error."""
    notebook = type(sys.stderr).__module__.startswith("ipykernel.")
    stream = stream or (sys.stdout if notebook else sys.stderr)
    if stream.isatty():
        try:
            from sqsem_dsl.study.progress.live import Display
        except ModuleNotFoundError:
            return LineProgress(stream)
        return Display(getattr(stream, "stream", stream))  # it moves the cursor, so it needs the stream itself
    return LineProgress(stream)

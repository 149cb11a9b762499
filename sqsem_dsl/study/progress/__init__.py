"""The progress display of a running search."""

from __future__ import annotations

import sys
from typing import TextIO

from sqsem_dsl.study.progress.progress import LineProgress, Progress


def progress_on(stream: TextIO | None = None) -> Progress:
    """A live display on a terminal that supports it, otherwise lines. In a notebook it is one output that is updated,
    or, without IPython's displays, lines on the standard output: a notebook shows the other stream as an error."""
    notebook = stream is None and type(sys.stderr).__module__.startswith("ipykernel.")
    stream = stream or (sys.stdout if notebook else sys.stderr)
    try:
        if notebook:
            from sqsem_dsl.study.progress.notebook import NotebookProgress

            return NotebookProgress()
        if stream.isatty():
            from sqsem_dsl.study.progress.live import Display

            return Display(getattr(stream, "stream", stream))  # it moves the cursor, so it needs the stream itself
    except ModuleNotFoundError:
        pass
    return LineProgress(stream)

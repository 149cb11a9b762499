"""The end of a running study: at a limit, on a signal, after repeated failures, or because the disk is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sqsem_dsl.study.limits import Failures

SHUTDOWN_TIMEOUT_S = 20.0
"""Seconds that trials have to save their state in their checkpoints when the study is stopped."""


@dataclass
class Ending:
    """Whether a study starts more trials, and why not."""

    stop_asked: Callable[[], str | None]
    """Why the study must stop now, if it must."""
    stop_trials: Callable[[], None]
    """Asks the running trials to save their state in their checkpoints."""
    remark: Callable[[str], None]
    reason: str | None = None
    """Why no more trials are started. None: they are."""
    interrupted: bool = False
    """Whether a signal has ended it."""
    hopeless: bool = False
    """Whether repeated identical failures have ended it."""
    full: OSError | None = None
    """Why nothing more can be written, if that has ended it."""
    failures: Failures = field(default_factory=Failures)
    _deadline: float | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether the running trials were asked to stop."""
        return self._deadline is not None

    @property
    def is_late(self) -> bool:
        """Whether the time to stop has passed."""
        return self._deadline is not None and monotonic() > self._deadline

    def stop(self, why: str) -> None:
        """Starts no more trials, and asks the running ones to save their state in their checkpoints."""
        self.reason, self._deadline = why, monotonic() + SHUTDOWN_TIMEOUT_S
        self.stop_trials()

    def stop_full(self, folder: Path) -> None:
        """Stops because the disk of the study's folder is full."""
        self.full = self.full or OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        self.stop("the disk is full")

    def fail(self, kind: str, reason: str) -> None:
        """Records that a trial has failed. Stops if too many in a row failed with the same error."""
        if self.failures.add(kind, reason) and self.reason is None:
            self.hopeless = True
            self.stop(f"{self.failures.count} trials in a row failed with the same error: {reason}")

    def look_at_signals(self) -> None:
        """Stops if a signal asks for it; at the second one without waiting for the running trials."""
        why = self.stop_asked()
        if why is None:
            return
        if not self.interrupted:
            self.interrupted = True
            self.remark(f"{why}: saving running trials (up to {SHUTDOWN_TIMEOUT_S:g} s; Ctrl-C again to quit now)")
            self.stop(why)
        elif why == "at once":
            self._deadline = 0.0

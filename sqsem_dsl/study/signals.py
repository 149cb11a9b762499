"""Ctrl-C, and a system's request to end: recorded, and handled at the next consistent state."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

StopAsked = Callable[[], str | None]
NAMES = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminated"}
AT_ONCE = "at once"


@contextmanager
def stop_on_signals() -> Iterator[StopAsked]:
    """Returns a function that gives the reason to stop, None if there is none, and `AT_ONCE` after a second signal."""
    asked: list[str] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(NAMES[signal.Signals(number).name])

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in NAMES:
            if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
                before[name] = signal.signal(getattr(signal, name), note)
    try:
        yield lambda: (asked[0] if len(asked) == 1 else AT_ONCE) if asked else None
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)

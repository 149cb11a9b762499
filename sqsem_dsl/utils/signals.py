"""Ctrl-C, and a system's request to end: recorded by a search, which handles it at its next consistent state, and by a
command that loads and reads, even if a library turns it into another exception."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

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


@contextmanager
def noted_interrupts() -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether Ctrl-C was pressed within; KeyboardInterrupt is raised as usual.

    In code that cannot propagate it (a destructor, a callback), Python would print a traceback; this suppresses it.
    """
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def ignored(event: Any) -> None:
        if event.exc_type is None or not issubclass(event.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(event)

    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    hook = sys.unraisablehook
    if ours:
        signal.signal(signal.SIGINT, note)
        sys.unraisablehook = ignored
    try:
        yield lambda: bool(pressed)
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = hook

"""Ctrl-C while a command loads and reads: recorded even if a library turns it into another exception."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


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

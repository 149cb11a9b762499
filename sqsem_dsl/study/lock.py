"""One process works on a study at a time; others wait for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import gethostname

from sqsem_dsl.study.journal.journal import Journal

FILE = ".lock"


@contextmanager
def held(folder: Path, remark: Callable[[str], None], stop_asked: Callable[[], str | None]) -> Iterator[bool]:
    """Locks a study's folder; waits, with a message, while another process holds the lock. False if it was asked to
    stop waiting.

    The system releases the lock when its process ends in any way. Raises OSError if the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # Searches install it; reading a study does not need it.

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / FILE)
    said = False
    while not lock.is_locked:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:
            if not said:
                remark(f"{_owner(folder)} works on this study: waiting until it is done")
                said = True
            if stop_asked() is not None:
                yield False
                return
    try:
        yield True
    finally:
        lock.release()


def owner() -> str:
    """A description of this process for messages of others."""
    return f"process {os.getpid()} on {gethostname()}"


def may_run(owner: str) -> bool:
    """Whether the process of such a description may still run. Processes of other machines are not asked, nor any on
    Windows, where the question would end them.

    >>> may_run(owner()), may_run("process 1 on another machine")
    (True, True)
    """
    match owner.split():
        case ["process", number, "on", *host] if (
            number.isdecimal() and " ".join(host) == gethostname() and os.name != "nt"
        ):
            try:
                os.kill(int(number), 0)
            except ProcessLookupError:
                return False
            except (OSError, OverflowError):  # of another user
                return True
    return True


def _owner(folder: Path) -> str:
    with suppress(Exception):
        journal = Journal.open(folder)
        try:
            return str(journal.notes()["owner"])
        finally:
            journal.close()
    return "another process"

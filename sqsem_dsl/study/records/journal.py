"""The journal of a study: one SQLite file, in which each change is a transaction.

| table | a row |
| --- | --- |
| `note` | a fact about the study: the spec's text, the data's fingerprint, the seed, … |
| `trial` | a trial; `begun` and `over` number the beginnings and ends in the order in which they happened |
| `epoch` | what was reported after an epoch of an execution |

A process may be killed at any moment: what was committed is there, and nothing else. The file is in write-ahead mode,
so that others read it while a study runs. A little room on the disk is held in reserve, so that what was finished can
be written down when the disk is full.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.study.errors import NoStudy, UnreadableStudy
from sqsem_dsl.study.records.record import Trial

FILE = "study.sqlite"
VERSION = 1
RESERVE = ".reserve"
RESERVED = 1 << 20
"""Bytes held free for the last words of a study."""

_JSON = ("values", "choices", "scores", "metrics", "spread", "memo")
_COLUMNS = tuple(field.name for field in fields(Trial))
_FIXED = (
    "number", "values", "choices", "architecture", "training", "params", "macs", "continues", "planned",
    "schedule_epochs", "memo",
)  # fmt: skip
"""What of a trial is settled when it begins."""
_CHANGING = tuple(name for name in _COLUMNS if name not in _FIXED)
_QUOTED = ", ".join(f'"{name}"' for name in _COLUMNS)

_SCHEMA = f"""
CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE trial (
  number INTEGER PRIMARY KEY, {", ".join(f'"{name}"' for name in _COLUMNS if name != "number")},
  begun INTEGER, over INTEGER
);
CREATE TABLE epoch (
  trial INTEGER, execution INTEGER, epoch INTEGER, metrics TEXT NOT NULL, seconds REAL NOT NULL,
  PRIMARY KEY (trial, execution, epoch)
) WITHOUT ROWID;
"""

Result = TypeVar("Result")


class DiskFull(OSError):
    """Nothing more can be written: what was being written was, if anything, the last."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was reported after an epoch, from 1, of an execution, from 0."""

    trial: int
    execution: int
    epoch: int
    metrics: Mapping[str, float]
    seconds: float


class Journal:
    """An open journal. One process writes it; any number may read."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        latest = "SELECT max(coalesce(max(begun), 0), coalesce(max(over), 0)) FROM trial"
        self._events: int = connection.execute(latest).fetchone()[0]

    @classmethod
    def create(cls, folder: Path, notes: Mapping[str, Any]) -> Journal:
        """A new journal in a folder, which is made where it is not there. Raises OSError where it cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        part = folder / f".{FILE}.{os.getpid()}"
        part.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as made:
                made.executescript(f"PRAGMA user_version = {VERSION}; BEGIN; {_SCHEMA} COMMIT;")
                made.executemany("INSERT INTO note VALUES (?, ?)", ((k, json.dumps(v)) for k, v in notes.items()))
            os.replace(part, path)  # A study is there with all that tells what it is, or not at all.
        except sqlite3.Error as problem:
            raise _told(problem, path) from problem
        finally:
            part.unlink(missing_ok=True)
        return cls.open(folder, write=True)

    @classmethod
    def open(cls, folder: Path, write: bool = False) -> Journal:
        """The journal of a folder.

        Raises SqsError where there is none, where it cannot be read, and where a later version has written it.
        """
        path = folder / FILE
        if not path.is_file():
            raise SqsError([NoStudy(NOWHERE, str(folder), folder.is_dir())])
        try:
            connection = _connect(path, write)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                reason = f"it is of version {version}, and this program writes version {VERSION}"
                raise SqsError([UnreadableStudy(NOWHERE, str(path), reason)])
            return cls(connection, path)
        except sqlite3.Error as problem:
            raise SqsError([UnreadableStudy(NOWHERE, str(path), str(problem))]) from problem

    def close(self) -> None:
        self._connection.close()

    # ---- reading

    def notes(self) -> dict[str, Any]:
        """All facts about the study."""
        return {key: json.loads(value) for key, value in self._connection.execute("SELECT key, value FROM note")}

    def trials(self) -> list[Trial]:
        """Every trial, by number."""
        rows = self._connection.execute(f"SELECT {_QUOTED} FROM trial ORDER BY number")
        return [_trial(row) for row in rows]

    def events(self) -> list[tuple[int, bool]]:
        """The beginnings (False) and the ends (True) of trials in the order in which they happened."""
        rows = self._connection.execute(
            "SELECT number, 0 AS ends, begun AS at FROM trial UNION ALL "
            "SELECT number, 1, over FROM trial WHERE over IS NOT NULL ORDER BY at"
        )
        return [(number, bool(ends)) for number, ends, _ in rows]

    def epochs(self, number: int | None = None) -> Iterator[Epoch]:
        """The epochs of a trial, or of all, in order."""
        where, arguments = ("", ()) if number is None else ("WHERE trial = ?", (number,))
        for row in self._connection.execute(f"SELECT * FROM epoch {where} ORDER BY trial, execution, epoch", arguments):
            trial, execution, epoch, metrics, seconds = row
            yield Epoch(trial, execution, epoch, json.loads(metrics), seconds)

    # ---- writing: each a transaction

    def note(self, **facts: Any) -> None:
        """Set facts about the study."""
        rows = [(key, json.dumps(value)) for key, value in facts.items()]
        self._write(lambda c: c.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows))

    def begin(self, trial: Trial) -> None:
        """A new trial."""
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        event = self._events + 1
        statement = f"INSERT INTO trial ({_QUOTED}, begun) VALUES ({marks})"
        self._write(lambda c: c.execute(statement, (*_row(trial), event)), forced=False)
        self._events = event

    def update(self, trial: Trial, ends: bool = False, **facts: Any) -> None:
        """A trial as it now is, apart from what was settled when it began; with `ends`, it is over from now on. Facts
        about the study go along."""
        pairs = ", ".join(f'"{name}" = ?' for name in _CHANGING)
        event = self._events + 1
        over = ", over = ?" if ends else ""
        statement = f"UPDATE trial SET {pairs}{over} WHERE number = ?"
        arguments = (*_row(trial, _CHANGING), *([event] if ends else []), trial.number)
        rows = [(key, json.dumps(value)) for key, value in facts.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(statement, arguments)
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

        self._write(write, forced=ends)
        self._events = event

    def revise(self, trials: Iterable[Trial], **facts: Any) -> None:
        """Several trials and facts at once, as they now are."""
        pairs = ", ".join(f'"{name}" = ?' for name in _COLUMNS)
        changed = [(*_row(trial), trial.number) for trial in trials]
        rows = [(key, json.dumps(value)) for key, value in facts.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(f"UPDATE trial SET {pairs} WHERE number = ?", changed)
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

        self._write(write)

    def epoch(self, epoch: Epoch) -> None:
        """The end of an epoch; one that a restarted training repeats replaces what it gave before."""
        row = (epoch.trial, epoch.execution, epoch.epoch, json.dumps(dict(epoch.metrics)), epoch.seconds)
        self._write(lambda c: c.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?, ?)", row), forced=False)

    def reserve(self) -> None:
        """Hold some room free on the disk. Raises OSError where there is none."""
        path = self.path.parent / RESERVE
        if not path.exists() or path.stat().st_size < RESERVED:
            path.write_bytes(os.urandom(RESERVED))  # Some file systems store zeros nowhere.

    def release(self) -> None:
        """Give back the room that was held free."""
        with suppress(OSError):
            (self.path.parent / RESERVE).unlink()

    def _write(self, work: Callable[[sqlite3.Connection], object], forced: bool = True) -> None:
        """Do it in a transaction. A killed process loses none of them; those that are `forced` onto the disk, and all
        before them, outlast a machine that goes down."""
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if forced else 'NORMAL'}")
        try:
            self._transaction(work)
        except sqlite3.Error as problem:
            # Whatever the reason: it is tried once more with the room that was held free.
            reserved = (self.path.parent / RESERVE).exists()
            self.release()
            if reserved:
                with suppress(sqlite3.Error):
                    self._transaction(work)
                    told = _told(problem, self.path)
                    raise DiskFull(told.errno, told.strerror, told.filename) from problem
            raise _told(problem, self.path) from problem

    def _transaction(self, work: Callable[[sqlite3.Connection], object]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            work(connection)
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


def _connect(path: Path, write: bool) -> sqlite3.Connection:
    """A connection; the database is checked to be one."""
    if write:
        connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        connection.execute("PRAGMA journal_mode = WAL")
        return connection
    where = path.absolute().as_uri()
    try:
        connection = sqlite3.connect(f"{where}?mode=rw", uri=True, isolation_level=None, timeout=60)
        connection.execute("SELECT count(*) FROM note").fetchone()
    except sqlite3.OperationalError:  # a folder that cannot be written, an archive for instance
        connection = sqlite3.connect(f"{where}?immutable=1", uri=True, isolation_level=None)
        connection.execute("SELECT count(*) FROM note").fetchone()
    connection.execute("PRAGMA query_only = ON")
    return connection


def _row(trial: Trial, columns: tuple[str, ...] = _COLUMNS) -> tuple[Any, ...]:
    def kept(name: str) -> Any:
        value = getattr(trial, name)
        return json.dumps(dict(value) if isinstance(value, Mapping) else value) if name in _JSON else value

    return tuple(kept(name) for name in columns)


def _trial(row: tuple[Any, ...]) -> Trial:
    facts = {name: json.loads(value) if name in _JSON else value for name, value in zip(_COLUMNS, row, strict=True)}
    return Trial(**{**facts, "scores": tuple(facts["scores"]), "valid": bool(facts["valid"])})


_ERRNO = {"SQLITE_FULL": errno.ENOSPC, "SQLITE_READONLY": errno.EROFS, "SQLITE_CANTOPEN": errno.EACCES}


def _told(problem: sqlite3.Error, path: Path) -> OSError:
    """A database error as what it is for a person."""
    name = getattr(problem, "sqlite_errorname", None) or ""
    number = next((code for start, code in _ERRNO.items() if name.startswith(start)), errno.EIO)
    if number == errno.ENOSPC or (number == errno.EIO and _full(path.parent)):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return OSError(number, str(problem), str(path))


def _full(folder: Path) -> bool:
    """Whether the file system has no room left: the database says no more than that a write has failed."""
    try:
        return shutil.disk_usage(folder).free < RESERVED
    except OSError:
        return False

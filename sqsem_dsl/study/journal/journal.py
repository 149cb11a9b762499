"""The journal of a study: one SQLite file, in which each change is a transaction.

| table | a row |
| --- | --- |
| `note` | a fact about the study: the spec's text, the data's fingerprint, the seed, … |
| `trial` | a trial; `start_order` and `end_order` number the starts and ends in chronological order |
| `epoch` | the values reported after an epoch of an execution |

If a process is killed at any time, exactly the committed data remain. The file is in write-ahead mode, so that other
processes can read it while a study runs. Some disk space is reserved, so that finished trials can be recorded when the
disk is full.

A journal may be damaged, or come from someone else: the structure of the file (`database`) and every row that is read
(`rows`) are checked, and links in place of its files are not followed (`links`).
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors import NoStudy, UnreadableStudy
from sqsem_dsl.study.errors_files import DamagedStudy
from sqsem_dsl.study.journal import database
from sqsem_dsl.study.journal.database import RESERVED
from sqsem_dsl.study.journal.links import check_links
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.rows import COLUMNS, EPOCH, Fault, epoch_of, note_of, trial_of
from sqsem_dsl.utils.atomic_file import write_whole

FILE = "study.sqlite"
RESERVE = ".reserve"
REVISED_WITH = ("sources", "goals", "owner")
"""The notes that change if a search resumes, which may change finished trials."""

_JSON = ("choices", "scores", "metrics", "spread", "memo", "stops")
_FIXED = (
    "number", "choices", "architecture", "training", "params", "macs", "continues", "planned",
    "schedule_epochs", "memo", "stops",
)  # fmt: skip
"""The fields of a trial that are fixed when it starts."""
_CHANGING = tuple(name for name in COLUMNS if name not in _FIXED)
_QUOTED = ", ".join(f'"{name}"' for name in COLUMNS)

Row = TypeVar("Row", Trial, Epoch)
OnFault = Callable[[Fault], None]
"""Called for a row that cannot be read and is left out."""


class DiskFull(OSError):
    """Nothing more can be written; the current record, if it was written, is the last."""


class Journal:
    """An open journal. One process writes it; any number may read."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        latest = "SELECT max(coalesce(max(start_order), 0), coalesce(max(end_order), 0)) FROM trial"
        events = connection.execute(latest).fetchone()[0]
        self._events: int = events if isinstance(events, int) else 0

    @classmethod
    def create(cls, folder: Path, notes: Mapping[str, Any]) -> Journal:
        """A new journal in a folder, which is created if needed. Raises OSError if it cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        try:
            database.create(path, {key: json.dumps(value) for key, value in notes.items()})
        except sqlite3.Error as problem:
            raise database.os_error(problem, path) from problem
        return cls.open(folder, write=True)

    @classmethod
    def open(cls, folder: Path, write: bool = False) -> Journal:
        """The journal of a folder.

        Raises SqsError if there is none, if it cannot be read, if it is not a journal of this version, or if its files
        are links.
        """
        path = folder / FILE
        check_links(path)
        if not path.is_file():
            raise SqsError([NoStudy(NOWHERE, str(folder), folder.is_dir())])
        if path.with_name(f"{FILE}-journal").exists():  # SQLite would follow it, and remove files that it names
            raise _unreadable(path, f"`{FILE}-journal` lies beside it, which no search leaves")
        try:
            connection = database.connect(path, write)
            wrong = database.wrong_with(connection)
            if wrong is None:
                return cls(connection, path)
            connection.close()
        except database.ERRORS as problem:
            raise _unreadable(path, str(problem)) from problem
        raise _unreadable(path, wrong)

    def close(self) -> None:
        self._connection.close()

    # ---- reading: without `on_fault`, a row that cannot be read raises SqsError

    def notes(self, on_fault: OnFault | None = None, needed: Collection[str] = ()) -> dict[str, Any]:
        """All facts about the study. Missing required ones are faults, too."""
        found: dict[str, Any] = {}
        for key, value in self._rows("the notes", "SELECT key, value FROM note", on_fault):
            note = note_of(key, value)
            if isinstance(note, Fault):
                (on_fault or self._refuse)(note)
            else:
                found[str(key)] = note
        for key in needed:
            if key not in found:
                (on_fault or self._refuse)(Fault(f"the note `{key}`", "it is not there"))
        return found

    @property
    def version(self) -> int:
        """A number that is another one after another connection has changed the journal. Raises sqlite3.Error."""
        found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def trials(self, on_fault: OnFault | None = None, above: int = 0) -> list[Trial]:
        """Every trial with a number above that one, by number."""
        columns = f"SELECT {_QUOTED} FROM trial WHERE number > ? ORDER BY number"
        return list(self._read(map(trial_of, self._rows("the trials", columns, on_fault, (above,))), on_fault))

    def trial(self, number: int, on_fault: OnFault | None = None) -> Trial | None:
        """The trial with a number; None if there is none, or if it cannot be read."""
        columns = f"SELECT {_QUOTED} FROM trial WHERE number = ?"
        rows = self._rows(f"trial {number}", columns, on_fault, (number,))
        return next(self._read(map(trial_of, rows), on_fault), None)

    def events(self) -> list[tuple[int, bool]]:
        """The starts (False) and the ends (True) of the valid trials, in chronological order. Raises SqsError if the
        order is not known."""
        found: list[tuple[int, int, bool]] = []
        for number, start, end, status in self._rows(
            "the trials", "SELECT number, start_order, end_order, status FROM trial WHERE valid", None
        ):
            if not isinstance(start, int) or not (end is None or (isinstance(end, int) and end > start)):
                self._refuse(Fault(f"trial {number}", "its beginning and its end are in no order"))
            if (end is None) != (status == "running"):
                self._refuse(Fault(f"trial {number}", f"it is {status}, and it is not known when it ended"))
            found += [(start, number, False), *([] if end is None else [(end, number, True)])]
        return [(number, ends) for _, number, ends in sorted(found)]

    def epochs(
        self, number: int | None = None, on_fault: OnFault | None = None, after: tuple[int, int] = (-1, 0)
    ) -> Iterator[Epoch]:
        """The epochs of a trial, those later than an execution and an epoch, or all epochs of all trials, in order."""
        where, arguments = (
            ("", ()) if number is None else ("WHERE trial = ? AND (execution, epoch) > (?, ?)", (number, *after))
        )
        columns = f"SELECT {', '.join(EPOCH)} FROM epoch {where} ORDER BY trial, execution, epoch"
        return self._read(map(epoch_of, self._rows("the epochs", columns, on_fault, arguments)), on_fault)

    def _rows(
        self, what: str, statement: str, on_fault: OnFault | None, arguments: tuple[int, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """The rows of a query, up to a damaged place in the file."""
        found: list[tuple[Any, ...]] = []
        try:
            for row in self._connection.execute(statement, arguments):
                found.append(row)
        except database.ERRORS as problem:
            (on_fault or self._refuse)(Fault(what, f"not all can be read: {problem}"))
        return found

    def _read(self, rows: Iterable[Row | Fault], on_fault: OnFault | None) -> Iterator[Row]:
        for row in rows:
            if isinstance(row, Fault):
                (on_fault or self._refuse)(row)
            else:
                yield row

    def _refuse(self, fault: Fault) -> NoReturn:
        raise SqsError([DamagedStudy(NOWHERE, str(self.path), (str(fault),))])

    # ---- writing: each a transaction

    def note(self, **facts: Any) -> None:
        """Sets facts about the study."""
        rows = [(key, json.dumps(value)) for key, value in facts.items()]
        self._write(lambda c: c.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows))

    def begin(self, trial: Trial) -> None:
        """A new trial."""
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        event = self._events + 1
        statement = f"INSERT INTO trial ({_QUOTED}, start_order) VALUES ({marks})"
        self._write(lambda c: c.execute(statement, (*_row(trial), event)), forced=False)
        self._events = event

    def update(self, trial: Trial, ends: bool = False, **facts: Any) -> None:
        """A trial with its current fields, except those fixed at its start; with `ends`, it has finished. Facts about
        the study are written in the same transaction."""
        pairs = ", ".join(f'"{name}" = ?' for name in _CHANGING)
        event = self._events + 1
        end = ", end_order = ?" if ends else ""
        statement = f"UPDATE trial SET {pairs}{end} WHERE number = ?"
        arguments = (*_row(trial, _CHANGING), *([event] if ends else []), trial.number)
        rows = [(key, json.dumps(value)) for key, value in facts.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(statement, arguments)
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

        self._write(write, forced=ends)
        self._events = event

    def revise(self, trials: Iterable[Trial], **facts: Any) -> None:
        """Several trials and facts at once, with their current values."""
        pairs = ", ".join(f'"{name}" = ?' for name in COLUMNS)
        changed = [(*_row(trial), trial.number) for trial in trials]
        rows = [(key, json.dumps(value)) for key, value in facts.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(f"UPDATE trial SET {pairs} WHERE number = ?", changed)
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

        self._write(write)

    def epoch(self, epoch: Epoch, **facts: Any) -> None:
        """The end of an epoch; an epoch repeated by a restarted training replaces its previous values. Facts about the
        study are written in the same transaction."""
        row = (epoch.trial, epoch.execution, epoch.epoch, json.dumps(dict(epoch.metrics)), epoch.seconds)
        rows = [(key, json.dumps(value)) for key, value in facts.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?, ?)", row)
            connection.executemany("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

        self._write(write, forced=False)

    def reserve(self) -> None:
        """Reserves space on the disk. Raises OSError if there is none."""
        path = self.path.parent / RESERVE
        if not path.exists() or path.stat().st_size < RESERVED:
            write_whole(path, os.urandom(RESERVED))  # Some file systems do not store zeros.

    def release(self) -> None:
        """Frees the reserved space."""
        with suppress(OSError):
            (self.path.parent / RESERVE).unlink()

    def _write(self, work: Callable[[sqlite3.Connection], object], forced: bool = True) -> None:
        """Runs the function in a transaction. A killed process loses none of them; those that are `forced` to the disk,
        and all before them, survive a crash of the machine."""
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if forced else 'NORMAL'}")
        try:
            self._transaction(work)
        except sqlite3.Error as problem:
            # For any reason: it is tried once more after freeing the reserved space.
            reserved = (self.path.parent / RESERVE).exists()
            self.release()
            if reserved:
                with suppress(sqlite3.Error):
                    self._transaction(work)
                    os_error = database.os_error(problem, self.path)
                    raise DiskFull(os_error.errno, os_error.strerror, os_error.filename) from problem
            raise database.os_error(problem, self.path) from problem

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


def _row(trial: Trial, columns: tuple[str, ...] = COLUMNS) -> tuple[Any, ...]:
    def kept(name: str) -> Any:
        value = getattr(trial, name)
        return json.dumps(dict(value) if isinstance(value, Mapping) else value) if name in _JSON else value

    return tuple(kept(name) for name in columns)


def _unreadable(path: Path, reason: str) -> SqsError:
    return SqsError([UnreadableStudy(NOWHERE, str(path), reason)])

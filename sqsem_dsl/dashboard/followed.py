"""A study that is followed while it runs: each reading takes from the journal only what can have changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal import database
from sqsem_dsl.study.journal.journal import FILE, REVISED_WITH, Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.rows import Fault
from sqsem_dsl.study.objective import Goal

REMEMBERED = 400
"""The finished trials whose epochs are kept."""

Curve: TypeAlias = tuple[Epoch, ...]


class FollowedStudy:
    """The trials of a folder, which `refresh` brings up to date. It is used by one thread.

    `revision` grows with every change, and `changed` says at which revision a trial changed last. `generation` grows if
    the folder got another journal: nothing of the earlier one counts any more.
    """

    def __init__(self, folder: Path) -> None:
        """Reads the whole journal. Raises SqsError if there is none, or if it cannot be read."""
        self.folder = folder
        self.generation, self.revision = 0, 0
        self.problem: str | None = None
        """Why the study cannot be read any more; what was read before remains."""
        self.notes: Mapping[str, Any] = {}
        self.trials: dict[int, Trial] = {}
        self.changed: dict[int, int] = {}
        self.curves_changed = 0
        """The revision at which epochs were added last."""
        self._curves: dict[int, Curve] = {}
        self._faults: dict[str, Fault] = {}
        self._journal, self._file, self._version = self._open()
        self._read_all()

    # ---- reading

    def refresh(self) -> None:
        """Reads what has changed. A study that is gone, or cannot be read, is a `problem`; later it may be there
        again."""
        try:
            self._refresh()
            self.problem = None
        except FileNotFoundError:
            self.problem = f"the study {self.folder} was deleted: this page shows what was read before"
        except SqsError as error:
            self.problem = "; ".join(diagnostic.title for diagnostic in error.diagnostics)
        except (*database.ERRORS, OSError) as error:
            self.problem = f"the study {self.folder} cannot be read: {error}"

    def _refresh(self) -> None:
        if _identity(self.folder) != self._file:
            self._journal.close()
            self._journal, self._file, self._version = self._open()
            self.generation += 1
            self._read_all()
            return
        version = self._journal.version
        if version == self._version:
            return
        before = {name: self.notes.get(name) for name in REVISED_WITH}
        notes = self._journal.notes(self._on_fault)
        if any(notes.get(name) != value for name, value in before.items()):
            self._read_all()
        else:
            self.revision += 1
            self.notes = notes
            self._read_changes()
        self._version = version  # not before all is read: what fails is tried again

    def _open(self) -> tuple[Journal, tuple[int, int], int]:
        journal = Journal.open(self.folder)
        return journal, _identity(self.folder), journal.version

    def _read_all(self) -> None:
        self.revision += 1
        self._faults.clear()
        self._curves.clear()
        self.notes = self._journal.notes(self._on_fault, needed=("goals",))
        self.trials = {trial.number: trial for trial in self._journal.trials(self._on_fault)}
        self.changed = dict.fromkeys(self.trials, self.revision)
        self._read_epochs(self.running)

    def _read_changes(self) -> None:
        """Reads the running trials again, all trials that started since, and their later epochs."""
        running = self.running
        found = [self._journal.trial(number, self._on_fault) for number in running]
        found += self._journal.trials(self._on_fault, above=max(self.trials, default=0))
        for trial in found:
            if trial is not None and trial != self.trials.get(trial.number):
                before = self.trials.get(trial.number)
                if before is not None and before.attempts != trial.attempts:
                    self._curves.pop(trial.number, None)  # a restarted training repeats epochs
                self.trials[trial.number] = trial
                self.changed[trial.number] = self.revision
        self._read_epochs((*running, *self.running))

    def _read_epochs(self, numbers: tuple[int, ...]) -> None:
        for number in dict.fromkeys(numbers):
            known = self._curves.get(number, ())
            after = (known[-1].execution, known[-1].epoch) if known else (-1, 0)
            later = tuple(self._journal.epochs(number, self._on_fault, after))
            if later:
                self.changed[number] = self.curves_changed = self.revision
            self._curves[number] = (*known, *later)

    def _on_fault(self, fault: Fault) -> None:
        self._faults.setdefault(fault.place, fault)

    # ---- what was read

    @property
    def name(self) -> str:
        return str(self.notes.get("space", self.folder.name))

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The objectives, the first of which ranks trials; none if the journal does not say."""
        return tuple(Goal(metric, direction) for metric, direction in self.notes.get("goals") or ())

    @property
    def running(self) -> tuple[int, ...]:
        """The numbers of the valid trials without an end."""
        return tuple(number for number, trial in self.trials.items() if trial.status == "running" and trial.valid)

    @property
    def damage(self) -> str | None:
        """The rows that cannot be read, in a line."""
        faults = list(map(str, self._faults.values()))
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        return f"not all of the journal can be read: {'; '.join(faults[:3])}{more}" if faults else None

    def curve(self, number: int) -> Curve:
        """The epochs of a trial, in order; those of a finished one are read when they are asked for. Without a journal
        there are none."""
        if number not in self._curves:
            if len(self._curves) > REMEMBERED + len(self.running):
                self._curves = {one: self._curves[one] for one in self.running}
            try:
                self._curves[number] = tuple(self._journal.epochs(number, self._on_fault))
            except database.ERRORS:
                return ()
        return self._curves[number]


def _identity(folder: Path) -> tuple[int, int]:
    """The file of the journal. Raises FileNotFoundError if it is gone, other OSErrors if it cannot be asked."""
    found = (folder / FILE).stat()
    return found.st_dev, found.st_ino

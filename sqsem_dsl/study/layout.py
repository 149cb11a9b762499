"""The common properties of all trials of a study, and the places of their files while they run. The temporary files
that killed processes leave in its folder."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.journal import database
from sqsem_dsl.study.journal.journal import FILE, RESERVE
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.models import BEST
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.task import Task
from sqsem_dsl.study.user_callbacks import UserCallbacks
from sqsem_dsl.utils.atomic_file import is_part, remove_parts

ROOM = 1 << 20
"""Bytes of free space below which a disk counts as full."""
WRITTEN = (BEST, "best.json", "trials.csv", "spec.sqs", RESERVE)
"""The files of a study that only its search writes, beside the journal."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Makes the tasks of a study."""

    folder: Path
    seed: int
    executions: int = 1
    target: float | None = None
    trial_minutes: float | None = None
    tensorboard: bool = False
    checkpoint_seconds: float = 30.0
    callbacks: UserCallbacks | None = None

    def prepare(self) -> None:
        """Creates the folder for the files needed while trials run. Raises OSError."""
        self._running.mkdir(parents=True, exist_ok=True)

    def seeds(self, number: int) -> tuple[int, ...]:
        """A seed for each training of a trial, derived only from the study's seed and the trial's number."""
        return tuple((self.seed * 1_000_003 + number * 1_009 + i) % 2**31 for i in range(self.executions))

    def task(
        self,
        trial: Trial,
        architecture: Architecture,
        *,
        goals: tuple[Goal, ...],
        root: int,
        final: bool,
        model: Path,
        worth: float | None,
    ) -> Task:
        """The task of a trial. `root` is the trial with which its training began, `final` whether others may continue
        it, `worth` the bound that its score must beat for its model to be kept."""
        return Task(
            number=trial.number,
            architecture=architecture,
            goals=goals,
            epochs=trial.planned,
            seeds=self.seeds(root),
            schedule_epochs=trial.schedule_epochs,
            stops=trial.stops,
            checkpoint=str(self._state(trial.number)),
            checkpoint_seconds=self.checkpoint_seconds,
            start=None if trial.continues is None else str(self._final(trial.continues)),
            final=str(self._final(trial.number)) if final else None,
            model=str(model),
            worth=worth,
            tensorboard=str(self.folder / "tensorboard" / f"trial-{trial.number:04}") if self.tensorboard else None,
            callbacks=self.callbacks,
        )

    def tidy(self, number: int, needed: Collection[int]) -> None:
        """After a trial: removes its checkpoint, and final states that no trial will continue."""
        with suppress(OSError):
            self._state(number).unlink(missing_ok=True)
            kept = {self._final(n) for n in needed}
            for path in self._running.glob("trial-*.final"):  # not the temporary files of other processes
                if path not in kept:
                    path.unlink(missing_ok=True)

    def clear(self) -> None:
        """The study is complete: no state of any trial is needed."""
        shutil.rmtree(self._running, ignore_errors=True)

    def is_full(self) -> bool:
        """Whether the disk has no room left."""
        try:
            return shutil.disk_usage(self.folder).free < ROOM
        except OSError:
            return False

    @property
    def _running(self) -> Path:
        return self.folder / "running"

    def _state(self, number: int) -> Path:
        return self._running / f"trial-{number:04}.state"

    def _final(self, number: int) -> Path:
        return self._running / f"trial-{number:04}.final"


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files of processes that were killed while they wrote. Only for the process that holds the
    lock of the study. Raises OSError."""
    database.remove_unfinished(folder / FILE)
    for name in WRITTEN:
        remove_parts(folder / name)
    if not (folder / FILE).exists():
        return  # the folders are not those of a study
    for pattern in ("best/.*", "running/.*", "tensorboard/.events.*", "tensorboard/trial-*/.events.*"):
        for part in folder.glob(pattern):
            if is_part(part) and part.is_file():
                part.unlink(missing_ok=True)

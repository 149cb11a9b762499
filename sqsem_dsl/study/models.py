"""The models that a study keeps: only those of its best trials.

| file | holds |
| --- | --- |
| `best/trial-0012.keras` | the model of a trial with the weights of its best epoch, compiled |
| `best.keras` | the best of them, by the first objective |
"""

from __future__ import annotations

import math
import os
import shutil
from contextlib import suppress
from pathlib import Path

from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.view import View
from sqsem_dsl.utils.atomic_file import part_of

BEST = "best.keras"
FRONT = 10
"""The factor for the models of a Pareto front of several objectives."""


class Models:
    """The folder `best` of a study."""

    def __init__(self, folder: Path, goals: tuple[Goal, ...], keep: int) -> None:
        self.folder, self.goals, self.keep = folder, goals, keep
        (folder / "best").mkdir(parents=True, exist_ok=True)

    def path(self, number: int) -> Path:
        """The path of the model of a trial, whether it exists or not."""
        return self.folder / "best" / f"trial-{number:04}.keras"

    def worth(self, view: View) -> float | None:
        """The bound on a score times its sign for the model to be kept. None: every model is kept for now."""
        if len(self.goals) > 1 or len(view.ranking) < self.keep:
            return None
        # A trial with a score equal to that of the last one kept may be cheaper, and rank before it.
        return math.nextafter(self.goals[0].sign * view.ranking[self.keep - 1].scores[0], math.inf)

    def tidy(self, view: View) -> None:
        """Removes the models that are no longer among the best, and makes `best.keras` the best one.

        Raises OSError if it cannot be written.
        """
        # A running trial may have just saved its model without having reported it.
        kept = {self.path(number) for number in (*(trial.number for trial in self.kept(view)), *view.at_epoch)}
        for path in (self.folder / "best").glob("trial-*.keras"):
            if path not in kept:
                path.unlink(missing_ok=True)
        if view.best is not None and self.path(view.best.number).exists():
            self._put(self.path(view.best.number))

    def kept(self, view: View) -> list[Trial]:
        """The trials whose models stay."""
        return view.front[: self.keep * FRONT] if len(self.goals) > 1 else view.ranking[: self.keep]

    def _put(self, model: Path) -> None:
        """Makes a model `best.keras`, replacing the previous one only when it is complete."""
        best = self.folder / BEST
        part = part_of(best)
        with suppress(OSError):
            if best.samefile(model):
                return
        part.unlink(missing_ok=True)
        try:
            os.link(model, part)  # a hard link needs no space
        except OSError:
            shutil.copyfile(model, part)
        os.replace(part, best)

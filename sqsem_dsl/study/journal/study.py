"""A study for reading its results. Does not use Keras; the search may be running meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.baselines import baseline_folders
from sqsem_dsl.study.errors import UnreadableStudy
from sqsem_dsl.study.errors_arguments import NoModel
from sqsem_dsl.study.errors_files import DamagedStudy
from sqsem_dsl.study.journal import frames
from sqsem_dsl.study.journal.disk_usage import MODELS, disk_usage
from sqsem_dsl.study.journal.journal import FILE, REVISED_WITH, Journal
from sqsem_dsl.study.journal.ranking import pareto_front, ranked
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.rows import Fault
from sqsem_dsl.study.journal.scored import scored
from sqsem_dsl.study.journal.settings_json import without_epochs
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.saved_models import load_saved
from sqsem_dsl.study.spec_snapshot import Sources
from sqsem_dsl.utils.effort import LevelName

if TYPE_CHECKING:
    import keras
    import pandas


class Study:
    """The trials of a folder at the time when it was opened; reopen it to see later ones."""

    compilation: ClassVar[type[Compilation]] = Compilation
    """Makes the space."""

    def __init__(
        self, folder: Path, allow_extern: bool = False, damaged: bool = False, effort: LevelName = "normal"
    ) -> None:
        self.folder, self._allow_extern, self._damaged, self._effort = folder, allow_extern, damaged, effort
        self._faults: dict[str, Fault] = {}
        with closing(Journal.open(folder)) as journal:
            self.notes: Mapping[str, Any] = journal.notes(self._on_fault)
            """The facts about the study: `data`, `fingerprint`, `seed`, `elapsed` seconds, why it `ended`, …"""
            self.trials: tuple[Trial, ...] = tuple(self._of_the_study(journal.trials(self._on_fault)))
            """Every trial by number, including those that are running, failed, or belong to an earlier version of the
            spec."""

    def later(self) -> Self:
        """The study as it is now. Of the trials, only those that ran or started since are read again: a search leaves
        finished ones as they are, until it resumes. Raises SqsError as the constructor does."""
        made = copy(self)
        with closing(Journal.open(self.folder)) as journal:
            made.notes = journal.notes(self._on_fault)
            if any(made.notes.get(name) != self.notes.get(name) for name in ("created", *REVISED_WITH)):
                return type(self)(self.folder, self._allow_extern, self._damaged, self._effort)
            running = [trial.number for trial in self.trials if trial.status == "running"]
            again = [journal.trial(number, self._on_fault) for number in running]
            again += journal.trials(self._on_fault, above=max((trial.number for trial in self.trials), default=0))
        read = {trial.number: trial for trial in self._of_the_study([trial for trial in again if trial is not None])}
        known = {trial.number: trial for trial in self.trials if trial.number not in running}
        made.trials = tuple(trial for _, trial in sorted((known | read).items()))
        for name in ("ranking", "front", "baselines", "paths"):
            made.__dict__.pop(name, None)
        return made

    def __repr__(self) -> str:
        return f"<Study {self.name}: {len(self.trials)} trials, {', '.join(map(str, self.goals))}>"

    @property
    def name(self) -> str:
        """The name of the space."""
        return str(self.notes.get("space", self.folder.name))

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        """The objectives, the first of which ranks trials."""
        if "goals" not in self.notes:
            raise SqsError([self._damage((Fault("the note `goals`", "it is not there"),))])
        return tuple(Goal(metric, direction) for metric, direction in self.notes["goals"])

    @property
    def lower_bounds(self) -> frozenset[str]:
        """The quantities (`macs`) that are recorded as lower bounds."""
        return frozenset(self.notes.get("lower_bounds") or ())

    @cached_property
    def ranking(self) -> tuple[Trial, ...]:
        """The completed trials, best first by the first objective; among equal ones the cheapest comes first
        (`ranking.place`)."""
        return tuple(ranked(self.trials, self.goals))

    @property
    def best(self) -> Trial | None:
        """The first of the ranking; None if no trial has completed."""
        return self.ranking[0] if self.ranking else None

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The Pareto front: the nondominated completed trials."""
        return tuple(pareto_front(self.trials, self.goals))

    @cached_property
    def baselines(self) -> tuple[Trial, ...]:
        """The networks of other specs that were trained for comparison, as trials numbered from 0 downwards; of origin
        `baseline`, with their name in `memo["baseline"]`. Those that were trained on other data, or with settings that
        the spec no longer has, are left out.

        Their epochs are available by their number, like those of trials.
        """
        found = []
        for number, folder in enumerate(baseline_folders(self.folder)):
            study = Study(folder, self._allow_extern, self._damaged)
            trial = study.trials[-1] if study.trials else None
            if trial is None or not self._trains_so(trial):
                continue
            if study.notes.get("fingerprint") != self.notes.get("fingerprint"):
                continue
            if study.goals != self.goals and trial.status == "completed":
                anew = scored(trial, study.epochs(trial.number), self.goals)
                trial = anew or replace(trial, scores=(), reason="its epochs do not record the objective")
            found.append(replace(trial, number=-number, origin="baseline", memo={"baseline": folder.name}))
        return tuple(found)

    def _trains_so(self, baseline: Trial) -> bool:
        """Whether a baseline would be trained in the same way now: with the settings of the space, or for as long as
        trials of the study; True if the space cannot be loaded."""
        try:
            train = self.space.default().train
        except SqsError:
            return True
        lengths = {train.epochs, *(trial.planned for trial in self.trials)}
        alike = without_epochs(baseline.training) == without_epochs(train.model_dump_json())
        return alike and baseline.planned in lengths

    def trial(self, number: int) -> Trial:
        """The trial with a number, from 1. Raises KeyError if there is none."""
        for trial in self.trials:
            if trial.number == number:
                return trial
        raise KeyError(number)

    def epochs(self, number: int | None = None) -> list[Epoch]:
        """The values reported after each epoch of a trial, or of all trials of the space, so far."""
        if number is not None and number <= 0:
            [folder] = [folder for at, folder in enumerate(baseline_folders(self.folder)) if at == -number]
            return [replace(epoch, trial=number) for epoch in Study(folder, self._allow_extern, self._damaged).epochs()]
        with closing(Journal.open(self.folder)) as journal:
            return list(journal.epochs(number, self._on_fault))

    def curves(self, numbers: Iterable[int]) -> dict[int, list[Epoch]]:
        """The epochs of trials by their numbers, from 1."""
        with closing(Journal.open(self.folder)) as journal:
            return {number: list(journal.epochs(number, self._on_fault)) for number in numbers}

    # ---- unreadable parts

    @property
    def damage(self) -> DamagedStudy | None:
        """The parts of a damaged journal that could not be read so far, if it was opened anyway (`load_study`)."""
        return self._damage(tuple(self._faults.values())) if self._faults else None

    def _damage(self, faults: tuple[Fault, ...]) -> DamagedStudy:
        return DamagedStudy(NOWHERE, str(self.folder / FILE), tuple(map(str, faults)))

    @property
    def _on_fault(self) -> Callable[[Fault], None] | None:
        return (lambda fault: self._leave_out(fault)) if self._damaged else None

    def _leave_out(self, fault: Fault) -> None:
        self._faults.setdefault(fault.place, fault)

    def _of_the_study(self, trials: list[Trial]) -> Iterator[Trial]:
        """The trials that have as many scores as the study has objectives, or need none."""
        goals = self.notes.get("goals")
        for trial in trials:
            if goals and trial.valid and trial.scores and len(trial.scores) != len(goals):
                fault = Fault(f"trial {trial.number}", f"it has {len(trial.scores)} scores of {len(goals)} objectives")
                if not self._damaged:
                    raise SqsError([self._damage((fault,))])
                self._leave_out(fault)
            else:
                yield trial

    # ---- the space

    @property
    def spec(self) -> str:
        """The text of the spec of the last search."""
        return str(self.notes.get("spec") or "")

    @cached_property
    def space(self) -> Space:
        """The searched space, from the spec, the imported files and the constants in the journal.

        Raises SqsError if this version of the program rejects them, and if the spec names code of the user and
        `allow_extern` was not given.
        """
        return self._load_space(trains=True)

    @cached_property
    def inference_space(self) -> Space:
        """The same space for what trains and scores nothing: without `allow_extern`, losses, metrics, optimizers and
        callbacks of the user are allowed, since nothing imports them. Raises SqsError as `space` does."""
        return self.space if self._allow_extern else self._load_space(trains=False)

    def _load_space(self, *, trains: bool) -> Space:
        kept = self.notes.get("sources")
        if kept is None:
            absent = UnreadableStudy(NOWHERE, str(self.folder), "it was searched without keeping its spec")
            raise SqsError([self.damage or absent])
        sources = Sources.from_plain(kept, allow_extern=self._allow_extern)
        return sources.load(self.compilation, self._effort, trains=trains)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The choices of the space in its order; those of the trials if the space cannot be loaded."""
        try:
            return tuple(choice.path for choice in self.space.choices)
        except SqsError:
            return seen_paths(self.trials)

    def architecture(self, number: int) -> Architecture:
        """The network of a trial, with its training settings.

        Raises KeyError if there is no such trial, and SqsError if the space has no such architecture, which is possible
        for trials of an earlier version of the spec.
        """
        return self._architecture(number, self.space)

    def inference_architecture(self, number: int) -> Architecture:
        """The same of the space for inference. Raises the same exceptions."""
        return self._architecture(number, self.inference_space)

    def _architecture(self, number: int, space: Space) -> Architecture:
        trial = self.trial(number)
        known = {choice.path: choice for choice in space.choices}
        try:
            return space.at(
                {path: known[path].decode(data) if path in known else data for path, data in trial.choices.items()}
            )
        except ValueError as problem:
            raise SqsError([self._damage((Fault(f"trial {number}", str(problem)),))]) from problem

    # ---- models

    def best_model(self) -> keras.Model:
        """The model of the best trial, with the weights of its best epoch. Raises SqsError as `load_model` does."""
        return self._load_model(None if self.best is None else self.best.number)

    def load_model(self, number: int) -> keras.Model:
        """The compiled model of a trial, with the weights of its best epoch, from `best/`.

        It takes inputs as they are in the data. Without `allow_extern` it is not compiled if its loss, a metric, its
        optimizer or a callback is code of the user. Raises SqsError if the study has not kept it, and if Keras is not
        installed.
        """
        return self._load_model(number)

    def _load_model(self, number: int | None) -> keras.Model:
        path = self.folder / MODELS / f"trial-{number or 0:04}.keras"
        if not path.exists():
            names = (file.stem.removeprefix("trial-") for file in path.parent.glob("trial-*.keras"))
            kept = (int(name) for name in names if name.isdecimal())
            raise SqsError([NoModel(NOWHERE, str(self.folder), number, tuple(sorted(kept)))])
        try:
            architecture, outputs = self.inference_architecture(number or 0), self.inference_space.outputs
        except (KeyError, SqsError):  # of an earlier spec: its layers may still be Keras's own
            architecture, outputs = None, None
        return load_saved(path, architecture, outputs, allow_extern=self._allow_extern)

    # ---- for other programs

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame of all trials (`frames.trials_frame`). Raises SqsError if pandas is missing."""
        paths = dict.fromkeys((*self.paths, *seen_paths(self.trials)))
        return frames.trials_frame(self.trials, paths, self.lower_bounds)

    def epochs_frame(self) -> pandas.DataFrame:
        """A pandas frame of the epochs of all trials (`frames.epochs_frame`)."""
        return frames.epochs_frame(self.epochs())

    @property
    def size(self) -> dict[str, int]:
        """Current disk usage in bytes by kind (`disk_usage`)."""
        return disk_usage(self.folder)


def seen_paths(trials: Iterable[Trial]) -> tuple[str, ...]:
    """The choices of the trials, in the order in which they first appear."""
    return tuple(dict.fromkeys(path for trial in trials for path in trial.choices))

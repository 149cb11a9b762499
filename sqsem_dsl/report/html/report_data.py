"""The common data of a report's sections: the study with its baselines separated, and the compared networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from statistics import fmean

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.report.statistics.answer import Answers
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.journal.ranking import place
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.study.objective import Goal, deciding_metric
from sqsem_dsl.study.progress.progress import score_of
from sqsem_dsl.study.warm_start import baseline

Curve = tuple[tuple[int, float], ...]
"""Epochs, from 1, with their reported values."""
PLAIN = "plain network"


@dataclass(frozen=True)
class ReportData:
    """A study and the answers from its trials, as a report needs them."""

    study: Study
    answers: Answers

    @property
    def goal(self) -> Goal:
        """The first objective."""
        return self.study.goals[0]

    @cached_property
    def at(self) -> int:
        """The number of the first objective that training changes; that of the first if there is none."""
        return next((at for at, goal in enumerate(self.study.goals) if goal.metric not in COUNTS), 0)

    @cached_property
    def counted(self) -> tuple[Trial, ...]:
        """The trials of the space, without those of an earlier version of the spec."""
        return tuple(trial for trial in self.study.trials if trial.valid)

    @cached_property
    def ranking(self) -> tuple[Trial, ...]:
        """The completed trials of the space, best first by the first objective."""
        return self.study.ranking

    @cached_property
    def baselines(self) -> tuple[Trial, ...]:
        """The completed trials of fixed networks of other specs, best first."""
        done = [trial for trial in self.study.baselines if trial.status == "completed" and trial.scores]
        return tuple(sorted(done, key=lambda trial: place(trial, self.goal)))

    @property
    def best(self) -> Trial | None:
        return self.ranking[0] if self.ranking else None

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The Pareto front for several objectives; for one, only the best trial."""
        return self.study.front

    @cached_property
    def space(self) -> Space | None:
        """None if this version of the program rejects the spec, or if it names code that may not be loaded."""
        try:
            return self.study.inference_space
        except SqsError:
            return None

    @cached_property
    def network(self) -> Architecture | None:
        """The network of the best trial."""
        try:
            return None if self.best is None else self.study.inference_architecture(self.best.number)
        except SqsError:
            return None

    @cached_property
    def plain(self) -> Architecture | None:
        """The network of the space with every slot empty, without skips, everything else at its first value."""
        try:
            return None if self.space is None else baseline(self.space)
        except SqsError:
            return None

    @cached_property
    def plain_trial(self) -> Trial | None:
        """The best trial of the plain network, if it was tried."""
        if self.plain is None:
            return None
        return next((trial for trial in self.ranking if trial.architecture == self.plain.id), None)

    @cached_property
    def named(self) -> Mapping[int, str]:
        """The trials that charts label: baselines, and the plain network if it is not the best."""
        names = {trial.number: str(trial.memo.get("baseline") or f"trial {trial.number}") for trial in self.baselines}
        if self.plain_trial is not None and self.plain_trial is not self.best:
            names[self.plain_trial.number] = PLAIN
        return names

    @cached_property
    def watched(self) -> tuple[str, float]:
        """The name that is reported after each epoch and decides the best one, with its sign."""
        return deciding_metric(self.study.goals)

    @cached_property
    def curves(self) -> Mapping[int, Curve]:
        """For each trial, the reported values of the watched name, the mean over executions."""
        name, _ = self.watched
        found: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        fixed = (epoch for trial in self.baselines for epoch in self.study.epochs(trial.number))
        for epoch in chain(self.study.epochs(), fixed):
            value = epoch.metrics.get(name)
            if value is not None and abs(value) < float("inf"):
                found[epoch.trial][epoch.epoch].append(value)
        return {number: tuple((at, fmean(found[number][at])) for at in sorted(found[number])) for number in found}

    @property
    def running(self) -> bool:
        """Whether the study had not finished when it was read."""
        return not self.study.notes.get("ended")

    def score(self, trial: Trial) -> str:
        """The score by the first objective, as text."""
        return score_of(trial, 0, self.goal)

"""Which trials are best."""

from __future__ import annotations

from collections.abc import Iterable

from sqsem_dsl.study.algorithms.pareto import front
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.records.record import Trial


def ranked(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> list[Trial]:
    """The completed trials that count, best first by the first objective; of equal ones the earlier."""
    sign = goals[0].sign
    return sorted(_scored(trials), key=lambda trial: (sign * trial.scores[0], trial.number))


def pareto_front(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> list[Trial]:
    """The completed trials that none of the others beats in one objective without losing in another, best first by the
    first objective; of those with equal scores the earliest."""
    first: dict[tuple[float, ...], Trial] = {}
    for trial in ranked(trials, goals):
        first.setdefault(trial.scores, trial)
    best = list(first.values())
    return [best[i] for i in front([trial.scores for trial in best], goals)]


def _scored(trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.status == "completed" and trial.valid and trial.scores]

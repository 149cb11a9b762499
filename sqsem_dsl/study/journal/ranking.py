"""The ranking of trials, used everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from sqsem_dsl.study.algorithms.pareto import front
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal

Place = tuple[float, int, int, int]


def place(trial: Trial, goal: Goal) -> Place:
    """The sort key of a completed trial, less is better: its score by the first objective; for equal scores the fewer
    parameters, then the fewer MACs, then the earlier trial."""
    return (goal.sign * trial.scores[0], trial.params, trial.macs, trial.number)


def ranked(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> list[Trial]:
    """The valid completed trials, best first (`place`)."""
    return sorted(_scored(trials), key=lambda trial: place(trial, goals[0]))


def pareto_front(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> list[Trial]:
    """The nondominated completed trials, best first; of those with equal scores the first."""
    first: dict[tuple[float, ...], Trial] = {}
    for trial in ranked(trials, goals):
        first.setdefault(trial.scores, trial)
    best = list(first.values())
    return [best[i] for i in front([trial.scores for trial in best], goals)]


def tie(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> str:
    """Why the best trial is the first of several with the same scores; empty if it is the only one.

    `3 trials have the same val_accuracy: trial 5 has the fewest parameters`
    """
    ranking = ranked(trials, goals)
    tied = [trial for trial in ranking if trial.scores == ranking[0].scores]
    if len(tied) < 2:
        return ""
    best, second = tied[:2]
    if best.params < second.params:
        why = "has the fewest parameters"
    elif best.macs < second.macs:
        why = "has the fewest MACs of those with the fewest parameters"
    else:
        why = "is the first of those with the fewest parameters and MACs"
    same = " and ".join(goal.metric for goal in goals)
    return f"{len(tied)} trials have the same {same}: trial {best.number} {why}"


def _scored(trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.status == "completed" and trial.valid and trial.scores]

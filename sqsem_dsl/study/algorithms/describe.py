"""What a search will do and why, in one line."""

from __future__ import annotations

from typing import assert_never

from sqsem_dsl.settings.search import (
    Algorithm,
    Asha,
    Bayesian,
    EachToItsEnd,
    Evolution,
    Grid,
    Hyperband,
    Median,
    Nsga2,
    Random,
    SearchSettings,
    Stopping,
    Tpe,
)


def describe(search: SearchSettings, trials: int | None) -> str:
    """The algorithm of a search of so many trials; None: as many as the algorithm needs.

    >>> describe(SearchSettings(algorithm=Random()), 20)
    '20 trials by `random`: independent draws, choice by choice, so that every depth is equally frequent'
    """
    count = "trials" if trials is None else "1 trial" if trials == 1 else f"{trials:,} trials"
    default = "" if "algorithm" in search.model_fields_set else " (the default: it needs the fewest trials)"
    return f"{count} by `{search.algorithm.name}`{default}: {_method(search.algorithm)}{_stopping(search.stopping)}"


def _stopping(stopping: Stopping) -> str:
    match stopping:
        case EachToItsEnd():
            return ""
        case Median():
            return "; a trial stops when it is worse than the median of the others"
        case Asha(factor=factor):
            return f"; a trial stops when it is not among the best 1/{factor}, and goes on when it is"
        case _:
            assert_never(stopping)


def _method(algorithm: Algorithm) -> str:
    match algorithm:
        case Random(over="assignments"):
            return "independent draws, all assignments equally likely; hardly any of them are shallow networks"
        case Random():
            return "independent draws, choice by choice, so that every depth is equally frequent"
        case Grid():
            return "every configuration in turn, in the order of the space"
        case Bayesian():
            return "a model of the score by choices and exact costs proposes the largest expected improvement"
        case Evolution(sample=sample, population=population):
            return f"one choice changed of the best of {sample} from the last {population} trials"
        case Hyperband(factor=factor):
            return f"many short trainings, of which one in {factor} goes on, {factor} times as long"
        case Tpe():
            return "values that are frequent among good trials and rare among the others"
        case Nsga2(population_size=size):
            return f"generations of {size} trials, children of the best of all objectives"
        case _:
            assert_never(algorithm)

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


def describe(search: SearchSettings, trials: int | None, priors: bool = False) -> str:
    """The algorithm of a search of so many trials; None: as many as the algorithm needs. `priors`: the space has some.

    >>> describe(SearchSettings(algorithm=Random()), 20)
    '20 trials by `random`: independent draws, choice by choice, so that every depth is equally frequent'
    >>> describe(SearchSettings(algorithm=Random()), 20, priors=True)
    '20 trials by `random`: independent draws, choice by choice, by the priors of the space'
    """
    count = "trials" if trials is None else "1 trial" if trials == 1 else f"{trials:,} trials"
    default = "" if "algorithm" in search.model_fields_set else " (the default: it needs the fewest trials)"
    method = _method(search.algorithm, priors) + _stopping(search.stopping)
    return f"{count} by `{search.algorithm.name}`{default}: {method}"


def _stopping(stopping: Stopping) -> str:
    match stopping:
        case EachToItsEnd():
            return ""
        case Median():
            return "; a trial stops when it is worse than the median of the others"
        case Asha(factor=factor):
            return f"; a trial stops when it is not among the best 1/{factor}, and continues when it is"
        case _:
            assert_never(stopping)


def _method(algorithm: Algorithm, priors: bool) -> str:
    follows = "; the first ones follow the priors of the space" if priors else ""
    match algorithm:
        case Random(over="assignments"):
            return "independent draws, all assignments equally likely; hardly any of them are shallow networks"
        case Random():
            how = "by the priors of the space" if priors else "so that every depth is equally frequent"
            return f"independent draws, choice by choice, {how}"
        case Grid():
            return "every configuration in turn, in the order of the space"
        case Bayesian():
            return "a model of the score by choices and exact costs proposes the largest expected improvement" + follows
        case Evolution(sample=sample, population=population):
            return f"one choice changed of the best of {sample} from the last {population} trials{follows}"
        case Hyperband(factor=factor):
            return f"many short trainings, of which one in {factor} continues, {factor} times as long{follows}"
        case Tpe():
            return "values that are frequent among good trials and rare among the others" + follows
        case Nsga2(population_size=size):
            return f"generations of {size} trials, children of the best of all objectives{follows}"
        case _:
            assert_never(algorithm)

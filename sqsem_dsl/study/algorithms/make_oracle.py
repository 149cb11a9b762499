"""The oracle that `search { }` names."""

from __future__ import annotations

from typing import Any, assert_never

import keras_tuner

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.settings.search import Bayesian, Evolution, Grid, Hyperband, Nsga2, Random, SearchSettings, Tpe
from sqsem_dsl.study.algorithms.hyperband import HyperbandOracle
from sqsem_dsl.study.algorithms.oracles import BayesianOracle, EvolutionOracle, GridOracle, RandomOracle, SpaceOracle
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.errors import NotOfKerasTuner
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.options import TRIALS


def make_oracle(
    space: SearchedSpace,
    search: SearchSettings,
    goal: Goal,
    *,
    trials: int | None,
    epochs: int | None,
    seed: int,
    hours: float | None = None,
) -> SpaceOracle:
    """The oracle for a search of that many trials; None: as many as the algorithm needs.

    `epochs` replaces the length in the spec. No trial is proposed after `hours`. Raises SqsError for an algorithm
    without a KerasTuner oracle.
    """
    common: dict[str, Any] = {
        "objective": keras_tuner.Objective(goal.metric, goal.direction),
        "seed": seed,
        "hours": hours,
    }
    if not space.choices:  # With a single architecture, hyperband would interpret "no values" as "none left".
        return RandomOracle(space, over="assignments", max_trials=1, epochs=epochs, **common)
    some = trials if trials is not None else TRIALS
    match search.algorithm:
        case Random(over=over):
            return RandomOracle(space, over=over, max_trials=some, epochs=epochs, **common)
        case Grid():
            return GridOracle(space, max_trials=trials, epochs=epochs, **common)
        case Bayesian(num_initial_points=points):
            guided = {"num_initial_points": points}
            return BayesianOracle(space, max_trials=some, epochs=epochs, **guided, **common)
        case Evolution(population=population, sample=sample):
            return EvolutionOracle(
                space, max_trials=some, epochs=epochs, population=population, sample=sample, **common
            )
        case Hyperband(factor=factor, hyperband_iterations=iterations) as hyperband:
            return HyperbandOracle(
                space,
                trials=trials,
                max_epochs=longest_training(space, hyperband, epochs),
                factor=factor,
                hyperband_iterations=iterations,
                **common,
            )
        case Tpe() | Nsga2():
            raise SqsError([NotOfKerasTuner(NOWHERE, search.algorithm.name)])
        case _:
            assert_never(search.algorithm)


def longest_training(space: SearchedSpace, hyperband: Hyperband, epochs: int | None) -> int:
    """The epochs that hyperband distributes: the given number, otherwise its own setting, otherwise the longest
    training that the spec allows."""
    if epochs or hyperband.max_epochs:
        return epochs or hyperband.max_epochs or 0
    default = space.default().train.epochs
    for choice in space.choices:
        if choice.path == "train.epochs" and isinstance(choice.domain, Categorical):
            return max((value for value in choice.domain.values if isinstance(value, int)), default=default)
    return default

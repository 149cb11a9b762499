"""The algorithm that `search { }` names, for a study. The packages of an algorithm are imported when it is made."""

from __future__ import annotations

from importlib.util import find_spec
from typing import assert_never

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.search import (
    ONE_OBJECTIVE,
    Bayesian,
    Evolution,
    Grid,
    Hyperband,
    Nsga2,
    Random,
    SearchSettings,
    Tpe,
)
from sqsem_dsl.study.algorithms.algorithm import Algorithm
from sqsem_dsl.study.algorithms.evolution import EvolutionAlgorithm
from sqsem_dsl.study.algorithms.hyperband import HyperbandAlgorithm, longest_training
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.algorithms.random_search import RandomSearch
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.objective import Goal


def make_algorithm(
    space: SearchedSpace,
    search: SearchSettings,
    goals: tuple[Goal, ...],
    *,
    trials: int | None,
    epochs: int | None,
    seed: int,
) -> Algorithm:
    """The algorithm of a search for all objectives in `goals`.

    `trials` is their planned number, which an algorithm uses to divide its budget; it is not enforced here. None: as
    many as the algorithm needs. `epochs` replaces the length in the spec. Raises SqsError if a package is missing, and
    ValueError for several objectives if the algorithm ranks by one number, which a checked spec excludes.
    """
    algorithm = search.algorithm
    if len(goals) > 1 and algorithm.name in ONE_OBJECTIVE:
        raise ValueError(f"{algorithm.name} searches for one objective, not for {len(goals)}")
    if not space.choices:  # There is one architecture, and nothing to be guided by.
        algorithm = Random()
    match algorithm:
        case Random(over=over):
            return RandomSearch(space, over, seed=seed, epochs=epochs)
        case Grid():
            return RandomSearch(space, "in order", seed=seed, epochs=epochs)
        case Evolution(population=population, sample=sample):
            return EvolutionAlgorithm(
                space, goals, population=population, sample=sample, trials=trials, seed=seed, epochs=epochs
            )
        case Hyperband(factor=factor, hyperband_iterations=iterations) as hyperband:
            return HyperbandAlgorithm(
                space,
                goals[0],
                factor=factor,
                iterations=iterations,
                trials=trials,
                seed=seed,
                epochs=longest_training(space, hyperband, epochs),
            )
        case Bayesian(num_initial_points=initial):
            from sqsem_dsl.study.algorithms.bayesian import BayesianAlgorithm  # which imports NumPy and SciPy

            return BayesianAlgorithm(space, goals, initial=initial, trials=trials, seed=seed, epochs=epochs)
        case Tpe() | Nsga2():
            if find_spec("optuna") is None:
                raise SqsError([MissingPackage(NOWHERE, "optuna", f"`algorithm = {algorithm.name}`", "optuna")])
            from sqsem_dsl.study.algorithms.optuna_algorithm import OptunaAlgorithm

            return OptunaAlgorithm(space, algorithm, goals, seed=seed, epochs=epochs)
        case _:
            assert_never(algorithm)

"""Regularized evolution (Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search")."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from random import Random

import numpy as np

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.pareto import by_rank_and_crowding, losses_of_trial
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.algorithms.random_search import RandomSearch
from sqsem_dsl.study.objective import Goal


class EvolutionAlgorithm(RandomSearch):
    """Changes one choice of the best of `sample` trials from the `population` that completed last. The first trials are
    random."""

    def __init__(
        self,
        space: Searchable,
        goals: tuple[Goal, ...],
        *,
        population: int,
        sample: int,
        trials: int | None,
        seed: int,
        epochs: int | None,
    ) -> None:
        super().__init__(space, seed=seed, epochs=epochs)
        self.goals, self.population, self.sample, self.trials = goals, population, sample, trials
        self._running: dict[int, Assignment] = {}
        """The choices of running trials."""
        self._alive: deque[tuple[tuple[float, ...], Assignment]] = deque(maxlen=population)
        """The losses of the latest trials, and their choices."""

    def choose(self, number: int) -> Assignment | None:
        alive = list(self._alive)
        if len(alive) < random_ones(self.population, self.trials):
            return self.proposals.by_choice(number - 1)
        random = Random(f"{self.proposals.seed}/{number - 1}/parents")
        parent = best_of_sample([losses for losses, _ in alive], self.sample, random)
        return self.proposals.child(number - 1, alive[parent][1])

    def started(self, number: int, choices: Assignment) -> None:
        self._running[number] = choices

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        choices, losses = self._running.pop(number), losses_of_trial(scores, self.goals)
        if losses is not None:
            self._alive.append((losses, choices))


def random_ones(population: int, trials: int | None) -> int:
    """The number of random trials before the first with a parent: a third of a short search."""
    return min(population, max(2, (trials or population) // 3))


def best_of_sample(losses: Sequence[tuple[float, ...]], sample: int, random: Random) -> int:
    """The position of the best of a random sample of a population: for several objectives, by Pareto rank in the
    population and then by crowding."""
    parents = random.sample(range(len(losses)), min(sample, len(losses)))
    if len(losses[0]) == 1:
        return min(parents, key=lambda i: losses[i][0])
    return min(parents, key=by_rank_and_crowding(np.array(losses)).index)

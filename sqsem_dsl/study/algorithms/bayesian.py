"""Bayesian optimization: the untried configuration with the highest expected improvement under a Gaussian process.

The process sees the active choices, the same choices pooled over iterations, and the exact parameters, MACs and
activations of each network, which are known before training (`features`). Candidates are random configurations and
neighbors of the best; nothing outside rules and budgets, and nothing tried before, is proposed.

- The first trials are as different from each other as possible, among random ones.
- Scores far below the median are raised, so that one diverged training does not hide the differences between good
  ones; a failed trial counts as the worst one.
- The result of a trial that was stopped is a point of its own: how far it was trained is one more feature, and
  candidates are judged at the end of their training.
- Running trials count as if they had ended with the expected score, so that several workers try different networks
  (D. Ginsbourger, R. Le Riche, L. Carraro, "Kriging is well-suited to parallelize optimization", 2010).
- In a space with priors, the first trials are draws by the priors, and the expected improvement of a candidate is
  multiplied by a power of its prior probability, which fades as trials end (C. Hvarfner, D. Stoll, A. Souza,
  M. Lindauer, F. Hutter, L. Nardi, "πBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization",
  ICLR 2022).
- For several objectives, each trial weights them anew (J. Knowles, "ParEGO", IEEE Transactions on Evolutionary
  Computation 10(1), 2006).

A proposal depends only on the seed, its number, and the trials started and finished before. Its time does not grow with
the search, because the process is fitted to at most `MOST` trials.

Source: D. R. Jones, M. Schonlau, W. J. Welch, "Efficient Global Optimization of Expensive Black-Box Functions", Journal
of Global Optimization 13, 1998.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.operators.row import Value
from sqsem_dsl.study.algorithms.features import Costs, Features, Row
from sqsem_dsl.study.algorithms.gaussian_process import (
    Array,
    Groups,
    Kernel,
    Posterior,
    fit,
    posterior,
    squared_distances,
)
from sqsem_dsl.study.algorithms.pareto import losses_of_trial
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.algorithms.random_search import RandomSearch
from sqsem_dsl.study.objective import Goal

Indices: TypeAlias = npt.NDArray[np.intp]

INITIAL = 5
"""Trials before the first proposed one."""
STARTS = 60
"""Random configurations, of which the one that is farthest from all earlier trials is an initial trial."""
TAIL = 2.0
"""The lowest score that the process sees is as far below the median as this many times the best is above it."""
POOL = 300
"""Random candidates, and as many near the best trials."""
NEAR = 5
"""Trials whose neighbors are candidates."""
FINALISTS, FEW = 200, 16
"""Candidates, the best ones by their choices alone, that the process sees with their costs; `FEW` if their networks
have to be built for that."""
MOST = 300
"""Trials that the process is fitted to: half of them the best, the others the latest."""
TUNED = 120
"""The same for the kernel's hyperparameters, whose fit takes many inversions."""
BELIEF = 10.0
"""πBO's beta: the exponent of the prior probability is this, divided by the number of ended trials."""
AUGMENTED = 0.05
"""The weight of the weighted sum in ParEGO's scalar, from Knowles."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished trial."""

    choices: Assignment
    row: Row
    losses: tuple[float, ...] | None
    """One for each objective; None if it failed."""
    share: float
    """The part of its planned epochs after which it was stopped; 1 if it was not."""


class BayesianAlgorithm(RandomSearch):
    """Expected improvement under a Gaussian process over choices and costs. The first trials are random."""

    def __init__(
        self,
        space: Searchable,
        goals: tuple[Goal, ...],
        *,
        initial: int | None,
        trials: int | None,
        seed: int,
        epochs: int | None,
    ) -> None:
        """`initial`: the number of random trials; None: a third of a short search, else `INITIAL`."""
        super().__init__(space, seed=seed, epochs=epochs)
        self.goals = goals
        self.initial = initial or max(2, min(INITIAL, (trials or 3 * INITIAL) // 3))
        self._features = Features(space)
        self._running: dict[int, Assignment] = {}
        self._told: list[Result] = []
        """The finished trials in the order of their ends."""
        self._costs: dict[frozenset[tuple[str, Value]], Costs] = {}
        self._spread: Array = np.ones(3)
        """The standard deviations of costs, of the trials that the kernel was fitted to."""
        self._kernel: tuple[int, Kernel] | None = None
        """The number of trials that it was fitted to, and the kernel."""

    def choose(self, number: int) -> Assignment | None:
        if sum(result.losses is not None for result in self._told) >= self.initial:
            chosen = self._best_candidate(number)
        else:
            chosen = self._initial(number)
        return chosen or self.proposals.by_choice(number - 1)

    def started(self, number: int, choices: Assignment) -> None:
        self._running[number] = choices

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        choices = self._running.pop(number)
        self._told.append(Result(choices, self._features.row(choices), losses_of_trial(scores, self.goals), share))

    # ---- proposals

    def _initial(self, number: int) -> Assignment | None:
        """Of random configurations, the one that is farthest from the earlier trials; None for the very first, and in
        a space with priors, where trials as different as possible would have improbable values."""
        if self.proposals.tree.believed:
            return None
        earlier = [*(result.choices for result in self._told), *self._running.values()]
        pool = [choices for choices in self.proposals.pool(number - 1, STARTS) if self.proposals.fresh(choices)]
        if not earlier or not pool:
            return None
        distances = np.zeros((len(pool), len(earlier)))
        rows = [list(map(self._features.row, several)) for several in (pool, earlier)]
        for here, there in zip(*map(self._features.of_rows, rows), strict=True):
            squares = squared_distances(here, there)
            distances += squares / (float(np.median(squares)) or 1.0)
        return pool[int(np.argmax(distances.min(axis=1)))]

    def _best_candidate(self, number: int) -> Assignment | None:
        gains = self._gains(self._told, number)
        used = _selected(gains, MOST)
        process = self._process(gains, used, number)
        known = [self._told[i] for i in used]
        expected = process.predict(self._points([(each.choices, each.row) for each in known]))[0]
        leading = np.argsort(-expected, kind="stable")[:NEAR]
        target = float(expected[leading[0]])
        pool = [
            (choices, self._features.row(choices))
            for choices in self.proposals.pool(number - 1, POOL, [known[i].choices for i in leading])
        ]
        if not pool:
            return None
        beliefs = self._beliefs([choices for choices, _ in pool])
        by_choices = self._features.of_rows([row for _, row in pool])
        promise = beliefs * _improvement(_without_costs(process).predict(by_choices), target)
        best = np.argsort(-promise, kind="stable")
        ordered, beliefs = [pool[i] for i in best], beliefs[best]
        count = FINALISTS if self._features.looks_up_costs else FEW
        promise = beliefs[:count] * _improvement(process.predict(self._points(ordered[:count])), target)
        ordered[:count] = [ordered[i] for i in np.argsort(-promise, kind="stable")]
        return next((choices for choices, _ in ordered if self.proposals.fresh(choices)), None)

    def _beliefs(self, pool: Sequence[Assignment]) -> Array:
        """For each candidate, a power of its prior probability divided by the mean of all."""
        if not self.proposals.tree.believed:
            return np.ones(len(pool))
        beliefs = np.array([self.proposals.tree.belief(choices) for choices in pool])
        relative = beliefs - np.logaddexp.reduce(beliefs) + math.log(len(pool))
        weights: Array = np.exp(np.clip(BELIEF / len(self._told) * relative, -300.0, 300.0))
        return weights

    def _gains(self, results: Sequence[Result], number: int) -> Array:
        """For each finished trial a number, more is better, with mean 0 and standard deviation 1. Not all may have
        failed."""
        failed = np.array([result.losses is None for result in results])
        losses = np.array([result.losses for result in results if result.losses is not None])
        single = losses[:, 0] if losses.shape[1] == 1 else self._weighted(losses, number)
        every = np.full(len(failed), single.max())
        every[~failed] = single
        return _standardized(-every)

    def _weighted(self, losses: Array, number: int) -> Array:
        """One number for each trial: a weighted combination of its losses, with weights from the number."""
        random = Random(f"{self.proposals.seed}/{number}/weights")
        weights = np.array([random.expovariate(1.0) for _ in range(losses.shape[1])])  # uniform, after scaling
        span = np.ptp(losses, axis=0)
        scaled = (losses - losses.min(axis=0)) / np.where(span > 0, span, 1.0) * (weights / weights.sum())
        combined: Array = scaled.max(axis=1) + AUGMENTED * scaled.sum(axis=1)
        return combined

    def _process(self, gains: Array, used: Indices, number: int) -> Posterior:
        """The process for the finished trials, and for the running ones with their expected results."""
        kernel = self._tuned(number)
        points = self._results([self._told[i] for i in used])
        found = posterior(kernel, points, gains[used])
        if not self._running:
            return found
        others = self._points([(choices, self._features.row(choices)) for choices in self._running.values()])
        both = [np.concatenate(pair) for pair in zip(points, others, strict=True)]
        return posterior(found.kernel, both, np.concatenate([gains[used], found.predict(others)[0]]))

    def _tuned(self, number: int) -> Kernel:
        """The kernel, fitted again whenever the number of trials has grown by a tenth. It depends only on the trials
        up to then, so that a resumed search has the same."""
        count = _milestone(len(self._told))
        if all(result.losses is None for result in self._told[:count]):
            count = len(self._told)
        if self._kernel is None or self._kernel[0] != count or len(self.goals) > 1:
            gains = self._gains(self._told[:count], number)
            used = _selected(gains, TUNED)
            results = [self._told[i] for i in used]
            known = np.array([self._cost(result.choices) for result in results])
            self._spread = np.maximum(known.std(axis=0), 1e-3)
            self._kernel = count, fit(self._results(results), gains[used])
        return self._kernel[1]

    # ---- features

    def _results(self, results: Sequence[Result]) -> Groups:
        """Finished trials, each with how far it was trained."""
        *groups, _ = self._points([(result.choices, result.row) for result in results])
        return [*groups, np.array([[math.log(result.share)] for result in results])]

    def _points(self, several: Sequence[tuple[Assignment, Row]]) -> Groups:
        """Configurations at the end of their training."""
        costs = np.array([self._cost(choices) for choices, _ in several]) / self._spread
        return [*self._features.of_rows([row for _, row in several]), costs, np.zeros((len(several), 1))]

    def _cost(self, choices: Assignment) -> Costs:
        key = frozenset(choices.items())
        if key not in self._costs:
            self._costs[key] = self._features.costs(choices)
        return self._costs[key]


def _without_costs(process: Posterior) -> Posterior:
    """The part of a process that depends on the choices alone."""
    kernel = process.kernel
    part = Kernel(kernel.scales[:2], (*kernel.logs[:4], kernel.logs[-1]))
    observed: Array = np.linalg.solve(process.precision, process.weights)
    return posterior(part, process.points[:2], observed)


def _improvement(predicted: tuple[Array, Array], target: float) -> Array:
    """The expected improvement over a target (Jones, eq. 15)."""
    mean, deviation = predicted
    z = (mean - target) / deviation
    normal = NormalDist()
    density, below = (np.array([f(each) for each in z]) for f in (normal.pdf, normal.cdf))
    found: Array = deviation * (z * below + density)
    return found


def _standardized(values: Array) -> Array:
    """Values with a cut lower tail, with mean 0 and standard deviation 1.

    >>> _standardized(np.array([0.0, 1.0, 2.0, -1e9])).round(2).tolist()
    [-0.07, 0.52, 1.12, -1.57]
    """
    middle = float(np.median(values))
    found = np.maximum(values, middle - TAIL * (float(values.max()) - middle))
    found = found - found.mean()
    spread = float(found.std())
    scaled: Array = found / spread if spread > 0 else found
    return scaled


def _selected(gains: Array, most: int) -> Indices:
    """The positions of at most so many trials: the best, and the latest of the others."""
    everything = np.arange(len(gains))
    if len(gains) <= most:
        return everything
    best = np.argsort(-gains, kind="stable")[: most // 2]
    latest = everything[~np.isin(everything, best)][-(most - most // 2) :]
    return np.sort(np.concatenate([best, latest]))


def _milestone(count: int) -> int:
    """The largest number not above `count` in a sequence that grows by a tenth, and by at least one.

    >>> [_milestone(n) for n in (5, 10, 20, 21, 100)]
    [5, 10, 20, 20, 94]
    """
    found = 1
    while (following := max(found + 1, found + found // 10)) <= count:
        found = following
    return found

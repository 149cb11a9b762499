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
from random import Random

import numpy as np
from scipy.special import ndtr  # type: ignore[import-untyped]

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.coded_tree import Code
from sqsem_dsl.study.algorithms.features import Features
from sqsem_dsl.study.algorithms.gaussian_process import (
    Array,
    Kernel,
    Posterior,
    added,
    fit,
    one_thread,
    posterior,
    squared_distances,
)
from sqsem_dsl.study.algorithms.observations import Indices, Observations, selected
from sqsem_dsl.study.algorithms.pareto import losses_of_trial
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.algorithms.random_search import RandomSearch
from sqsem_dsl.study.objective import Goal

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
        self._features = Features(space, self.proposals.coded)
        self._running: dict[int, Code] = {}
        self._ended = Observations(self._features, len(goals))
        self._spread: Array = np.ones(3)
        """The standard deviations of costs, of the trials that the kernel was fitted to."""
        self._kernel: tuple[int, Kernel] | None = None
        """The number of trials that it was fitted to, and the kernel."""

    def choose(self, number: int) -> Assignment | None:
        with one_thread():
            return self._chosen(number)

    def _chosen(self, number: int) -> Assignment | None:
        chosen = self._best_candidate(number) if self._ended.completed >= self.initial else self._initial(number)
        if chosen is None:
            return self.proposals.by_choice(number - 1)
        return self.proposals.coded.decode(chosen)

    def started(self, number: int, choices: Assignment) -> None:
        self._running[number] = self.proposals.coded.encode(choices)

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        self._ended.add(self._running.pop(number), losses_of_trial(scores, self.goals), share)

    # ---- proposals

    def _initial(self, number: int) -> Code | None:
        """Of random configurations, the one that is farthest from the earlier trials; None for the very first, and in
        a space with priors, where trials as different as possible would have improbable values."""
        if self.proposals.tree.believed:
            return None
        earlier = [*self._ended.codes, *self._running.values()]
        pool = [code for code in self.proposals.pool(number - 1, STARTS) if self._is_fresh(code)]
        if not earlier or not pool:
            return None
        distances = np.zeros((len(pool), len(earlier)))
        for here, there in zip(*map(self._features.of, (pool, earlier)), strict=True):
            squares = squared_distances(here, there)
            distances += squares / (float(np.median(squares)) or 1.0)
        return pool[int(np.argmax(distances.min(axis=1)))]

    def _best_candidate(self, number: int) -> Code | None:
        gains = self._gains(len(self._ended), number)
        used = selected(gains, MOST)
        by_all, by_choices, ends = self._processes(gains[used], used, number)
        expected = by_all.mean(ends)
        leading = np.argsort(-expected, kind="stable")[:NEAR]
        target = float(expected[leading[0]])
        pool = self.proposals.pool(number - 1, POOL, [self._ended.codes[used[i]] for i in leading])
        if not pool:
            return None
        beliefs = self._beliefs(pool)
        groups = self._features.of(pool)
        covariances = by_choices.kernel.between(groups, by_choices.points)
        promise = beliefs * _improvement(by_choices.at(covariances), target)
        best = np.argsort(-promise, kind="stable")
        finalists = best[: FINALISTS if self._features.looks_up_costs else FEW]
        others = [*self._costs([pool[i] for i in finalists]), np.zeros((len(finalists), 1))]
        more = by_all.kernel.parts(others, by_all.points[2:], first=2)
        promise = beliefs[finalists] * _improvement(by_all.at(added([covariances[finalists], *more])), target)
        ordered = [*finalists[np.argsort(-promise, kind="stable")], *best[len(finalists) :]]
        return next((pool[i] for i in ordered if self._is_fresh(pool[i])), None)

    def _is_fresh(self, code: Code) -> bool:
        return self.proposals.fresh(self.proposals.coded.decode(code))

    def _beliefs(self, pool: Sequence[Code]) -> Array:
        """For each candidate, a power of its prior probability divided by the mean of all."""
        tree, coded = self.proposals.tree, self.proposals.coded
        if not tree.believed:
            return np.ones(len(pool))
        beliefs = np.array([tree.belief(coded.decode(code)) for code in pool])
        relative = beliefs - np.logaddexp.reduce(beliefs) + math.log(len(pool))
        weights: Array = np.exp(np.clip(BELIEF / len(self._ended) * relative, -300.0, 300.0))
        return weights

    def _gains(self, count: int, number: int) -> Array:
        """For each of the first finished trials a number, more is better, with mean 0 and standard deviation 1. Not all
        may have failed."""
        losses = self._ended.losses(count)
        completed = ~np.isnan(losses[:, 0])
        single = losses[completed, 0] if len(self.goals) == 1 else self._weighted(losses[completed], number)
        every = np.full(count, single.max())
        every[completed] = single
        return _standardized(-every)

    def _weighted(self, losses: Array, number: int) -> Array:
        """One number for each trial: a weighted combination of its losses, with weights from the number."""
        random = Random(f"{self.proposals.seed}/{number}/weights")
        weights = np.array([random.expovariate(1.0) for _ in range(losses.shape[1])])  # uniform, after scaling
        span = np.ptp(losses, axis=0)
        scaled = (losses - losses.min(axis=0)) / np.where(span > 0, span, 1.0) * (weights / weights.sum())
        combined: Array = scaled.max(axis=1) + AUGMENTED * scaled.sum(axis=1)
        return combined

    def _processes(self, gains: Array, used: Indices, number: int) -> tuple[Posterior, Posterior, Array]:
        """The process for the finished trials and for the running ones with their expected results; its part that
        depends on the choices alone; and the covariances of the finished trials, at the end of their training, to its
        observations."""
        kernel = self._tuned(number)
        running = list(self._running.values())
        points = self._points(used)
        ends = [*points[:3], np.zeros((len(used), 1))]
        if running:
            there = [*self._features.of(running), *self._costs(running), np.zeros((len(running), 1))]
            expected = posterior(kernel, points, gains).predict(there)[0]
            points, ends = ([np.concatenate(pair) for pair in zip(each, there, strict=True)] for each in (points, ends))
            gains = np.concatenate([gains, expected])
        *shared, lengths = kernel.parts(points, points)
        by_choices = added(shared[:2])
        every = added([by_choices, shared[2], lengths])
        at_end = added([by_choices, shared[2], *kernel.parts(ends[3:], points[3:], first=3)])
        return (
            posterior(kernel, points, gains, every),
            posterior(_without_costs(kernel), points[:2], gains, by_choices),
            at_end[: len(used)],
        )

    def _tuned(self, number: int) -> Kernel:
        """The kernel, fitted again whenever the number of trials has grown by a tenth. It depends only on the trials
        up to then, so that a resumed search has the same."""
        count = _milestone(len(self._ended))
        if np.isnan(self._ended.losses(count)[:, 0]).all():
            count = len(self._ended)
        if self._kernel is None or self._kernel[0] != count or len(self.goals) > 1:
            gains = self._gains(count, number)
            used = selected(gains, TUNED)
            self._spread = np.maximum(self._ended.groups(used)[2].std(axis=0), 1e-3)
            self._kernel = count, fit(self._points(used), gains[used])
        return self._kernel[1]

    # ---- features

    def _points(self, several: Indices) -> list[Array]:
        """Finished trials, each with how far it was trained."""
        *groups, costs = self._ended.groups(several)
        return [*groups, costs / self._spread, self._ended.lengths(several)]

    def _costs(self, several: Sequence[Code]) -> list[Array]:
        """The group of costs of configurations."""
        return [self._features.costs(several) / self._spread]


def _without_costs(kernel: Kernel) -> Kernel:
    """The part of a kernel that depends on the choices alone."""
    return Kernel(kernel.scales[:2], (*kernel.logs[:4], kernel.logs[-1]))


def _improvement(predicted: tuple[Array, Array], target: float) -> Array:
    """The expected improvement over a target (Jones, eq. 15)."""
    mean, deviation = predicted
    z = (mean - target) / deviation
    density = np.exp(-0.5 * z**2) / math.sqrt(math.tau)
    found: Array = deviation * (z * ndtr(z) + density)
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


def _milestone(count: int) -> int:
    """The largest number not above `count` in a sequence that grows by a tenth, and by at least one.

    >>> [_milestone(n) for n in (5, 10, 20, 21, 100)]
    [5, 10, 20, 20, 94]
    """
    found = 1
    while (following := max(found + 1, found + found // 10)) <= count:
        found = following
    return found

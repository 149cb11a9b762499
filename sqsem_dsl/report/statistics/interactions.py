"""Pairs of choices that interact: Friedman's H² over boosted trees.

J. Friedman and B. Popescu, Annals of Applied Statistics 2 (2008) 916, section 8.1: the fraction of the variance of a
pair's effect that is not the sum of the separate effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from sqsem_dsl.report.statistics.answer import Importance, Interaction
from sqsem_dsl.report.statistics.boosted_trees import Forest
from sqsem_dsl.report.statistics.design import Factor, Floats

AMONG = 6
"""The number of most important choices whose pairs are tested."""
KEPT = 5
WEAK = 0.01
"""The H² that pairs without an interaction reach by chance."""
SLIGHT = 0.02
"""The minimum fraction of the score's variance for the effect of a pair: below it, H² is a ratio of negligible
numbers."""


def interactions(forest: Forest, importance: Sequence[Importance]) -> tuple[Interaction, ...]:
    """The strongest pairs among the most important choices, strongest first. Empty if there are too few trials."""
    if not forest.possible:
        return ()
    paths = [factor.path for factor in forest.design.varying]
    top = sorted(paths.index(each.path) for each in importance[:AMONG] if each.value > 0.0)
    found = [pair for one, other in combinations(top, 2) if (pair := _pair(forest, one, other)) is not None]
    strong = [pair for pair in found if pair.strength >= WEAK]
    return tuple(sorted(strong, key=lambda pair: -pair.strength)[:KEPT])


def _pair(forest: Forest, one: int, other: int) -> Interaction | None:
    """The pair of two columns; None if no trial has both choices, or if its effect is negligible."""
    first, second = forest.design.varying[one], forest.design.varying[other]
    both = first.exists & second.exists
    if not both.any():
        return None
    a, b = _levels(first), _levels(second)
    surface = _dependence(forest, (one, other), (a, b))  # [levels of one, levels of the other]
    # Every pair of options is weighted by its number of trials, so that a combination without any has no influence.
    counts = np.array([[np.sum(both & (first.selected == i) & (second.selected == j)) for j, _ in b] for i, _ in a])
    weights = counts / counts.sum()
    joint = surface - np.sum(weights * surface)
    rows, columns = weights.sum(axis=1, keepdims=True), weights.sum(axis=0, keepdims=True)
    alone = np.sum(joint * columns, axis=1, keepdims=True) + np.sum(joint * rows, axis=0, keepdims=True)
    variance = float(np.sum(weights * joint**2))
    if variance < SLIGHT * float(forest.design.scores.var()):
        return None
    left = joint - alone
    strength = float(np.sum(weights * (left - np.sum(weights * left)) ** 2)) / variance
    cells = {
        (first.options[i], second.options[j]): (float(surface[at, to]), int(counts[at, to]))
        for (at, (i, _)), (to, (j, _)) in product(enumerate(a), enumerate(b))
        if counts[at, to]
    }
    return Interaction((first.path, second.path), min(strength, 1.0), cells)


def _levels(factor: Factor) -> list[tuple[int, float]]:
    """Each option that some trial has, with its code in the forest's table; for a half, that of its middle."""
    selected = [option for option, count in enumerate(factor.counts()) if count]
    if factor.place is None:
        return [(option, float(option)) for option in selected]
    return [(option, float(factor.place[factor.selected == option].mean())) for option in selected]


def _dependence(forest: Forest, columns: tuple[int, int], levels: tuple[Any, Any]) -> Floats:
    """The forest's mean prediction with two columns at given levels and all others as in the trials."""
    from sklearn.inspection import partial_dependence

    grid = {column: np.array([code for _, code in each]) for column, each in zip(columns, levels, strict=True)}
    found = partial_dependence(
        forest.whole, forest.table, list(columns), custom_values=grid, kind="average", method="brute"
    )
    return np.asarray(found["average"][0], dtype=float)

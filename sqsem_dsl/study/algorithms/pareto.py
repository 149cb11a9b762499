"""Several objectives: Pareto ranks and crowding distances of scores.

Source: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II",
IEEE Transactions on Evolutionary Computation 6(2), 2002.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sqsem_dsl.study.objective import Goal

Losses: TypeAlias = npt.NDArray[np.float64]
"""A row for each trial, a column for each objective; less is better."""


def losses_of(scores: Sequence[Sequence[float]], goals: Sequence[Goal]) -> Losses:
    """The losses for scores."""
    table = np.array(scores, dtype=np.float64).reshape(len(scores), len(goals))
    signs: Losses = np.array([goal.sign for goal in goals], dtype=np.float64)
    losses: Losses = table * signs
    return losses


def losses_of_trial(scores: Sequence[float] | None, goals: Sequence[Goal]) -> tuple[float, ...] | None:
    """The losses for the scores of one trial; None if it failed, or if a score is not finite."""
    if scores is None or not all(map(math.isfinite, scores)):
        return None
    return tuple(goal.sign * score for goal, score in zip(goals, scores, strict=True))


def front(scores: Sequence[Sequence[float]], goals: Sequence[Goal]) -> list[int]:
    """The positions of the nondominated scores: no other is as good in every objective and better in one. In order."""
    return sorted(_front(losses_of(scores, goals)).tolist())


def pareto_ranks(losses: Losses) -> npt.NDArray[np.intp]:
    """For each row, 0 if no row dominates it, 1 if only rows of rank 0 do, and so on."""
    ranks = np.zeros(len(losses), dtype=np.intp)
    left = np.arange(len(losses))
    rank = 0
    while len(left):
        best = _front(losses[left])
        ranks[left[best]] = rank
        left = np.delete(left, best)
        rank += 1
    return ranks


def crowding(losses: Losses) -> npt.NDArray[np.float64]:
    """The crowding distance of each row of one front: the sides of the box between its neighbors, each as a fraction of
    the whole range, added up; infinite for the minimum and the maximum of a column."""
    count, goals = losses.shape
    room = np.zeros(count)
    for goal in range(goals):
        order = np.argsort(losses[:, goal], kind="stable")
        column = losses[order, goal]
        span = column[-1] - column[0] if count else 0.0
        room[order[:1]] = room[order[-1:]] = np.inf
        if span > 0:
            room[order[1:-1]] += (column[2:] - column[:-2]) / span
    return room


def by_rank_and_crowding(losses: Losses) -> list[int]:
    """The rows from best to worst: by rank, within a rank by decreasing crowding distance, otherwise in the given
    order."""
    ranks = pareto_ranks(losses)
    room = np.zeros(len(losses))
    for rank in np.unique(ranks):
        (rows,) = np.nonzero(ranks == rank)
        room[rows] = crowding(losses[rows])
    return [int(row) for row in np.lexsort((np.arange(len(losses)), -room, ranks))]


def _front(losses: Losses) -> npt.NDArray[np.intp]:
    """The nondominated rows. In sorted order, a row is dominated only by earlier ones."""
    order = np.lexsort(losses.T[::-1])
    found: list[int] = []
    kept = np.empty_like(losses)
    for row in order.tolist():
        loss, best = losses[row], kept[: len(found)]
        if not bool(((best <= loss).all(axis=1) & (best < loss).any(axis=1)).any()):
            kept[len(found)] = loss
            found.append(row)
    return np.array(found, dtype=np.intp)

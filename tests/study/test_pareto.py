"""Nondominated scores, compared with pairwise comparison."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.study.algorithms.pareto import by_rank_and_crowding, crowding, front, pareto_ranks
from sqsem_dsl.study.objective import Goal

GOALS = (Goal("val_accuracy", "max"), Goal("params", "min"))


def beats(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


def rows(goals):
    return st.lists(st.tuples(*[st.integers(0, 5).map(float)] * goals), max_size=30)


@given(rows(2) | rows(3))
def test_the_front_is_what_nothing_beats(losses):
    goals = [Goal(f"g{i}", "min") for i in range(len(losses[0]) if losses else 2)]
    assert front(losses, goals) == [i for i, a in enumerate(losses) if not any(beats(b, a) for b in losses)]


@given(rows(2).filter(len))
def test_ranks_are_the_fronts_of_what_is_left(losses):
    left, expected, rank = dict(enumerate(losses)), {}, 0
    while left:
        best = [i for i, a in left.items() if not any(beats(b, a) for b in left.values())]
        expected |= dict.fromkeys(best, rank)
        left = {i: a for i, a in left.items() if i not in best}
        rank += 1
    assert pareto_ranks(np.array(losses)).tolist() == [expected[i] for i in range(len(losses))]


def test_scores_are_compared_as_they_are():
    assert front([(0.9, 500), (0.8, 100), (0.85, 600), (0.9, 400), (0.8, 100)], GOALS) == [1, 3, 4]
    assert front([(0.5, 1), (0.7, 1), (0.6, 1)], GOALS) == [1]
    assert front([(3.0,), (1.0,), (1.0,)], [Goal("loss", "min")]) == [1, 2]
    assert front([], GOALS) == []


def test_ends_of_a_front_have_room_without_end():
    room = crowding(np.array([[0.0, 10.0], [1.0, 4.0], [4.0, 2.0], [10.0, 0.0]]))
    assert room[0] == room[3] == np.inf
    assert room[1:3].tolist() == pytest.approx([4 / 10 + 8 / 10, 9 / 10 + 4 / 10])


def test_a_front_comes_before_what_it_beats_and_its_ends_first():
    losses = np.array([[5.0, 5.0], [0.0, 4.0], [1.0, 3.0], [1.5, 2.5], [4.0, 0.0]])
    assert by_rank_and_crowding(losses) == [1, 4, 3, 2, 0]

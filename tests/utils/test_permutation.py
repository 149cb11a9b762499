"""Numbers in a shuffled order, without a list of them."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.utils.permutation import FEW, Permutation, shard

HUGE = 7371**5


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, FEW, FEW + 1, FEW + 2, 5_000])
def test_every_number_comes_once(count: int) -> None:
    order = list(Permutation(count, seed=3))
    assert sorted(order) == list(range(count))
    assert count < 10 or order != list(range(count))


@given(st.integers(1, 10**30), st.integers(0, 2**70), st.data())
def test_position_is_the_inverse(count: int, seed: int, data: st.DataObject) -> None:
    order = Permutation(count, seed)
    index = data.draw(st.integers(0, count - 1))
    assert 0 <= order[index] < count
    assert order.position(order[index]) == index


def test_the_seed_decides_the_order() -> None:
    first, again, other = (list(islice(Permutation(HUGE, seed), 50)) for seed in (1, 1, 2))
    assert first == again
    assert not set(first) & set(other)


@pytest.mark.parametrize("count", [FEW + 7, HUGE])
def test_the_numbers_are_spread_evenly(count: int) -> None:
    """Chi-square over 16 parts with 2,000 numbers: 15 degrees of freedom, 0.1 % beyond 37.7."""
    parts = [0] * 16
    for number in islice(Permutation(count, seed=11), 2_000):
        parts[number * 16 // count] += 1
    assert sum((seen - 125) ** 2 / 125 for seen in parts) < 37.7


@pytest.mark.parametrize("index", [-1, HUGE])
def test_an_index_outside_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        Permutation(HUGE)[index]
    with pytest.raises(IndexError):
        Permutation(HUGE).position(index)


@given(st.integers(0, 60), st.integers(1, 7), st.booleans())
def test_shards_are_disjoint_complete_and_fair(count: int, parts: int, interleaved: bool) -> None:
    shards = [shard(count, part, parts, interleaved) for part in range(parts)]
    assert sorted(number for one in shards for number in one) == list(range(count))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_a_shard_of_a_huge_space_is_a_range() -> None:
    assert shard(HUGE, 0, 2) == range(HUGE // 2)
    assert shard(HUGE, 1, 1_000, interleaved=True)[10**15] == 1 + 10**18
    with pytest.raises(ValueError, match="numbered from 0"):
        shard(10, 3, 3)

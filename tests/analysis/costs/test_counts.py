"""Arrays of exact counts, compared with Python's integers."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.counts import NARROW, Counts, dot, gathered

NUMBERS = st.one_of(st.integers(0, 9), st.integers(0, 2**64), st.integers(0, 2**150))
LISTS = st.lists(NUMBERS, min_size=1, max_size=6)


def listed(counts: Counts) -> list[int]:
    return [int(count) for count in counts.integers()]


@given(LISTS)
def test_counts_are_kept_as_they_are(numbers: list[int]) -> None:
    counts = Counts.of(numbers)
    assert listed(counts) == numbers
    assert [counts.at(i) for i in range(len(numbers))] == numbers
    assert counts.total() == sum(numbers)
    assert counts.top >= max(numbers)
    assert list(counts.present()) == [i for i, number in enumerate(numbers) if number]


@given(LISTS)
def test_cumulated_counts(numbers: list[int]) -> None:
    assert listed(Counts.of(numbers).cumulated()) == list(accumulate(numbers))


@given(st.lists(st.tuples(LISTS, st.integers(0, 5), st.one_of(st.just(1), st.integers(1, 2**100))), max_size=4))
def test_sums_of_shifted_multiples(parts: list[tuple[list[int], int, int]]) -> None:
    expected = [0] * 12
    for numbers, shift, factor in parts:
        for i, number in enumerate(numbers):
            expected[i + shift] += number * factor
    found = gathered(12, [(slice(s, s + len(n)), Counts.of(n), f) for n, s, f in parts])
    assert listed(found) == expected
    assert found.top >= max(expected)
    scattered = gathered(12, [(np.arange(s, s + len(n)), Counts.of(n), f) for n, s, f in parts])
    assert listed(scattered) == expected


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20))
def test_dot_products(pairs: list[tuple[int, int]]) -> None:
    if pairs:
        left, right = zip(*pairs, strict=True)
        assert dot(Counts.of(left), Counts.of(right)) == sum(a * b for a, b in pairs)


def test_dot_products_of_long_arrays_stay_exact() -> None:
    """The largest narrow counts, over more than one chunk."""
    counts = Counts.of([NARROW - 1] * 200_001)
    assert dot(counts, counts) == 200_001 * (NARROW - 1) ** 2


@pytest.mark.parametrize(("number", "rows"), [(NARROW - 1, 1), (NARROW, 2), (2**64, 3), (2**96 - 1, 3)])
def test_counts_take_no_more_rows_than_they_need(number: int, rows: int) -> None:
    assert len(Counts.of([number]).rows) == rows
    assert len(gathered(1, [(slice(None), Counts.of([number - 1]), 1), (slice(None), Counts.one(), 1)]).rows) == rows


def test_what_is_left_of_large_counts_may_be_small() -> None:
    part = Counts.of([2**100, 3])[1:]
    assert (part.total(), part.at(0), listed(part.cumulated())) == (3, 3, [3])
    assert listed(part.times(5)) == [15]

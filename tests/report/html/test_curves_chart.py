"""The plotted learning curves, and the positions of their names."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.report.html.chart_labels import spread
from sqsem_dsl.report.html.curves_chart import POINTS, thinned

LONG = tuple((epoch, 0.5) for epoch in range(1, 101))


def test_few_curves_are_all_rendered() -> None:
    assert thinned([3, 1, 2], dict.fromkeys((1, 2, 3), LONG)) == [3, 1, 2]


def test_of_many_curves_some_are_left_out_evenly() -> None:
    curves = dict.fromkeys(range(1000), LONG)
    kept = thinned(range(1000), curves)
    assert 0.4 * POINTS < sum(len(curves[number]) for number in kept) <= POINTS
    assert kept[0] == 0
    assert len({after - before for before, after in pairwise(kept)}) == 1


@given(st.lists(st.floats(0.0, 200.0), max_size=10).map(sorted))
def test_names_do_not_cover_each_other(places: list[float]) -> None:
    """Ten names of 14 units fit into 200."""
    found = spread(places, 14.0, 200.0)
    assert len(found) == len(places)
    assert all(after - before >= 14.0 - 1e-9 for before, after in pairwise(found))
    assert all(-1e-9 <= place <= 200.0 + 1e-9 for place in found)


@given(st.lists(st.integers(0, 6), unique=True).map(sorted))
def test_names_that_have_room_stay(places: list[int]) -> None:
    far = [30.0 * place for place in places]
    assert spread(far, 14.0, 200.0) == pytest.approx(far)

"""Bounds from boxes, compared with the list of all paths."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.binning import FEWEST_BOXES, Bounds, in_boxes
from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.suffix_classes import SuffixGraph
from sqsem_dsl.analysis.costs.tables import Limits, TooLarge

WEIGHTS = st.tuples(st.integers(0, 1000), st.integers(0, 10**5), st.integers(0, 10**9))
LAYERS = st.lists(st.lists(WEIGHTS, min_size=1, max_size=3), min_size=1, max_size=5)


def flow_of(layers: list[list[tuple[int, ...]]]) -> SuffixGraph:
    """One choice after another; each has an option without weight."""
    axes = len(layers[0][0])
    steps = [tuple((weights, at, 1) for weights in ((0,) * axes, *each)) for at, each in enumerate(layers)]
    return SuffixGraph(((), *steps), axes)


def points(flow: SuffixGraph) -> list[tuple[int, ...]]:
    """The sums of all paths."""
    found: list[list[tuple[int, ...]]] = [[(0,) * flow.axes]]
    for steps in flow.steps[1:]:
        found.append([tuple(a + b for a, b in zip(ws, p, strict=True)) for ws, to, n in steps for p in found[to] * n])
    return found[-1]


def allowed(values: Slots, value: int) -> bool:
    return values.low <= value <= values.high and value not in values.holes


@settings(max_examples=300)
@given(LAYERS, st.integers(1, 3), st.data(), st.sampled_from([2**8, 2**10, 2**14]))
def test_bounds_hold(layers: list[list[tuple[int, ...]]], axes: int, data: st.DataObject, boxes: int) -> None:
    flow = flow_of([[weights[:axes] for weights in each] for each in layers])
    slots = []
    for span in flow.spans[-1]:
        bounds = sorted((data.draw(st.integers(0, span)), data.draw(st.integers(0, span))))
        holes = frozenset(data.draw(st.lists(st.integers(0, span), max_size=2)))
        slots.append(Slots(bounds[0], bounds[1], holes).trimmed())
    if not all(slots):
        return
    count = sum(all(allowed(one, value) for one, value in zip(slots, point, strict=True)) for point in points(flow))
    found = in_boxes(flow, slots, Limits(boxes=boxes))
    assert found.low <= count <= found.high
    # Rounding moves the sums of up to five layers by up to three boxes, in each of three axes of six or more boxes.
    assert found.boxes <= (4 if axes == 3 else 2) * boxes
    event("exact" if found.low == found.high else "bounds")


def test_boxes_of_single_points_are_exact() -> None:
    flow = flow_of([[(3, 1), (5, 0)]] * 4)
    count = sum(a <= 9 and 1 <= b <= 2 for a, b in points(flow))
    found = in_boxes(flow, [Slots(0, 9), Slots(1, 2)], Limits(boxes=2**12))
    assert (found.low, found.high) == (count, count)


def test_more_boxes_bring_the_bounds_closer() -> None:
    flow = flow_of([[(1000 + 37 * at, 901 - 53 * at), (330, 717)] for at in range(12)])
    slots = [Slots(0, 6000), Slots(0, 7000)]
    widths = [bounds.high - bounds.low for bounds in (in_boxes(flow, slots, Limits(boxes=4**k)) for k in (5, 7, 9))]
    assert widths[0] > widths[1] > widths[2]


def test_what_does_not_fit_is_refused() -> None:
    flow = flow_of([[(1000, 901), (330, 717)]] * 12)
    slots = [Slots(0, 6000), Slots(0, 7000)]
    for limits in (Limits(boxes=FEWEST_BOXES - 1), Limits(memory=100), Limits(additions=10)):
        with pytest.raises(TooLarge, match="boxes"):
            in_boxes(flow, slots, limits)
    with pytest.raises(TooLarge, match="64 bits"):
        in_boxes(flow_of([[(10**30,)]]), [Slots(0, 5)], Limits())


def test_counts_in_boxes_may_be_large() -> None:
    """3^60 paths, all of them inside or all outside."""
    flow = flow_of([[(1,), (2,)]] * 60)
    assert prod([3] * 60) > 2**64
    assert in_boxes(flow, [Slots(0, 120)], Limits(boxes=2**8)) == Bounds(3**60, 3**60, 121)

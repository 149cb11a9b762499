"""Paths counted by halves, compared with the list of all paths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.meet_in_the_middle import by_halves
from sqsem_dsl.analysis.costs.quantities import factors_of, weigher
from sqsem_dsl.analysis.costs.suffix_classes import Futures
from sqsem_dsl.analysis.costs.tables import LIMITS, Limits, TooLarge
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
from tests.analysis.costs.diagrams import chain, diagrams, paths


@settings(max_examples=300)
@given(diagrams(largest=30), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=2))
def test_intervals_of_one_sum_or_two(diagram: DecisionDiagram, bounds: list[tuple[int, int]]) -> None:
    names = ["params", "macs"][: len(bounds)]
    futures = Futures(diagram, weigher([factors_of(name) for name in names]), len(names))
    if futures.root is None or len(futures.flow.steps) == 1:
        return
    slots = [Slots(min(both), max(both)) for both in bounds]
    offsets, steps = futures.root.offset, [step or 1 for step in futures.flow.lattice]
    count = sum(
        all(
            one.low <= (getattr(path, name) - offset) // step <= one.high
            for name, one, offset, step in zip(names, slots, offsets, steps, strict=True)
        )
        for path in paths(diagram)
    )
    assert by_halves(futures.flow.unit(), slots, LIMITS) * futures.root.factor == count


def test_more_points_than_a_table_holds() -> None:
    """30 independent choices of a bit: the first sum is the number, and the second the number of ones."""
    edges = [Edge(at, at, bit, at + 1, (bit << at, 0, bit, 0)) for at in range(30) for bit in (0, 1)]
    futures = Futures(DecisionDiagram(31, tuple(edges), (30,)), weigher([factors_of("params"), factors_of("macs")]), 2)
    below = 2**29 + 12_345
    count = sum(number.bit_count() <= 1 for number in (0, *(1 << at for at in range(30))) if number <= below)
    assert by_halves(futures.flow.unit(), [Slots(0, below), Slots(0, 1)], LIMITS) == count
    everything = by_halves(futures.flow.unit(), [Slots(0, below), Slots(0, 30)], LIMITS)
    assert everything == below + 1


def test_what_is_beyond_it_is_refused() -> None:
    flow = Futures(chain(), weigher([factors_of("params"), factors_of("macs")]), 2).flow.unit()
    for slots, limits in (
        ([Slots(0, 10), Slots(0, 10)], LIMITS),
        ([Slots(0, 10, frozenset([5])), Slots(0, 10)], LIMITS),
        ([Slots(0, 10)] * 3, LIMITS),
    ):
        with pytest.raises(TooLarge):
            by_halves(flow, slots, limits)
    small = Futures(chain(1), weigher([factors_of("params"), factors_of("macs")]), 2).flow.unit()
    with pytest.raises(TooLarge, match="additions"):
        by_halves(small, [Slots(0, 10), Slots(0, 10)], Limits(additions=5_000))

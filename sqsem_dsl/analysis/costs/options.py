"""The number of assignments within the budgets with each option: exact if possible, otherwise bounds.

With one sum, the paths over an edge combine the paths to its source with those from its target: a sum of products over
the table of the former and the counts up to each slot of the latter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sqsem_dsl.analysis.costs.budgeted import Budgeted
from sqsem_dsl.analysis.costs.completions import Completions
from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.counts import dot
from sqsem_dsl.analysis.costs.effects import effects
from sqsem_dsl.analysis.costs.feasibility import MAX_CASES, within
from sqsem_dsl.analysis.costs.quantities import Factors, weigher
from sqsem_dsl.analysis.costs.suffix_classes import Futures, SuffixGraph, Weights
from sqsem_dsl.analysis.costs.tables import LIMITS, Limits, Table, TooLarge, tabulate
from sqsem_dsl.diagram.decision_diagram import EPSILON, DecisionDiagram, Edge, Vertex
from sqsem_dsl.ir.graph import Budget

Option = tuple[int, int]
"""A choice and the number of its option."""


@dataclass(frozen=True)
class OptionCount:
    """At least `low` and at most `high` assignments within the budgets use an option."""

    low: int
    high: int

    @property
    def count(self) -> int | None:
        """Their number, if known exactly."""
        return self.low if self.low == self.high else None

    @property
    def dead(self) -> bool:
        """Whether it is certain that none does."""
        return self.high == 0


NEVER = OptionCount(0, 0)


def feasible_option_counts(
    diagram: DecisionDiagram,
    budgets: Sequence[Budget],
    depths: Mapping[Vertex, int] | None = None,
    limits: Limits = LIMITS,
) -> dict[Option, OptionCount]:
    """For every option that some assignment uses, the number of such assignments within the budgets.

    `depths` gives the weighted layers at each end. A budget that reads `memory` leaves only bounds. Raises KeyError for
    an unknown quantity.
    """
    budgeted = Budgeted.of(diagram, budgets, depths)
    unsure = bool(budgeted.unknown) or budgeted.single
    if budgeted.cases > MAX_CASES:
        budgeted, unsure = replace(budgeted, mixed=()), True
    found = {(effect.choice, effect.option): NEVER for effect in effects(diagram)}
    for case in budgeted.apart():
        for option, more in _without_mixed(case, limits).items():
            known = found[option]
            found[option] = OptionCount(0 if unsure else known.low + more.low, known.high + more.high)
    return found


def _without_mixed(budgeted: Budgeted, limits: Limits) -> dict[Option, OptionCount]:
    """Without mixed budgets."""
    axes = budgeted.axes()
    if axes is None:
        return {}
    every = {(effect.choice, effect.option): effect.count for effect in effects(budgeted.diagram)}
    if not axes:
        return {option: OptionCount(count, count) for option, count in every.items()}
    if len(axes) > 1:
        one_by_one = _without_each(budgeted, list(every), limits)
        if one_by_one is not None:
            return one_by_one
    single = [_by_sum(budgeted.diagram, factors, slots, every, limits) for factors, slots in axes.items()]
    found = {}
    for option, count in every.items():
        # Fréchet's inequalities, as for all assignments.
        low = sum(of[option].low for of in single) - (len(single) - 1) * count
        found[option] = OptionCount(max(0, low), min(of[option].high for of in single))
    return found


def _without_each(budgeted: Budgeted, options: Sequence[Option], limits: Limits) -> dict[Option, OptionCount] | None:
    """By the count without each option; None if that is not exact or takes too long."""
    share = replace(limits, additions=limits.additions // (len(options) + 1), boxes=0)
    total = within(budgeted, share).count
    if total is None:
        return None
    found = {}
    for option in options:
        rest = within(budgeted.without(*option), share).count
        if rest is None:
            return None
        found[option] = OptionCount(total - rest, total - rest)
    return found


def _by_sum(
    diagram: DecisionDiagram, factors: Factors, allowed: Slots, every: Mapping[Option, int], limits: Limits
) -> dict[Option, OptionCount]:
    """By the distribution of one sum on both sides of every edge, or by its extremes if that is too large."""
    try:
        counts = _through(diagram, factors, allowed, limits)
    except TooLarge:
        return _by_extremes(diagram, factors, allowed, every)
    return {option: OptionCount(counts[option], counts[option]) for option in every}


class _Through:
    """Combines the paths to each vertex with those from there."""

    def __init__(self, diagram: DecisionDiagram, factors: Factors, limits: Limits) -> None:
        self.after = Completions(diagram, factors, limits)
        self._weigh = weigher([factors])
        turned = _turned(diagram)
        self._futures = Futures(turned, self._weigh, 1)
        flow = SuffixGraph(self._futures.steps, 1).mapped(lambda weights: (weights[0] // self.after.step,), 1)
        self._tables = tabulate(flow, limits, range(len(flow.steps)))
        self._last = turned.size - 1
        self._known: dict[tuple[int, int, int], int] = {}

    def edge(self, edge: Edge, allowed: Slots) -> int | None:
        """The number of paths through an edge with their sum in the allowed slots; None if its target has no table."""
        place = self.after.place(edge.target)
        if self.after.table(place.of) is None:
            return None
        source = self._futures.places[self._last - edge.source]
        assert source is not None
        least = source.offset[0] + self._weigh(edge)[0] + place.offset[0]
        shift = (least - self.after.start) // self.after.step

        def upto(slot: int) -> int:
            return self._upto(source.of, place.of, slot - shift)

        count = upto(allowed.high) - upto(allowed.low - 1) - sum(upto(h) - upto(h - 1) for h in allowed.holes)
        return source.factor * place.factor * count

    def _upto(self, before: int, after: int, slot: int) -> int:
        """The number of combined paths of two classes whose sum is at most a slot."""
        key = before, after, slot
        if key not in self._known:
            table = self.after.table(after)
            assert table is not None
            self._known[key] = _pairs(self._tables[before], table, slot)
        return self._known[key]


def _pairs(before: Table, upto: Table, slot: int) -> int:
    """The number of pairs of paths whose sum is at most a slot; the counts of the second are cumulated."""
    if before.keys is None and upto.keys is None:
        end = max(0, min(slot + 1, len(before)))
        free = max(0, slot + 1 - len(upto))  # before that many slots any second path may follow
        if free >= end:
            return before.counts[:end].total() * upto.counts.at(-1)
        second = upto.counts[slot - end + 1 : slot - free + 1][::-1]
        return before.counts[:free].total() * upto.counts.at(-1) + dot(before.counts[free:end], second)
    keys, counts = before.compressed()
    end = int(np.searchsorted(keys, slot, "right"))
    left = slot - keys[:end]
    at = np.minimum(left, len(upto) - 1) if upto.keys is None else np.searchsorted(upto.keys, left, "right") - 1
    return dot(counts[:end], upto.counts[at])


def _through(diagram: DecisionDiagram, factors: Factors, allowed: Slots, limits: Limits) -> Counter[Option]:
    """For each option, the paths that use it with their sum in the allowed slots. Raises TooLarge."""
    through = _Through(diagram, factors, limits)
    found: Counter[Option] = Counter()
    passing = [0] * diagram.size
    for edge in sorted(diagram.edges, key=lambda edge: -edge.source):
        count = through.edge(edge, allowed)
        if count is None:
            count = passing[edge.target]  # no other edge leads there
        passing[edge.source] += count
        if edge.choice != EPSILON:
            found[edge.choice, edge.option] += count
    return found


def _turned(diagram: DecisionDiagram) -> DecisionDiagram:
    """The diagram from the ends to the start: vertex 0 leads to every end, and vertex v becomes size - v."""
    last = diagram.size
    edges = [
        Edge(last - edge.target, edge.choice, edge.option, last - edge.source, edge.cost) for edge in diagram.edges
    ]
    edges += (Edge(0, EPSILON, 0, last - end) for end in diagram.ends)
    return DecisionDiagram(last + 1, tuple(edges), (last,))


def _by_extremes(
    diagram: DecisionDiagram, factors: Factors, allowed: Slots, every: Mapping[Option, int]
) -> dict[Option, OptionCount]:
    """By the minimum and maximum of a sum over the paths that use an option."""
    weigh = weigher([factors])
    root = Futures(diagram, weigh, 1)
    assert root.root is not None
    [start], [step] = root.root.offset, root.flow.lattice
    lows, highs = _between(diagram, weigh, min), _between(diagram, weigh, max)
    found = {}
    for option, count in every.items():
        low, high = ((extreme - start) // (step or 1) for extreme in (min(lows[option]), max(highs[option])))
        inside = allowed.low <= low and high <= allowed.high and not allowed.holes
        outside = high < allowed.low or low > allowed.high
        found[option] = OptionCount(count if inside else 0, 0 if outside else count)
    return found


def _between(
    diagram: DecisionDiagram, weigh: Callable[[Edge], Weights], extreme: Callable[[int, int], int]
) -> dict[Option, list[int]]:
    """For each option, the extreme sum of the paths over each of its edges."""
    before: dict[Vertex, int] = {0: 0}
    after: dict[Vertex, int] = dict.fromkeys(diagram.ends, 0)
    for edge in sorted(diagram.edges, key=lambda edge: edge.source):
        reached = before[edge.source] + weigh(edge)[0]
        before[edge.target] = extreme(before.get(edge.target, reached), reached)
    for edge in sorted(diagram.edges, key=lambda edge: -edge.source):
        reached = weigh(edge)[0] + after[edge.target]
        after[edge.source] = extreme(after.get(edge.source, reached), reached)
    found: dict[Option, list[int]] = {}
    for edge in diagram.edges:
        if edge.choice != EPSILON:
            sums = found.setdefault((edge.choice, edge.option), [])
            sums.append(before[edge.source] + weigh(edge)[0] + after[edge.target])
    return found

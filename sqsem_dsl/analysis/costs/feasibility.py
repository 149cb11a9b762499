"""The number of assignments within the budgets: exact if possible, otherwise bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqsem_dsl.analysis.costs.binning import inside
from sqsem_dsl.analysis.costs.budgeted import Budgeted
from sqsem_dsl.analysis.costs.constraints import Slots
from sqsem_dsl.analysis.costs.quantities import Factors, named, weigher
from sqsem_dsl.analysis.costs.suffix_classes import Futures
from sqsem_dsl.analysis.costs.tables import LIMITS, Limits, TooLarge
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Vertex
from sqsem_dsl.ir.graph import Budget

MAX_CASES = 100
"""Pairs of activations and weighted layers that are checked one by one."""
MAX_AXES = 3
"""Sums for which a joint distribution is attempted."""


@dataclass(frozen=True)
class Feasible:
    """At least `low` and at most `high` of the `total` assignments are within the budgets; `how` names the method."""

    low: int
    high: int
    total: int
    how: str

    @property
    def count(self) -> int | None:
        """Their number, if known exactly."""
        return self.low if self.low == self.high else None

    @property
    def share(self) -> tuple[Fraction, Fraction]:
        """Bounds on their fraction of all assignments. Raises ZeroDivisionError if there are none."""
        return Fraction(self.low, self.total), Fraction(self.high, self.total)


def feasible(
    diagram: DecisionDiagram,
    budgets: Sequence[Budget],
    depths: Mapping[Vertex, int] | None = None,
    limits: Limits = LIMITS,
) -> Feasible:
    """The number of assignments that meet all budgets. `depths` gives the weighted layers at each end; without it, a
    budget that reads these leaves only bounds, as one that reads `memory` does.

    Raises KeyError for an unknown quantity.
    """
    return replace(within(Budgeted.of(diagram, budgets, depths), limits), total=diagram.count)


def within(budgeted: Budgeted, limits: Limits) -> Feasible:
    """The number of assignments that meet all budgets; `total` counts those left in the diagram."""
    why = ["weighted_layers are not known"] if budgeted.unknown else []
    if budgeted.single:
        why.append("bounds on memory, which is known of single networks only")
    if budgeted.cases > MAX_CASES:
        why.append("a budget adds activations or weighted_layers to other quantities")
        budgeted = replace(budgeted, mixed=())
    parts = [_within(case, limits) for case in budgeted.apart()]
    low = 0 if why else sum(part.low for part in parts)
    how = dict.fromkeys([*why, *(part.how for part in parts if part.how)])
    high = sum(part.high for part in parts)
    return Feasible(low, high, budgeted.diagram.count, "; ".join(how) or "no budget excludes an assignment")


def _within(budgeted: Budgeted, limits: Limits) -> Feasible:
    """Without mixed budgets."""
    total, axes = budgeted.diagram.count, budgeted.axes()
    if axes is None:
        return Feasible(0, 0, total, "")
    if not axes:
        return Feasible(total, total, total, "")
    if len(axes) <= MAX_AXES:
        found = _counted(budgeted.diagram, axes, limits)
        if len(axes) == 1 or found.count is not None:
            return found
    else:
        found = Feasible(0, total, total, f"each of {len(axes)} sums separately")
    single = [_counted(budgeted.diagram, {axis: slots}, limits) for axis, slots in axes.items()]
    # Fréchet's inequalities: the counts of the single budgets bound the count of all together.
    low = max(found.low, sum(part.low for part in single) - (len(single) - 1) * total)
    return replace(found, low=low, high=min(found.high, *(part.high for part in single)))


def _counted(diagram: DecisionDiagram, axes: Mapping[Factors, Slots], limits: Limits) -> Feasible:
    """By the joint distribution of the sums."""
    futures = Futures(diagram, weigher(list(axes)), len(axes))
    assert futures.root is not None
    total, names = diagram.count, " and ".join(map(named, axes))
    try:
        found = inside(futures.flow.unit(), list(axes.values()), limits)
    except TooLarge as error:
        return Feasible(0, total, total, f"the distribution of {names} is too large: {error}")
    how = f"the distribution of {names}" + (f" in {found.boxes:,} boxes" if found.boxes else "")
    return Feasible(futures.root.factor * found.low, futures.root.factor * found.high, total, how)

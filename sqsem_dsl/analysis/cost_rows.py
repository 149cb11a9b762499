"""The costs of a space as rows of a table: the minimum, median and maximum of each quantity. Also as an HTML table with
the counts, for notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import whole

if TYPE_CHECKING:
    from sqsem_dsl.analysis.space_analysis import Analysis

TITLES = {
    "params": "params", "trainable_params": "trainable params", "macs": "MACs",
    "activations": "activations", "weighted_layers": "weighted layers", "memory": "memory in bytes",
    "latency": "latency in ns",
}  # fmt: skip
AT_LEAST = " (at least)"
"""Follows the name of a quantity that is a lower bound in some network."""


@dataclass(frozen=True, slots=True)
class CostRow:
    """One quantity over all assignments."""

    title: str
    least: int
    median: int | None
    """None if its distribution is not computed."""
    most: int


def cost_rows(facts: Analysis) -> Iterator[CostRow]:
    """A row for each known quantity; for trainable parameters only if some are not trainable."""
    for quantity, title in TITLES.items():
        found = facts.ranges.get(quantity)
        if found is None or (quantity == "trainable_params" and _all_train(facts)):
            continue
        distribution = facts.distributions.get(quantity)
        median = None if distribution is None else distribution.quantile(0.5)
        bound = AT_LEAST if quantity in facts.lower_bounds else ""
        yield CostRow(title + bound, found.low.value, median, found.high.value)
    if (memory := facts.memory) is not None:
        title = TITLES["memory"] + (AT_LEAST if "memory" in facts.lower_bounds else "")
        title += "" if memory.exact else f", of {len(memory.values)} sampled"
        yield CostRow(title, memory.values[0], memory.median, memory.values[-1])


def _all_train(facts: Analysis) -> bool:
    params, trainable = (facts.distributions.get(quantity) for quantity in ("params", "trainable_params"))
    if params is not None and trainable is not None:
        return params.mean == trainable.mean
    return facts.ranges["params"].high.value == facts.ranges["trainable_params"].high.value


def analysis_html(facts: Analysis) -> str:
    """The number of assignments, and of those within budgets; the minimum, median and maximum of each quantity; and
    what is not known, with the reason."""
    rows = [[row.title, row.least, "" if row.median is None else row.median, row.most] for row in cost_rows(facts)]
    table = html_table(f"{facts.space.name}: {_counts(facts)}", ["", "least", "median", "most"], rows)
    unknown = (f"<div>{escape(f'{what}: {why}')}</div>" for what, why in facts.limits.items())
    return "".join([table, *unknown])


def _counts(facts: Analysis) -> str:
    if facts.assignments is None:
        return "an unknown number of assignments"
    counts = f"{whole(facts.assignments)} assignments"
    feasible = facts.feasible
    if not facts.space.budgets or feasible is None:
        return counts
    if feasible.count is not None:
        return f"{counts}, {whole(feasible.count)} feasible"
    return f"{counts}, {whole(feasible.low)} to {whole(feasible.high)} feasible"

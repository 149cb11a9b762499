"""The costs of the networks of a space: minimum, median and maximum, and histograms.

If they cannot be computed, those of some sampled networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

from sqsem_dsl.analysis.cost_rows import AT_LEAST, TITLES, cost_rows
from sqsem_dsl.analysis.memory import uses_memory
from sqsem_dsl.report.text.histogram import BARS, OUTSIDE, Row, histograms, limits_of, rows_of
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.table import table, table_width, widths_of
from sqsem_dsl.utils.numbers import whole

if TYPE_CHECKING:
    from sqsem_dsl.analysis.space_analysis import Analysis
    from sqsem_dsl.ir.graph import Budget
    from sqsem_dsl.space.space import Space

SHOWN = ("params", "macs", "latency")
"""The quantities with histograms."""
SOME = 20
"""Number of networks to sample if costs are not known."""


def cost_lines(facts: Analysis, budgets: Sequence[Budget], style: Style) -> list[str]:
    """The table of costs, and histograms; for sampled networks if the costs are not all known."""
    if facts.ranges:
        return [*_table(list(_rows(facts)), style), *_histograms(facts, budgets, style)]
    if not facts.assignments or facts.diagram is not None:
        return []
    note = f"from {SOME} sampled networks; others may cost less or more"
    return [*_table(_some(facts.space), style), style.dim(f"  {note}")]


def lower_bound_lines(facts: Analysis) -> list[tuple[str, str]]:
    """For each quantity that is a lower bound in some network, its name and the reason."""
    return [
        (TITLES[quantity], f"`{bound.target}` may have more: {bound.reason}")
        for quantity, bound in sorted(facts.lower_bounds.items())
    ]


def _some(space: Space) -> list[tuple[str, str, str, str]]:
    """The costs of a few random networks, ignoring the budgets."""
    generator = Random(0)
    networks = [space.at(generator.randrange(space.numbering.count)) for _ in range(SOME)]
    rows = []
    for quantity, title in TITLES.items():
        if quantity == "memory" and not uses_memory(space):
            continue
        values = sorted(value for network in networks if (value := getattr(network, quantity)) is not None)
        if not values:
            continue
        if quantity != "trainable_params" or any(n.params != n.trainable_params for n in networks):
            bound = AT_LEAST if any(quantity in network.lower_bounds for network in networks) else ""
            rows.append(
                (f"  {title}{bound}", whole(values[0]), whole(values[(len(values) - 1) // 2]), whole(values[-1]))
            )
    return rows


def _table(found: Sequence[tuple[str, str, str, str]], style: Style) -> list[str]:
    """Three numbers or one; the middle ones are dropped on a narrow page."""
    heads: tuple[str, ...] = ("costs", "least", "median", "most")
    rows: list[tuple[str, ...]] = list(found)
    if all(least == most for _, least, _, most in rows):
        heads, rows = ("costs", "always"), [(name, least) for name, least, *_ in rows]
    if table_width(widths_of([heads, *rows])) > style.width:
        heads, rows = (heads[0], heads[1], heads[-1]), [(row[0], row[1], row[-1]) for row in rows]
    head, *lines = table([heads, *rows], "<>")
    return [style.bold(head), *lines]


def _rows(facts: Analysis) -> Iterator[tuple[str, str, str, str]]:
    """Names and numbers, as text."""
    for row in cost_rows(facts):
        yield f"  {row.title}", whole(row.least), "" if row.median is None else whole(row.median), whole(row.most)


def _histograms(facts: Analysis, budgets: Sequence[Budget], style: Style) -> Iterator[str]:
    several: list[tuple[str, Sequence[Row]]] = []
    ranges = False
    for quantity in SHOWN:
        distribution = facts.distributions.get(quantity)
        if distribution is not None and len(distribution) > 1:
            grouped = len(distribution) > BARS
            ranges = ranges or grouped
            title = TITLES[quantity] + (AT_LEAST if quantity in facts.lower_bounds else "")
            title = f"{title} from" if grouped else title
            several.append((title, rows_of(distribution, limits_of(budgets, quantity))))
    if not several:
        return
    yield ""
    yield from histograms(several, style)
    outside = any(row.inside < row.count for _, rows in several for row in rows)
    yield style.dim(f"  shares of the assignments{f'; {OUTSIDE} outside the budgets' if outside else ''}")

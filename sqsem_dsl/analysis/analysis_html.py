"""The analysis of a space as an HTML table, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sqsem_dsl.analysis.cost_rows import cost_rows
from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import whole

if TYPE_CHECKING:
    from sqsem_dsl.analysis.space_analysis import Analysis


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

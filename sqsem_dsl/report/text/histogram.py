"""Distributions of costs as bars of Unicode blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from math import ceil, floor
from typing import TYPE_CHECKING

from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.table import GAP, table_line
from sqsem_dsl.utils.numbers import exactly, percent

if TYPE_CHECKING:
    from sqsem_dsl.analysis.costs.distribution import Distribution

BARS = 14
SHARE = 7
"""Columns of the shares."""
LABEL = 11
"""Columns of the labels at least."""
WIDEST, NARROWEST = 24, 12
"""Columns of the longest bar: the maximum, and the minimum with another histogram beside it."""
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL, OUTSIDE = "█", "░"
Limits = tuple[int | None, int | None]
"""The minimum and the maximum that budgets allow, both included."""


@dataclass(frozen=True)
class Row:
    """One bar: assignments, and those of them within the budgets on the quantity."""

    label: str
    count: int
    inside: int


def limits_of(budgets: Sequence[Budget], quantity: str) -> Limits:
    """The range of the budgets that read only this quantity."""
    low: int | None = None
    high: int | None = None
    for budget in budgets:
        if [name for name, _ in budget.terms] != [quantity]:
            continue
        ((_, factor),) = budget.terms
        bound = -Fraction(budget.constant) / Fraction(factor)  # type: ignore[arg-type]
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        relation = budget.relation if Fraction(factor) > 0 else turned.get(budget.relation, budget.relation)  # type: ignore[arg-type]
        if relation in ("<", "<=", "=="):
            most = ceil(bound) - 1 if relation == "<" else floor(bound)
            high = most if high is None else min(high, most)
        if relation in (">", ">=", "=="):
            least = floor(bound) + 1 if relation == ">" else ceil(bound)
            low = least if low is None else max(low, least)
    return low, high


def rows_of(distribution: Distribution, limits: Limits = (None, None)) -> tuple[Row, ...]:
    """A row for each value if there are few, otherwise for each range of values from one label to the next."""
    low, high = limits

    def below(value: int) -> int:
        return distribution.share("<", value).count

    def row(label: str, first: int, end: int, count: int) -> Row:
        first = first if low is None else max(first, low)
        end = end if high is None else min(end, high + 1)
        return Row(label, count, below(end) - below(first) if first < end else 0)

    if len(distribution) <= BARS:
        return tuple(row(f"{value:,}", value, value + 1, count) for value, count in distribution)
    return tuple(row(exactly(bar.low), bar.low, bar.high, bar.count) for bar in distribution.histogram(BARS))


def histograms(several: Sequence[tuple[str, Sequence[Row]]], style: Style) -> list[str]:
    """Titled histograms beside each other if the page is wide enough, otherwise below each other."""
    labels = [max(LABEL, len(title), *(len(row.label) for row in rows)) for title, rows in several]
    longest = min(WIDEST, (style.width - sum(labels)) // len(several) - len(GAP) - SHARE - 2)
    if len(several) > 1 and longest < NARROWEST:
        return [line for each in several for line in histograms([each], style)]
    columns = [_lines(title, rows, label, longest, style) for (title, rows), label in zip(several, labels, strict=True)]
    widths = [label + longest + SHARE + 2 for label in labels]
    return [table_line(("", *cells), (0, *widths)) for cells in zip_longest(*columns, fillvalue="")]


def _lines(title: str, rows: Sequence[Row], label: int, longest: int, style: Style) -> Iterator[str]:
    """The lines of one histogram: labels, bars and shares."""
    total, most = sum(row.count for row in rows), max(row.count for row in rows)
    yield style.bold(f"{title:>{label}}")
    for row in rows:
        share = percent(Fraction(row.count, total)) if row.count else ""
        cells = (row.label, style.bar(_bar(row, most, longest)), share)
        yield table_line(cells, (label, longest, SHARE), "><>", gap=" ")


def _bar(row: Row, most: int, longest: int) -> str:
    """Full blocks for the part within the budgets and shaded ones for the rest, at least one of each if it is not
    empty."""
    if row.inside == row.count or not row.count:
        eighths = max(1, round(Fraction(8 * longest * row.count, most))) if row.count else 0
        return FULL * (eighths // 8) + EIGHTHS[eighths % 8].strip()
    length = max(1 + (row.inside > 0), round(Fraction(longest * row.count, most)))
    full = min(length - 1, max(row.inside > 0, round(Fraction(length * row.inside, row.count))))
    return FULL * full + OUTSIDE * (length - full)

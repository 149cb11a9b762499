"""The important choices, and their interactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqsem_dsl.report.html.parts import Illustration, Table
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.html.rows_chart import Row, rows_chart
from sqsem_dsl.report.statistics.answer import Importance, Interaction
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.utils.numbers import rounded_percent

SHOWN = 12
PAIRS = 6


@dataclass(frozen=True)
class Cell:
    """The score of two options, the trials that have both, and the darkness of the cell, from 0 to 1."""

    score: str
    trials: str
    shade: str


@dataclass(frozen=True)
class Pair:
    """A table with the options of two choices. A cell is None if no trial has both options."""

    down: str
    across: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    strength: str


@dataclass(frozen=True)
class Importances:
    """The data of the section."""

    method: str
    metric: str
    chart: Illustration | None
    pairs: tuple[Pair, ...]


def importance(facts: ReportData) -> Importances | None:
    """Bars of the importance of choices, and the strongest pairs; None if neither is known."""
    answers = facts.answers
    if not answers.importance and not answers.interactions:
        return None
    chart = _bars(answers.importance) if answers.importance else None
    pairs = tuple(_pair(pair, facts.goal.sign) for pair in answers.interactions[:PAIRS])
    return Importances(answers.importance_method, facts.goal.metric, chart, pairs)


def _bars(every: Sequence[Importance]) -> Illustration:
    some = every[:SHOWN]
    rows = [
        Row(each.path, f"{each.value:.3f}", each.value, each.low, each.high, "accent" if each.low > 0 else "none")
        for each in some
    ]
    said = "; ".join(f"{each.path} {each.value:.3f}" for each in some)
    chart = rows_chart(rows, "importance", "Importance of choices", said, bars=True)
    numbers = [(e.path, f"{e.value:.4f}", f"{e.low:.4f} … {e.high:.4f}") for e in every]
    left_out = len(every) - len(some)
    return Illustration(
        "Importance of choices, with intervals",
        chart,
        f"{left_out} more in the table." if left_out else "",
        Table(("choice", "importance", "95 % interval"), numbers, numbers=(1, 2)),
    )


def _pair(pair: Interaction, sign: float) -> Pair:
    first = list(dict.fromkeys(a for a, _ in pair.cells))
    second = list(dict.fromkeys(b for _, b in pair.cells))
    scores = [score for score, _ in pair.cells.values()]
    low, high = min(scores), max(scores)

    def cell(a: Any, b: Any) -> Cell | None:
        if (a, b) not in pair.cells:
            return None
        score, count = pair.cells[a, b]
        share = (score - low) / (high - low) if high > low else 0.5
        return Cell(f"{score:.3f}", f"{count:,}", f"{1 - share if sign > 0 else share:.2f}")

    rows = tuple((shown(a), tuple(cell(a, b) for b in second)) for a in first)
    down, across = pair.paths
    return Pair(down, across, tuple(map(shown, second)), rows, rounded_percent(pair.strength, 1))

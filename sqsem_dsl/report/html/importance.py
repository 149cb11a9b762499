"""Which choices matter, and which matter together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqsem_dsl.report.html.elements import Html, element, figure, fold, joined, scrolling, table
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.html.rows_chart import Row, rows_chart
from sqsem_dsl.report.statistics.answer import Importance, Interaction
from sqsem_dsl.report.text.trials import shown

SHOWN = 12
PAIRS = 6


def importance(facts: ReportData) -> Html | None:
    """Bars of the importance of choices, and the strongest pairs; None where neither is known."""
    answers = facts.answers
    if not answers.importance and not answers.interactions:
        return None
    return joined(
        [
            element("p", answers.importance_method, class_="how"),
            element(
                "div",
                _bars(answers.importance) if answers.importance else None,
                _pairs(facts, answers.interactions[:PAIRS]) if answers.interactions else None,
                class_="pair",
            ),
        ]
    )


def _pairs(facts: ReportData, some: Sequence[Interaction]) -> Html:
    heats = [_heat(pair, facts.goal.metric, facts.goal.sign) for pair in some]
    return element("div", element("h3", "Pairs of choices that act together"), *heats, class_="heats")


def _bars(every: Sequence[Importance]) -> Html:
    some = every[:SHOWN]
    rows = [
        Row(each.path, f"{each.value:.3f}", each.value, each.low, each.high, "accent" if each.low > 0 else "none")
        for each in some
    ]
    said = "; ".join(f"{each.path} {each.value:.3f}" for each in some)
    chart = rows_chart(rows, "importance", "Importance of choices", said, bars=True)
    numbers = [(e.path, f"{e.value:.4f}", f"{e.low:.4f} … {e.high:.4f}") for e in every]
    told = fold("The numbers", table(("choice", "importance", "95 % interval"), numbers, numbers=(1, 2)))
    left_out = len(every) - len(some)
    return figure(
        chart, "Importance of choices, with intervals", f"{left_out} more in the table." if left_out else None, told
    )


def _heat(pair: Interaction, metric: str, sign: float) -> Html:
    """A table with the options of two choices, each cell shaded by the score, with the number of trials behind it."""
    first = list(dict.fromkeys(a for a, _ in pair.cells))
    second = list(dict.fromkeys(b for _, b in pair.cells))
    scores = [score for score, _ in pair.cells.values()]
    low, high = min(scores), max(scores)

    def cell(a: Any, b: Any) -> Html:
        if (a, b) not in pair.cells:
            return element("td", "–")
        score, count = pair.cells[a, b]
        share = (score - low) / (high - low) if high > low else 0.5
        share = 1 - share if sign > 0 else share
        return element("td", f"{score:.3f}", element("small", f"n {count:,}"), style=f"--heat: {share:.2f}")

    head = element("tr", element("td"), *(element("th", shown(b), scope="col") for b in second))
    rows = [element("tr", element("th", shown(a), scope="row"), *(cell(a, b) for b in second)) for a in first]
    names = element("p", element("b", pair.paths[0]), " down, ", element("b", pair.paths[1]), " across")
    grid = scrolling(element("table", element("thead", head), element("tbody", *rows), class_="heat"))
    said = (
        f"{metric} as the model has it; n is the number of trials. {pair.strength:.1%} of what the pair does is not "
        "the sum of what each does alone (H²)."
    ).replace("%", " %")
    return element("figure", element("figcaption", names), grid, element("p", said))

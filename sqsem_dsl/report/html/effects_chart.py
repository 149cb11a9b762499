"""What each option adds to the score, with its 95 % interval, place by place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqsem_dsl.report.html.elements import Html, figure, fold, table
from sqsem_dsl.report.html.rows_chart import Row, Tone, rows_chart
from sqsem_dsl.report.statistics.answer import Answer, Effect, Question
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.numbers import score_difference

SHOWN = 24
"""Rows of a chart at most; the table has all."""


def effects_chart(question: Question, goal: Goal, name: str) -> Html | None:
    """The effects of a question: a chart, and a table to unfold. None where it has none."""
    pairs = [(answer, effect) for answer in question.answers for effect in answer.effects]
    if not pairs:
        return None
    told = fold("The numbers", effects_table(pairs, goal))
    rows = [_row(effect, effect.difference) for _, effect in pairs if effect.difference is not None][:SHOWN]
    if not rows:
        return told
    lower = goal.direction == "min"
    ends = ("◂ better", "worse ▸") if lower else ("◂ worse", "better ▸")
    words = "; ".join(f"{row.label} {row.note}" for row in rows)
    chart = rows_chart(rows, name, question.question, words, ends=ends)
    left_out = sum(effect.difference is not None for _, effect in pairs) - len(rows)
    more = f"{left_out} more in the table below." if left_out else None
    title = f"Added to {goal.metric}, with 95 % intervals"
    return figure(chart, title, more, told)


def effects_table(pairs: Sequence[tuple[Answer, Effect]], goal: Goal) -> Html:
    heads = ("choice", "option", "against", f"adds to {goal.metric}", "95 % interval", "trials", "means", "verdict")
    rows = [
        (
            effect.path, shown(effect.option), shown(effect.against),
            score_difference(effect.difference), interval(effect),
            f"{effect.trials_with:,} / {effect.trials_without:,}",
            f"{_mean(effect.mean_with)} / {_mean(effect.mean_without)}", effect.verdict,
        )
        for _, effect in pairs
    ]  # fmt: skip
    return table(heads, rows, numbers=(3, 4, 5, 6))


def _row(effect: Effect, difference: float) -> Row:
    tone: Tone
    match effect.verdict:
        case "better":
            tone = "accent"
        case "worse":
            tone = "other"
        case "no difference seen" | "not enough trials":
            tone = "none"
        case _:
            assert_never(effect.verdict)
    # Of a wide interval nobody wants to know how near to nothing its middle is.
    wide = effect.low is not None and effect.high is not None and effect.high - effect.low > 0.001
    note = "0.000" if wide and abs(difference) < 0.0005 else score_difference(difference)
    return Row(label_of(effect), note, difference, effect.low, effect.high, tone)


def label_of(effect: Effect) -> str:
    """The place and the option: `fires[1].se`, `fires: 3 against 1`.

    An option that is there or not needs no more than its place.
    """
    if effect.option is True and effect.against is False:
        return effect.path
    return f"{effect.path}: {shown(effect.option)} against {shown(effect.against)}"


def interval(effect: Effect) -> str:
    return (
        "–"
        if effect.low is None or effect.high is None
        else f"{score_difference(effect.low)} … {score_difference(effect.high)}"
    )


def _mean(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"

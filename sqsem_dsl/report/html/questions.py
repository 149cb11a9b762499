"""The answers from the trials: each question in sentences, with a chart of the options' effects on the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from sqsem_dsl.report.diagram import effects_picture
from sqsem_dsl.report.html.parts import Illustration, Table, network_illustration
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.html.rows_chart import Row, Tone, rows_chart
from sqsem_dsl.report.statistics.answer import Answer, Effect, Question
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.numbers import plural, score_difference

SHOWN = 24
"""The maximum number of rows of a chart; the table has all."""


@dataclass(frozen=True)
class Answered:
    """A question with its answers. Without a chart there are only the numbers."""

    question: str
    sentences: tuple[str, ...]
    chart: Illustration | None
    numbers: Table | None


@dataclass(frozen=True)
class Questions:
    """The data of the section."""

    trials: str
    metric: str
    answered: tuple[Answered, ...]
    network: Illustration | None
    """The network of the space; None if it cannot be loaded."""


def questions(facts: ReportData) -> Questions | None:
    """None if the trials answer no question."""
    answers, metric = facts.answers, facts.goal.metric
    if not answers.questions:
        return None
    asked = (_answered(each, facts.goal, f"question-{at}") for at, each in enumerate(answers.questions, 1))
    network = None
    if facts.space is not None:
        picture = effects_picture(facts.space, answers, prefix="space")
        network = network_illustration("The network of the space, each choice shaded by what it adds", picture)
    return Questions(plural(answers.trials, "completed trial"), metric, tuple(asked), network)


def _answered(question: Question, goal: Goal, name: str) -> Answered:
    pairs = [(answer, effect) for answer in question.answers for effect in answer.effects]
    numbers = _numbers(pairs, goal) if pairs else None
    every = [_row(effect, effect.difference) for _, effect in pairs if effect.difference is not None]
    chart = None
    if rows := every[:SHOWN]:
        ends = ("◂ better", "worse ▸") if goal.direction == "min" else ("◂ worse", "better ▸")
        words = "; ".join(f"{row.label} {row.note}" for row in rows)
        picture = rows_chart(rows, name, question.question, words, ends=ends)
        left_out = len(every) - len(rows)
        note = f"{left_out} more in the table below." if left_out else ""
        chart = Illustration(f"Added to {goal.metric}, with 95 % intervals", picture, note, numbers)
    return Answered(question.question, question.sentences, chart, numbers)


def _numbers(pairs: Sequence[tuple[Answer, Effect]], goal: Goal) -> Table:
    heads = ("choice", "option", "against", f"adds to {goal.metric}", "95 % interval", "trials", "means", "verdict")
    rows = [
        (
            effect.path, shown(effect.option), shown(effect.against),
            score_difference(effect.difference), _interval(effect),
            f"{effect.trials_with:,} / {effect.trials_without:,}",
            f"{_mean(effect.mean_with)} / {_mean(effect.mean_without)}", effect.verdict,
        )
        for _, effect in pairs
    ]  # fmt: skip
    return Table(heads, rows, numbers=(3, 4, 5, 6))


def _row(effect: Effect, difference: float) -> Row:
    tone: Tone
    match effect.verdict:
        case "better":
            tone = "accent"
        case "worse":
            tone = "other"
        case "no significant difference" | "not enough trials":
            tone = "none"
        case _:
            assert_never(effect.verdict)
    # In a wide interval, the sign of a negligible difference is meaningless.
    wide = effect.low is not None and effect.high is not None and effect.high - effect.low > 0.001
    note = "0.000" if wide and abs(difference) < 0.0005 else score_difference(difference)
    return Row(_label(effect), note, difference, effect.low, effect.high, tone)


def _label(effect: Effect) -> str:
    """The place and the option: `fires[1].se`, `fires: 3 against 1`.

    An option that is present or absent needs only its place.
    """
    if effect.option is True and effect.against is False:
        return effect.path
    return f"{effect.path}: {shown(effect.option)} against {shown(effect.against)}"


def _interval(effect: Effect) -> str:
    if effect.low is None or effect.high is None:
        return "–"
    return f"{score_difference(effect.low)} … {score_difference(effect.high)}"


def _mean(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"

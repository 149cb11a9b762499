"""The summary of a study for a terminal: the best trials, short answers, importance as bars, caveats."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from sqsem_dsl.report.statistics.answer import Answers, Importance, Question
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.table import cut_start, table
from sqsem_dsl.report.text.trials import baselines_lines, tally, trials_table
from sqsem_dsl.study.journal.ranking import tie
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.study.progress.progress import classes_lines
from sqsem_dsl.utils.numbers import duration, four_digits

BEST = 3
SENTENCES = 4
"""The maximum number of answers to a question; the page has all."""
BARS = 8
BAR = 28
"""Columns of the longest bar."""


def answers_page(study: Study, answers: Answers, style: Style) -> str:
    """The summary, in lines of the style's width."""
    parts = [_head(study, style), _best(study, style)]
    parts += [_question(question, style) for question in answers.questions]
    if answers.importance:
        parts.append(_importance(answers.importance, style))
    if answers.caveats:
        lines = [line for caveat in answers.caveats for line in _item(caveat, style.width)]
        parts.append([style.bold("Caveats"), *lines])
    return "\n\n".join("\n".join(part) for part in parts if part)


def _head(study: Study, style: Style) -> list[str]:
    data = study.notes.get("data")
    goals = " and ".join(map(str, study.goals))
    lines = [f"{style.bold(study.name)}  ({study.folder})"]
    lines += _set(f"searched {f'on {data} ' if data else ''}to {goals}", style.width)
    took = duration(float(study.notes.get("elapsed") or 0.0))
    for line in classes_lines(study.notes.get("classes") or {}):
        lines += _set(f"classes: {line}", style.width)
    return [
        *lines,
        *_set(f"{tally(study.trials)} in {took}: {study.notes.get('ended') or 'not finished'}", style.width),
    ]


def _best(study: Study, style: Style) -> list[str]:
    if study.best is None:
        return ["no trial has completed"]
    best = trials_table(study.trials, study.goals, BEST, style.width, study.lower_bounds)
    lines = [style.bold("The best trials"), *best.splitlines()]
    if tied := tie(study.trials, study.goals):
        lines.append(tied)
    lines += baselines_lines(study.baselines, study.goals)
    test = study.notes.get("test")
    if isinstance(test, dict) and test.get("trial") == study.best.number and test.get("scores"):
        scores = ", ".join(f"{name} {four_digits(value)}" for name, value in test["scores"].items())
        lines.append(f"trial {study.best.number} on the test set: {scores}")
    return lines


def _question(question: Question, style: Style) -> list[str]:
    said = question.sentences[:SENTENCES]
    lines = [line for sentence in said for line in _item(sentence, style.width)]
    more = len(question.sentences) - len(said)
    return [style.bold(question.question), *lines, *([style.dim(f"  {more} more on the page")] if more else [])]


def _importance(every: Sequence[Importance], style: Style) -> list[str]:
    some = every[:BARS]
    longest = max(each.value for each in some)
    if longest <= 0:
        return [style.bold("Which choices matter"), "  none, as far as the trials show"]
    room = max(12, style.width - BAR - 14)
    bars = [style.bar("█" * round(BAR * max(0.0, each.value) / longest)) for each in some]
    lines = table((f"  {cut_start(e.path, room)}", bar, f"{e.value:.3f}") for e, bar in zip(some, bars, strict=True))
    more = len(every) - len(some)
    return [style.bold("Which choices matter"), *lines, *([style.dim(f"  {more} more on the page")] if more else [])]


def _item(text: str, width: int) -> list[str]:
    return wrap(text, width, initial_indent="  - ", subsequent_indent="    ", break_long_words=False)


def _set(text: str, width: int) -> list[str]:
    return wrap(text, width, initial_indent="  ", subsequent_indent="  ", break_long_words=False)

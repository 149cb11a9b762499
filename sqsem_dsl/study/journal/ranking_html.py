"""The best trials of a study as an HTML table, for notebooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.study.journal.ranking import pareto_front, ranked
from sqsem_dsl.study.journal.record import Status, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import counted

SHOWN = 10
"""The number of trials in the table."""


def ranking_html(name: str, trials: Sequence[Trial], goals: tuple[Goal, ...]) -> str:
    """A row for each of the best trials: its number, its scores by objective, parameters, MACs, epochs, seconds and
    choices. For several objectives, the trials of the Pareto front come first."""
    best = _in_order(trials, goals)
    states = Counter(trial.status for trial in trials)
    words: tuple[tuple[Status, str], ...] = (
        ("completed", "completed"),
        ("running", "not finished"),
        ("failed", "failed"),
    )
    title = f"{name}: {counted([(states[state], word) for state, word in words]) or 'no trials'}"
    if len(best) > SHOWN:
        title += f"; the best {SHOWN}"
    head = ["trial", *(goal.metric for goal in goals), "parameters", "MACs", "epochs", "seconds", "choices"]
    rows = [
        [
            trial.number,
            *(float(score) for score in trial.scores),
            trial.params,
            trial.macs,
            trial.epochs,
            round(trial.seconds, 1),
            "  ".join(f"{path}={_shown(value)}" for path, value in trial.choices.items()),
        ]
        for trial in best[:SHOWN]
    ]
    return html_table(title, head, rows)


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else show(exact(value))


def _in_order(trials: Iterable[Trial], goals: tuple[Goal, ...]) -> list[Trial]:
    every = ranked(list(trials), goals)
    front = pareto_front(every, goals) if len(goals) > 1 else []
    numbers = {trial.number for trial in front}
    return [*front, *(trial for trial in every if trial.number not in numbers)]

"""The best trials, and the baselines beside them, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any

from sqsem_dsl.report.html.elements import Html, element, fold, joined, scrolling
from sqsem_dsl.report.html.report_data import PLAIN, ReportData
from sqsem_dsl.report.text.trials import head, shown
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.progress.progress import score_of
from sqsem_dsl.utils.numbers import duration

SHOWN = 10


def best_trials(facts: ReportData) -> Html:
    """The best by the first objective, after those on the Pareto front where there are several objectives; then the
    baselines and the plain network, where they are not among them."""
    front = {trial.number for trial in facts.front} if len(facts.study.goals) > 1 else set[int]()
    ahead = [trial for trial in facts.front if trial.number in front]
    order = ahead + [trial for trial in facts.ranking if trial.number not in front]
    shown_ones = order[: max(SHOWN, min(len(ahead), 2 * SHOWN))]
    rest = [trial for trial in facts.baselines if trial not in shown_ones]
    if facts.plain_trial is not None and facts.plain_trial not in shown_ones:
        rest.append(facts.plain_trial)
    heads = _heads(facts)
    rows = [row for trial in (*shown_ones, *rest) for row in _rows(facts, trial, trial.number in front, len(heads))]
    head = element("tr", *(element("th", text, scope="col", class_=side) for text, side in heads))
    more = len(facts.ranking) - len(shown_ones)
    return joined(
        [
            scrolling(element("table", element("thead", head), *rows, class_="trials")),
            _more(facts, more) if more > 0 else None,
        ]
    )


def _more(facts: ReportData, count: int) -> Html:
    command = element("code", f"sqsem trials {quote(str(facts.study.folder))} --all")
    many = f"{count:,} more trial{'' if count == 1 else 's'} completed: "
    return element("p", many, command, " shows them.", class_="more")


def choice_list(choices: Mapping[str, Any]) -> Html:
    """Choices as small pieces that break between them."""
    pieces = [
        element("span", element("span", path, class_="path"), " ", element("b", shown(value)), class_="choice")
        for path, value in choices.items()
    ]
    return element("p", joined(pieces, " "), class_="choices")


def _heads(facts: ReportData) -> list[tuple[str, str | None]]:
    bounds = facts.study.lower_bounds
    metrics = [head(goal.metric, bounds) for goal in facts.study.goals]
    sizes = [name for size in ("params", "macs") if (name := head(size, bounds)) not in metrics]
    return [("trial", None), *((name, "number") for name in (*metrics, *sizes, "epochs", "time"))]


def _rows(facts: ReportData, trial: Trial, on_front: bool, columns: int) -> list[Html]:
    """A body of its own for each trial: its numbers, and below them its choices to unfold."""
    name = facts.named.get(trial.number)
    wanted = {goal.metric for goal in facts.study.goals}
    cells = [score_of(trial, at, goal) for at, goal in enumerate(facts.study.goals)]
    cells += [f"{size:,}" for key, size in (("params", trial.params), ("macs", trial.macs)) if key not in wanted]
    cells += [f"{trial.epochs:,}", duration(trial.seconds)]
    best = facts.best is not None and trial.number == facts.best.number
    tag = "best" if best else "front" if on_front else None
    first = [
        element("b", name) if name and name != PLAIN else str(trial.number),
        element("small", PLAIN if name == PLAIN else "baseline") if name else None,
        element("small", tag, class_="tag") if tag else None,
    ]
    numbers = [element("td", cell, class_="number") for cell in cells]
    below = []
    if trial.choices:
        many = len(trial.choices)
        unfolded = fold(f"{many} choice{'' if many == 1 else 's'}", choice_list(trial.choices))
        below.append(element("tr", element("td", unfolded, colspan=str(columns)), class_="below"))
    kind = "best" if best else "named" if name else None
    head = element("tr", element("th", joined(first, " "), scope="row"), *numbers)
    return [element("tbody", head, *below, class_=kind)]

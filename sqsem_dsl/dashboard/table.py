"""The tables of the page: a row for each trial, and a row for each running one, as plain data for AG Grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any

from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.ranked_trials import score_so_far
from sqsem_dsl.dashboard.seen_choices import SeenChoice, is_number
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.table import column
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.visible import visible

MAX_PATHS = 40
"""The choices with a column: those that most trials have. Others are shown with a selected trial."""

_GROUPED = {"function": "params.value == null ? '' : d3.format(',')(params.value)"}
_SCORE = {"function": "params.value == null ? '' : d3.format('.4f')(params.value)"}
_SMALL_SCORE = {"function": "params.value == null ? '' : d3.format('.4~g')(params.value)"}
_TENTHS = {"function": "params.value == null ? '' : d3.format(',.1f')(params.value)"}

_OF_PLANNED = {"function": "params.value + ' of ' + params.data.planned"}

LAST = {"function": "absentLast"}
"""The order of scores: trials without one come last (`assets/dashboard.js`)."""

Columns = list[dict[str, Any]]
Row = dict[str, Any]


def table_paths(choices: Mapping[str, SeenChoice]) -> tuple[str, ...]:
    """The choices with a column, in their order."""
    kept = set(sorted(choices, key=lambda path: -choices[path].active)[:MAX_PATHS])
    return tuple(path for path in choices if path in kept)


def columns(study: FollowedStudy, choices: Mapping[str, SeenChoice]) -> Columns:
    """The columns of the table of all trials. Fields are short names, since AG Grid reads dots in them."""
    bounds = study.notes.get("lower_bounds") or ()
    found = [
        _number("trial", "number", pinned="left", width=84),
        _text("status", "status", width=122),
        *(
            _number(goal.metric, f"score{at}", _score_format(study, at), width=140, comparator=LAST, **_sort(goal, at))
            for at, goal in enumerate(study.goals)
        ),
        _number(column("parameters", ["parameters"] if "params" in bounds else ()), "params", _GROUPED, width=124),
        _number(column("MACs", ["MACs"] if "macs" in bounds else ()), "macs", _GROUPED, width=124),
        _number("epochs", "epochs", width=96),
        _number("seconds", "seconds", _TENTHS, width=104),
    ]
    found += [
        (_number if choices[path].numeric else _text)(path, f"choice{at}", width=min(240, max(96, 38 + 8 * len(path))))
        for at, path in enumerate(table_paths(choices))
    ]
    return [*found, _text("remark", "remark", width=320)]


def trial_row(study: FollowedStudy, trial: Trial, paths: tuple[str, ...]) -> Row:
    """The row of a trial; absent values are left out. A running trial has the best score of its epochs so far."""
    running = trial.status == "running"
    row: Row = {"number": trial.number, "status": trial.status if trial.valid else f"{trial.status}, outdated"}
    row |= {"params": trial.params, "macs": trial.macs, "seconds": round(trial.seconds, 1), "epochs": trial.epochs}
    scores: list[float | None] = list(trial.scores)
    if running and trial.valid:
        curve = study.curve(trial.number)
        row["epochs"] = max((epoch.epoch for epoch in curve), default=0)
        row["seconds"] = round(max(trial.seconds, sum(epoch.seconds for epoch in curve)), 1)
        scores = [score_so_far(curve, goal) for goal in study.goals]
    row |= {f"score{at}": score for at, score in enumerate(scores) if score is not None and isfinite(score)}
    for at, path in enumerate(paths):
        if path in trial.choices:
            row[f"choice{at}"] = _cell(trial.choices[path])
    if trial.remark:
        row["remark"] = visible(trial.remark)[:500]
    return row


def _cell(value: Any) -> Any:
    """A value of a choice: a number, or a text."""
    if is_number(value):
        return value
    return _word(value) if isinstance(value, str | bool) else visible(shown(value))


@lru_cache(maxsize=4096)
def _word(value: str | bool) -> str:
    """Options are few, and trials are many."""
    return visible(shown(value))


def by_column(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Many rows as a list for each field, with None for absent values: half as much text as the rows."""
    fields = dict.fromkeys(field for row in rows for field in row)
    return {field: [row.get(field) for row in rows] for field in fields}


def running_columns(study: FollowedStudy) -> Columns:
    """The columns of the table of running trials."""
    score = [_number(goal.metric, f"score{at}", _score_format(study, at)) for at, goal in enumerate(study.goals[:1])]
    found = [
        _number("trial", "number"),
        *([_number("execution", "execution")] if study.notes.get("executions", 1) > 1 else []),
        _number("epoch", "epoch", _OF_PLANNED),
        *score,
        _number("last", "last", _score_format(study, 0) if study.goals else None),
        _number("seconds", "seconds", _TENTHS),
        _text("worker", "worker"),
    ]
    # As wide as the heads: a cut head does not say which score it is.
    return [{**one, "filter": False, "flex": 1, "minWidth": 36 + 8 * len(one["headerName"])} for one in found]


def running_rows(study: FollowedStudy) -> list[Row]:
    """A row for each running trial: its epoch of those planned, its best score so far and its last one."""
    rows = []
    for number in study.running:
        trial, curve = study.trials[number], study.curve(number)
        row: Row = {"number": number, "worker": visible(trial.worker)}
        row |= {"planned": trial.planned, "epoch": curve[-1].epoch if curve else 0}
        row["execution"] = curve[-1].execution + 1 if curve else 1
        row["seconds"] = round(max(trial.seconds, sum(epoch.seconds for epoch in curve)), 1)
        if study.goals:
            metric, _ = study.goals[0].by_epoch
            score, last = score_so_far(curve, study.goals[0]), curve[-1].metrics.get(metric) if curve else None
            row |= {"score0": score} if score is not None else {}
            row |= {"last": last} if last is not None and isfinite(last) else {}
        rows.append(row)
    return rows


def _sort(goal: Goal, at: int) -> dict[str, str]:
    """At first, the best trials by the first objective are on top."""
    return {"sort": "desc" if goal.direction == "max" else "asc"} if at == 0 else {}


def _score_format(study: FollowedStudy, at: int) -> dict[str, str]:
    """Four digits after the point, or four significant ones if scores are not around 1."""
    sizes = [abs(trial.scores[at]) for trial in list(study.trials.values())[:200] if len(trial.scores) > at]
    if study.goals[at].metric in COUNTS:
        return _GROUPED
    return _SCORE if all(0.01 <= size < 10_000 for size in sizes if size) else _SMALL_SCORE


def _number(name: str, field: str, formatter: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    shape = {"valueFormatter": formatter} if formatter else {}
    kind = {"filter": "agNumberColumnFilter", "type": "rightAligned"}
    return {"headerName": visible(name), "headerTooltip": visible(name), "field": field, **kind, **shape, **more}


def _text(name: str, field: str, **more: Any) -> dict[str, Any]:
    shown_name = visible(name)
    return {
        "headerName": shown_name,
        "headerTooltip": shown_name,
        "field": field,
        "filter": "agTextColumnFilter",
        "tooltipField": field,
        **more,
    }

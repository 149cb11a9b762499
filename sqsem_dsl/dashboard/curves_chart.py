"""Learning curves: of the running trials, of the best ones, and of those that are selected in the table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import isfinite
from statistics import fmean

from sqsem_dsl.dashboard.figure import BLUE, GRAY, GREEN, ORANGE, PINK, Figure, Trace, layout
from sqsem_dsl.dashboard.followed import Curve, FollowedStudy
from sqsem_dsl.dashboard.ranked_trials import best_trials, chart_text
from sqsem_dsl.study.objective import deciding_metric

HEIGHT = 340
BEST = 3
POINTS = 60
"""The points of a running trial's curve: longer ones are thinned."""

Points = list[tuple[int, float]]


def curves_chart(study: FollowedStudy, selected: Sequence[int] = ()) -> Figure:
    """The curve of each running trial in gray, and the best and the selected trials by name."""
    metric = chart_text(_metric(study)) if study.goals else ""
    best = [trial.number for trial in best_trials(study, BEST)]
    named = [(number, "selected") for number in selected if number not in best]
    named += [(number, "best" if at == 0 else f"{_ordinal(at + 1)} best") for at, number in enumerate(best)]
    traces = [_running(study)]
    traces += [
        _named(curve_of(study, number), f"trial {number}, {what}", color)
        for (number, what), color in zip(named, _colors(named), strict=True)
    ]
    return {"data": traces, "layout": layout("epoch", metric, HEIGHT)}


def curve_of(study: FollowedStudy, number: int) -> Points:
    """The values by epoch of the metric that decides the best epoch, the mean over executions."""
    return _means(study.curve(number), _metric(study))


def thinned(points: Points, most: int) -> Points:
    """At most so many points, with the first and the last."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(at * step)] for at in range(most)]


def _running(study: FollowedStudy) -> Trace:
    """All of them as one trace, with gaps: many traces are slow."""
    x: list[int | None] = []
    y: list[float | None] = []
    names: list[int | None] = []
    for number in study.running if study.goals else ():
        points = thinned(curve_of(study, number), POINTS)
        x += [*(epoch for epoch, _ in points), None]
        y += [*(value for _, value in points), None]
        names += [number] * (len(points) + 1)
    many = len(study.running) > 20
    return {
        "type": "scatter",
        "mode": "lines" if many else "lines+markers",
        "name": "running",
        "x": x,
        "y": y,
        "customdata": names,
        "connectgaps": False,
        "line": {"color": GRAY, "width": 1},
        "marker": {"size": 4},
        "opacity": 0.7 if many else 0.8,
        "hovertemplate": "trial %{customdata}, epoch %{x}: %{y}<extra></extra>",
    }


def _named(points: Points, name: str, color: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [epoch for epoch, _ in points],
        "y": [value for _, value in points],
        "line": {"color": color, "width": 2},
        "marker": {"size": 5},
        "hovertemplate": f"{name}, epoch %{{x}}: %{{y}}<extra></extra>",
    }


def _colors(named: Sequence[tuple[int, str]]) -> Iterable[str]:
    others = iter([PINK, "#7a6fd0", "#b08900"] * (len(named) // 3 + 1))
    fixed = {"best": ORANGE, "2nd best": BLUE, "3rd best": GREEN}
    return [fixed[what] if what in fixed else next(others) for _, what in named]


def _means(curve: Curve, metric: str) -> Points:
    found: dict[int, list[float]] = defaultdict(list)
    for epoch in curve:
        value = epoch.metrics.get(metric)
        if value is not None and isfinite(value):
            found[epoch.epoch].append(value)
    return [(epoch, fmean(values)) for epoch, values in sorted(found.items())]


def _metric(study: FollowedStudy) -> str:
    return deciding_metric(study.goals)[0]


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}[number]

"""The scores of trials by number, with the best so far."""

from __future__ import annotations

from sqsem_dsl.dashboard.figure import BLUE, GREEN, ORANGE, Figure, Trace, layout
from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.ranked_trials import chart_text, completed, improvements, score_so_far
from sqsem_dsl.study.journal.record import Trial

POINTS, BEST, RUNNING = range(3)
"""The places of the traces."""
HEIGHT = 340
MANY = 3000
"""From so many points on, the GPU draws them: the browser's own lines and circles are slow then."""


def score_chart(study: FollowedStudy) -> Figure:
    """All completed trials, the best so far as a line, and running trials with their best score so far."""
    done = completed(study)
    kind = "scattergl" if len(done) >= MANY else "scatter"
    size = 4 if len(done) >= MANY else 6
    points = {
        "type": kind,
        "mode": "markers",
        "name": "completed",
        **points_of(done),
        "marker": {"size": size, "color": BLUE, "opacity": 0.35 if len(done) >= MANY else 0.75},
        "hovertemplate": "trial %{x}: %{y}<extra></extra>",
    }
    best = {
        "type": "scatter",
        "mode": "lines",
        "name": "best so far",
        **best_of(study, done),
        "line": {"color": ORANGE, "width": 2, "shape": "hv"},
        "hovertemplate": "best until trial %{x}: %{y}<extra></extra>",
    }
    running = {
        "type": "scatter",
        "mode": "markers",
        "name": "running",
        **running_of(study),
        "marker": {"size": 8, "symbol": "circle-open", "color": GREEN, "line": {"width": 2}},
        "hovertemplate": "trial %{x}, running: %{y}<extra></extra>",
    }
    metric = chart_text(study.goals[0].metric) if study.goals else "score"
    return {"data": [points, best, running], "layout": layout("trial", metric, HEIGHT)}


def points_of(trials: list[Trial]) -> Trace:
    """Numbers and scores of completed trials."""
    return {"x": [trial.number for trial in trials], "y": [trial.scores[0] for trial in trials]}


def best_of(study: FollowedStudy, done: list[Trial]) -> Trace:
    """The steps of the best score, up to the last completed trial."""
    if not study.goals or not done:
        return {"x": [], "y": []}
    steps = improvements(done, study.goals[0])
    last = max(trial.number for trial in done)
    steps += [(last, steps[-1][1])] if last > steps[-1][0] else []
    return {"x": [number for number, _ in steps], "y": [score for _, score in steps]}


def running_of(study: FollowedStudy) -> Trace:
    """Numbers and best scores so far of running trials; those without a score yet are left out."""
    if not study.goals:
        return {"x": [], "y": []}
    found = [(number, score_so_far(study.curve(number), study.goals[0])) for number in study.running]
    seen = [(number, score) for number, score in found if score is not None]
    return {"x": [number for number, _ in seen], "y": [score for _, score in seen]}

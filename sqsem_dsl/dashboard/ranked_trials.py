"""What all parts of the page say about trials: scores so far, the best ones, names that are safe in charts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import isfinite

from sqsem_dsl.dashboard.followed import Curve, FollowedStudy
from sqsem_dsl.study.journal.ranking import place
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.visible import visible


def completed(study: FollowedStudy) -> list[Trial]:
    """The valid completed trials with finite scores by the first objective, by number."""
    trials = study.trials.values()
    return [trial for trial in trials if trial.status == "completed" and trial.valid and _finite(trial)]


def best_trials(study: FollowedStudy, most: int) -> list[Trial]:
    """The best of them, best first."""
    from heapq import nsmallest

    if not study.goals:
        return []
    goal = study.goals[0]
    return nsmallest(most, completed(study), key=lambda trial: place(trial, goal))


def score_so_far(curve: Curve, goal: Goal) -> float | None:
    """The best finite value of a running trial; None if there is none yet, and for counts, which no epoch reports."""
    metric, sign = goal.by_epoch
    if metric != goal.metric:
        return None
    seen = [epoch.metrics[metric] for epoch in curve if isfinite(epoch.metrics.get(metric, float("nan")))]
    return min(seen, key=lambda value: sign * value, default=None)


def improvements(trials: Iterable[Trial], goal: Goal) -> list[tuple[int, float]]:
    """The numbers and scores of the trials that were better than all with smaller numbers."""
    found: list[tuple[int, float]] = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        score = trial.scores[0]
        if not found or goal.sign * score < goal.sign * found[-1][1]:
            found.append((trial.number, score))
    return found


def chart_text(text: str) -> str:
    """A text for a chart: Plotly reads some tags of HTML in every text, and so none of these may be one.

    >>> chart_text("<b>1</b> & 2")
    '&lt;b&gt;1&lt;/b&gt; &amp; 2'
    """
    return escape(visible(text), quote=False)


def _finite(trial: Trial) -> bool:
    return bool(trial.scores) and isfinite(trial.scores[0])

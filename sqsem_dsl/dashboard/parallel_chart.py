"""Parallel coordinates: an axis for each shown choice and one for the score, a line for each trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

from sqsem_dsl.dashboard.figure import NOTHING, Figure
from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.ranked_trials import best_trials, chart_text
from sqsem_dsl.dashboard.seen_choices import SeenChoice, is_number
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.utils.visible import visible

HEIGHT = 380
AXES = 8
"""The choices that are shown first."""
LINES = 1000
"""More lines cover each other; the best half of them are the best trials."""
OPTIONS = 12
"""A choice with more numbers has an axis of numbers; with fewer, a tick for each."""
SPREAD = 0.3
"""The width of the lines of one option; 1 is the distance to the next."""
GOLDEN = 0.6180339887
LONGEST = 18
"""The letters of a tick or of the title of an axis."""
ABSENT = "–"
COLORS = [[0, "#7b8fa8"], [0.5, "#3a9bd6"], [0.8, "#e0a020"], [1, "#e0461f"]]


def varied_paths(choices: Mapping[str, SeenChoice]) -> tuple[str, ...]:
    """The choices in which trials differ, those that are active in most of them first."""
    varied = [path for path, choice in choices.items() if choice.varied]
    return tuple(sorted(varied, key=lambda path: -choices[path].active))


def shown_trials(study: FollowedStudy) -> list[Trial]:
    """The trials with a line: all, or the best and an even choice of the others. The best come last, on top."""
    ranking = best_trials(study, len(study.trials))
    if len(ranking) > LINES:
        rest = ranking[LINES // 2 :]
        step = len(rest) / (LINES - LINES // 2)
        ranking = [*ranking[: LINES // 2], *(rest[int(at * step)] for at in range(LINES - LINES // 2))]
    return ranking[::-1]


def parallel_chart(study: FollowedStudy, paths: Sequence[str]) -> Figure:
    """The chart; a choice that is not active in a trial is a tick of its own."""
    trials = shown_trials(study)
    dimensions = [_dimension(path, [trial.choices.get(path) for trial in trials]) for path in paths]
    scores = [trial.scores[0] for trial in trials]
    trace: dict[str, Any] = {"type": "parcoords", "labelangle": -20, "labelside": "top"}
    if trials:
        sign = study.goals[0].sign
        score = {"label": _label(study.goals[0].metric), "values": scores}
        trace |= {
            "dimensions": [*dimensions, score],
            "line": {"color": [-sign * value for value in scores], "colorscale": COLORS},
            "tickfont": {"size": 11},
            "labelfont": {"size": 12},
        }
    margin = {"l": 56, "r": 48, "t": 76, "b": 32}
    style = {"height": HEIGHT, "autosize": True, "margin": margin, "paper_bgcolor": NOTHING}
    font = {"family": "system-ui, sans-serif", "size": 12}
    return {"data": [trace], "layout": {**style, "font": font, "uirevision": chart_text("\n".join(paths))}}


def _dimension(path: str, values: Sequence[Any]) -> Mapping[str, Any]:
    present = [value for value in values if value is not None]
    absent = len(present) < len(values)
    if all(map(is_number, present)):
        if len(set(present)) > OPTIONS:
            return _numbers(path, values, present, absent)
        options = [shown(value) for value in sorted(set(present))]
    else:
        counts = Counter(shown(value) for value in present)
        options = sorted(option for option, _ in counts.most_common(30))
    options = [*([ABSENT] if absent else []), *options]
    places = {option: at for at, option in enumerate(options)}
    found = [places.get(ABSENT if value is None else shown(value), len(options)) for value in values]
    more = ["others"] if len(options) in found else []
    texts = [_short(option) for option in [*options, *more]]
    return {"label": _label(path), "values": _spread(found), "tickvals": list(range(len(texts))), "ticktext": texts}


def _spread(places: Sequence[int]) -> list[float]:
    """Lines side by side around their ticks, by multiples of the golden ratio: otherwise those of the best trials would
    cover all others. The order differs between axes, so that lines also part on their way from one to the next."""
    first = sum(places)
    return [round(place + SPREAD * ((first + at) * GOLDEN % 1 - 0.5), 4) for at, place in enumerate(places)]


def _numbers(path: str, values: Sequence[Any], present: Sequence[float], absent: bool) -> Mapping[str, Any]:
    """An axis of numbers, logarithmic if they span more than a factor of 30; absent values are below all others."""
    least, most = min(present), max(present)
    logarithmic = least > 0 and most / least > 30
    scale = [log10(value) if logarithmic else float(value) for value in present]
    low, high = min(scale), max(scale)
    ticks = _decades(low, high) if logarithmic else [low + (high - low) * at / 4 for at in range(5)]
    texts = [f"{10**tick if logarithmic else tick:.3g}" for tick in ticks]
    bottom = low - 0.12 * (high - low)
    at = iter(scale)
    found = [bottom if value is None else next(at) for value in values]
    if absent:
        ticks, texts = [bottom, *ticks], [ABSENT, *texts]
    return {"label": _label(path), "values": found, "tickvals": ticks, "ticktext": texts}


def _decades(low: float, high: float) -> list[float]:
    """Ticks at 1, 2 and 5 of each decade, or at its beginnings if there are many decades."""
    steps = (1,) if high - low > 3 else (1, 2, 5)
    ticks = [decade + log10(step) for decade in range(floor(low), ceil(high) + 1) for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def _label(path: str) -> str:
    """The title of an axis."""
    return chart_text(_short(path))


def _short(text: str) -> str:
    """At most so many letters: the end of a path says more than its beginning. Ticks of this chart are plain text."""
    return visible(text if len(text) <= LONGEST else f"…{text[1 - LONGEST :]}")

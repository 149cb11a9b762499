"""Score vs. cost of a network: every trial, the Pareto front, and the baselines by name."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeVar

from sqsem_dsl.report.html.chart_labels import NAME, Label, place_labels
from sqsem_dsl.report.html.charts import ACCENT, INK, MUTED, OTHER, PAPER, axes_of, rendered
from sqsem_dsl.report.html.parts import Illustration, Table
from sqsem_dsl.report.html.report_data import PLAIN, ReportData
from sqsem_dsl.report.text.table import cut
from sqsem_dsl.study.algorithms.pareto import front
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.numbers import four_digits, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 310.0
MARKS = 300
"""The number of best trials that labels keep clear of."""
POINTS = 3_000
"""The most trials off the front that are shown; of more, evenly by rank, since each is an element of the page."""
DECADE = 8.0
"""The ratio of maximum and minimum for a linear axis; beyond it, the axis is logarithmic."""
Shown = TypeVar("Shown")
Cost = Literal["params", "macs"]
NAMES = {"params": "parameters", "macs": "multiply-accumulates"}


def costs(facts: ReportData) -> tuple[Illustration, ...]:
    """A chart for parameters and one for multiply-accumulates."""
    return _chart(facts, "params"), _chart(facts, "macs")


def _chart(facts: ReportData, cost: Cost) -> Illustration:
    """The chart, with the front as an expandable table."""
    goal = facts.study.goals[facts.at]
    what = NAMES[cost] + (" (at least)" if cost in facts.study.lower_bounds else "")
    best = _front(facts, cost, goal)

    def draw(picture: Figure) -> None:
        axes = axes_of(picture, 50, 12, 26, 40)
        _points(axes, facts, cost, best)
        axes.set_xlabel(what)
        axes.text(0.0, 1.0, goal.metric, transform=axes.transAxes, va="bottom", ha="left", color=MUTED)
        _marks(axes, facts, cost, best)

    words = "; ".join(f"trial {t.number}: {_value(t, cost):,}, {four_digits(t.scores[facts.at])}" for t in best[:8])
    title = f"{goal.metric} against {what}"
    others = len(facts.ranking) - len(best)
    shown = len(thinned(range(others)))
    more = f"{shown:,} of {others:,} other trials are shown, evenly by rank." if shown < others else ""
    chart = rendered(draw, cost, title, f"The Pareto front: {words}.", height=HEIGHT)
    rows = [(str(t.number), f"{_value(t, cost):,}", four_digits(t.scores[facts.at])) for t in best]
    numbers = Table(("trial", what, goal.metric), rows, numbers=(0, 1, 2))
    return Illustration(title, chart, more, numbers=numbers, unfold="The front in numbers")


def thinned(several: Sequence[Shown], most: int = POINTS) -> list[Shown]:
    """At most so many, evenly from the first to the last."""
    return list(several[:: max(1, -(-len(several) // most))])


def _value(trial: Trial, cost: Cost) -> int:
    return trial.params if cost == "params" else trial.macs


def _front(facts: ReportData, cost: Cost, goal: Goal) -> list[Trial]:
    """The trials of the space for which no cheaper one is as good, by cost; of equal ones the first of the ranking."""
    first: dict[tuple[float, ...], Trial] = {}
    for trial in facts.ranking:
        first.setdefault((trial.scores[facts.at], float(_value(trial, cost))), trial)
    found = [list(first.values())[i] for i in front(list(first), (goal, Goal(cost, "min")))]
    return sorted(found, key=lambda trial: (_value(trial, cost), trial.number))


def _points(axes: Axes, facts: ReportData, cost: Cost, best: list[Trial]) -> None:
    """Everything except the labels, with scales that fit everything."""
    every = [*facts.ranking, *facts.baselines]
    costs = [_value(trial, cost) for trial in every]
    if min(costs) > 0 and max(costs) > DECADE * min(costs):
        axes.set_xscale("log")
    ahead = {trial.number for trial in best}
    rest = thinned([trial for trial in facts.ranking if trial.number not in ahead])
    axes.grid(True)
    axes.spines["left"].set_visible(False)
    size = 6.0 if len(rest) <= 150 else 4.5 if len(rest) <= 500 else 3.5
    style = {"markerfacecolor": MUTED, "markeredgecolor": "none", "alpha": 0.55 if len(rest) <= 150 else 0.35}
    _scatter(axes, rest, facts.at, cost, "o", markersize=size, **style)
    x, y = [_value(trial, cost) for trial in best], [trial.scores[facts.at] for trial in best]
    axes.plot(x, y, color=ACCENT, linewidth=1.6, drawstyle="steps-post", alpha=0.8)
    _scatter(axes, best, facts.at, cost, "o", markersize=6.5, color=ACCENT, markeredgecolor=PAPER)
    axes.margins(0.07, 0.1)
    _ticks(axes, costs)


def _marks(axes: Axes, facts: ReportData, cost: Cost, best: list[Trial]) -> None:
    """The best trial and those that have a name."""
    labels: list[Label] = []
    top = facts.best
    if top is not None:
        _scatter(axes, [top], facts.at, cost, "o", markersize=11, markerfacecolor="none", color=ACCENT)
        labels.append(_label(top, f"best: trial {top.number}", facts.at, cost, ACCENT, bold=True))
    for trial in (*facts.baselines, *([facts.plain_trial] if facts.plain_trial is not None else [])):
        name = facts.named.get(trial.number)
        if name is None:
            continue
        plain = name == PLAIN
        face = PAPER if plain else OTHER
        color = INK if plain else OTHER
        _scatter(axes, [trial], facts.at, cost, "D", markersize=7.5, color=color, markerfacecolor=face, zorder=5)
        labels.append(_label(trial, cut(name, NAME), facts.at, cost, color))
    others = [(float(_value(trial, cost)), trial.scores[facts.at]) for trial in facts.ranking[:MARKS]]
    place_labels(axes, labels, others)


def _scatter(axes: Axes, trials: list[Trial], at: int, cost: Cost, marker: str, **style: object) -> None:
    x, y = [_value(trial, cost) for trial in trials], [trial.scores[at] for trial in trials]
    axes.plot(x, y, marker, **style)  # type: ignore[arg-type]


def _label(trial: Trial, text: str, at: int, cost: Cost, color: str, bold: bool = False) -> Label:
    return Label(text, float(_value(trial, cost)), trial.scores[at], color, "bold" if bold else "normal")


def _ticks(axes: Axes, costs: list[int]) -> None:
    """Counts as text: 50K, 1M."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if axes.get_xscale() == "log":
        decades = len(str(max(costs))) - len(str(max(1, min(costs))))
        steps = (1.0, 2.0, 5.0) if decades <= 1 else (1.0, 3.0) if decades == 2 else (1.0,)
        axes.xaxis.set_major_locator(LogLocator(subs=steps))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(Fraction(value).limit_denominator(10**6))))

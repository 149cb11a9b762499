"""Time: the duration of each trial, and the best score over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqsem_dsl.report.html.chart_labels import NAME
from sqsem_dsl.report.html.charts import ACCENT, LETTERS, MUTED, OTHER, axes_of, rendered
from sqsem_dsl.report.html.method import Failures, failures
from sqsem_dsl.report.html.parts import Illustration
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.text.table import cut
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.utils.numbers import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 270.0
BARS = 500
"""The chart has room for so many bars; of more than twice as many trials, it shows the means of groups."""
CROSSES = 60
"""More failed trials are marked with thin strokes, which remain apart."""


@dataclass(frozen=True)
class Time:
    """The data of the section."""

    charts: tuple[Illustration, ...]
    failures: Failures | None


def time(facts: ReportData) -> Time:
    """The duration of each trial, the best score over time, and the failures."""
    charts = (_time_by_trial(facts), _best_by_time(facts))
    return Time(tuple(chart for chart in charts if chart is not None), failures(facts))


def _time_by_trial(facts: ReportData) -> Illustration:
    """A bar for each trial by number, or for each group of many; failed ones are marked."""
    trials = [trial for trial in facts.study.trials if trial.valid]
    unit, word = unit_of(max((trial.seconds for trial in trials), default=0.0))
    last = max(trial.number for trial in trials)
    group = max(1, -(-last // BARS)) if last > 2 * BARS else 1

    def draw(picture: Figure) -> None:
        axes = axes_of(picture, 50, 12, 26, 40)
        if group > 1:
            _means(axes, trials, last, group, unit)
        else:
            for failed, color in ((False, ACCENT), (True, OTHER)):
                some = [t for t in trials if (t.status == "failed") == failed]
                _bars(axes, some, last, unit, color)
        _settle(axes, "trial", f"{word} by trial" + (f", means of {group} trials" if group > 1 else ""))
        axes.set_xlim(0.3, last + 0.7)
        axes.set_ylim(bottom=0)
        failures = [trial for trial in trials if trial.status == "failed"]
        if failures:
            few = len(failures) <= CROSSES
            x, width, alpha = [trial.number for trial in failures], 1.0 if few else 0.5, 1.0 if few else 0.7
            axes.plot(
                x, [0.0] * len(x), "x" if few else "|",
                color=OTHER, clip_on=False, zorder=4, markeredgewidth=width, alpha=alpha,
            )  # fmt: skip
            axes.annotate(
                f"{'×' if few else '|'} failed", (1.0, 1.0), (0, 4), "axes fraction", "offset points",
                ha="right", va="bottom", color=OTHER,
            )  # fmt: skip

    total = sum(trial.seconds for trial in trials)
    words = f"{len(trials)} trials of {duration(total)} together."
    return Illustration("Time by trial", rendered(draw, "times", "Time by trial", words, height=HEIGHT))


def _best_by_time(facts: ReportData) -> Illustration | None:
    """The best score so far vs. the time spent on trials; None if no trial of the space has completed."""
    trials = [t for t in facts.study.trials if t.valid and t.ended is not None]
    trials.sort(key=lambda trial: (trial.ended or 0.0, trial.number))
    goal, at = facts.study.goals[facts.at], facts.at
    numbers = {trial.number for trial in facts.ranking}
    spent, best, x, y = 0.0, float("nan"), list[float](), list[float]()
    for trial in trials:
        spent += trial.seconds
        if trial.number in numbers:
            score = trial.scores[at]
            best = score if best != best or goal.sign * score < goal.sign * best else best
            x.append(spent)
            y.append(best)
    if not x:
        return None
    unit, word = unit_of(spent)

    def draw(picture: Figure) -> None:
        axes = axes_of(picture, 50, 16, 26, 40)
        axes.plot([v / unit for v in (*x, spent)], [*y, y[-1]], color=ACCENT, linewidth=2.0, drawstyle="steps-post")
        if len(x) == 1:
            axes.plot([x[0] / unit], [y[0]], "o", color=ACCENT)
        for trial in facts.baselines[:1]:
            axes.axhline(trial.scores[at], color=OTHER, linewidth=1.4)
            words = cut(facts.named[trial.number], NAME)
            above = trial.scores[at] >= min(y) + 0.9 * (max(y) - min(y))
            axes.annotate(
                words, (1.0, trial.scores[at]), (0, -4 if above else 4), axes.get_yaxis_transform(), "offset points",
                ha="right", va="top" if above else "bottom", color=OTHER, size=LETTERS,
            )  # fmt: skip
        _settle(axes, f"{word} of training, all trials added up", f"best {goal.metric} so far")
        axes.set_xlim(0, 1.02 * spent / unit if spent else 1.0)  # the last step is inside
        axes.margins(y=0.12)

    words = f"{y[-1]:.4g} after {duration(spent)}."
    title = f"The best {goal.metric} so far, by time"
    return Illustration(title, rendered(draw, "progress", title, words, height=HEIGHT))


def unit_of(seconds: float) -> tuple[float, str]:
    """Seconds, minutes or hours, so that numbers stay short."""
    return (1.0, "seconds") if seconds < 300 else (60.0, "minutes") if seconds < 3 * 3600 else (3600.0, "hours")


def _bars(axes: Axes, trials: list[Trial], last: int, unit: float, color: str) -> None:
    """Separate bars if they are distinguishable, otherwise one shape."""
    if last <= 80:
        axes.bar([t.number for t in trials], [t.seconds / unit for t in trials], width=0.8, color=color, alpha=0.8)
        return
    heights = [0.0] * last
    for trial in trials:
        heights[trial.number - 1] = trial.seconds / unit
    axes.stairs(heights, [at + 0.5 for at in range(last + 1)], fill=True, color=color, alpha=0.8, linewidth=0)


def _means(axes: Axes, trials: list[Trial], last: int, group: int, unit: float) -> None:
    """The mean of each group of trials with successive numbers."""
    several: list[list[float]] = [[] for _ in range(-(-last // group))]
    for trial in trials:
        several[(trial.number - 1) // group].append(trial.seconds / unit)
    heights = [sum(each) / len(each) if each else 0.0 for each in several]
    edges = [min(at * group, last) + 0.5 for at in range(len(several) + 1)]
    axes.stairs(heights, edges, fill=True, color=ACCENT, alpha=0.8, linewidth=0)


def _settle(axes: Axes, below: str, above: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(below)
    axes.text(0.0, 1.0, above, transform=axes.transAxes, va="bottom", ha="left", color=MUTED, size=LETTERS)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=below == "trial"))
    axes.yaxis.set_major_locator(MaxNLocator(5))

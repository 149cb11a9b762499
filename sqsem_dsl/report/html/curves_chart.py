"""Learning curves: all trials as thin lines, the best ones and the baselines by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from sqsem_dsl.report.html.chart_labels import spread
from sqsem_dsl.report.html.charts import ACCENT, INK, LETTERS, MUTED, OTHER, axes_of, rendered
from sqsem_dsl.report.html.parts import Illustration, Table
from sqsem_dsl.report.html.report_data import PLAIN, Curve, ReportData
from sqsem_dsl.report.text.table import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 440.0, 330.0
NAMES = 118.0
"""Units to the right of the curves for labels."""
BEST = 3
POINTS = 15_000
"""The total number of points of the unlabeled curves; if there are more, some trials are left out, evenly by rank."""
LINE = 14.0
"""The distance between labels in units."""
SHORT = 15
"""The maximum number of letters of a label beside the curves."""


@dataclass(frozen=True)
class Curves:
    """The data of the section: the chart, and the labeled curves in numbers."""

    metric: str
    chart: Illustration
    numbers: Table | None


def curves(facts: ReportData) -> Curves | None:
    """None if no epoch reported anything."""
    metric, sign = facts.watched
    best = {trial.number: f"trial {trial.number}" for trial in facts.ranking[:BEST]}
    named = {number: words for number, words in {**best, **facts.named}.items() if number in facts.curves}
    order = [trial.number for trial in facts.ranking] + [t.number for t in facts.counted if t.status != "completed"]
    others = [number for number in order if number in facts.curves and number not in named]
    if not named and not others:
        return None
    kept = thinned(others, facts.curves)

    def draw(picture: Figure) -> None:
        axes = axes_of(picture, 50, NAMES, 26, 40)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        # One path for all of them is a quarter of the size of separate paths.
        x, y = _together([facts.curves[number] for number in kept])
        axes.plot(x, y, color=MUTED, linewidth=0.8, alpha=0.45 if len(kept) < 60 else 0.2 if len(kept) < 300 else 0.1)
        for number, words in reversed(named.items()):
            color, width = _style(number in best, words)
            points = facts.curves[number]
            mark = "o" if len(points) == 1 else ""
            axes.plot(*zip(*points, strict=True), color=color, linewidth=width, zorder=3, marker=mark, markersize=4.0)
        _limits(axes, [facts.curves[n] for n in chain(named, kept)], [facts.curves[n] for n in named], sign)
        axes.set_xlabel("epoch")
        axes.text(0.0, 1.0, metric, transform=axes.transAxes, va="bottom", ha="left", color=MUTED, size=LETTERS)
        _ends(axes, facts, named, best)

    said = ", ".join(f"{words} ends at {facts.curves[number][-1][1]:.4g}" for number, words in named.items())
    chart = rendered(draw, "curves", f"{metric} by epoch", f"{said}.", height=HEIGHT)
    left_out = len(others) - len(kept)
    more = f"{len(kept):,} of {len(others):,} other trials are shown, evenly by rank." if left_out else ""
    return Curves(metric, Illustration(f"{metric} after each epoch", chart, more), _numbers(facts, named))


def _numbers(facts: ReportData, named: Mapping[int, str]) -> Table | None:
    """The best epoch of each labeled curve, and its last one."""
    if not named:
        return None
    _, sign = facts.watched
    rows = []
    for number, words in named.items():
        points = facts.curves[number]
        at, best = min(points, key=lambda point: sign * point[1])
        rows.append((words, f"{best:.4g}", f"{at:,}", f"{points[-1][1]:.4g}", f"{points[-1][0]:,}"))
    heads = ("", "best", "at epoch", "last", "epochs")
    return Table(heads, rows, numbers=(1, 2, 3, 4))


def thinned(numbers: Sequence[int], curves: Mapping[int, Curve], most: int = POINTS) -> list[int]:
    """As many trials, evenly from the best to the worst, as have so many points together."""
    total = sum(len(curves[number]) for number in numbers)
    step = max(1, -(-total // most))
    return list(numbers[::step])


def _together(curves: Sequence[Curve]) -> tuple[list[float], list[float]]:
    """Curves in sequence, with gaps between them."""
    gap = (float("nan"), float("nan"))
    points = [point for curve in curves for point in (*curve, gap)]
    return [float(x) for x, _ in points], [y for _, y in points]


def _style(best: bool, words: str) -> tuple[str, float]:
    return (ACCENT, 2.0) if best else (INK, 1.6) if words == PLAIN else (OTHER, 1.8)


def _limits(axes: Axes, curves: Sequence[Curve], named: Sequence[Curve], sign: float) -> None:
    """The range of all labeled curves and of nearly all values of the others: one that diverged does not flatten the
    rest."""
    from matplotlib.ticker import MaxNLocator

    values = sorted(y for curve in curves for _, y in curve)
    cut = len(values) // 50
    kept = [y for curve in named for _, y in curve] + (values[cut:] if sign < 0 else values[: len(values) - cut])
    low, high = min(kept), max(kept)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    axes.set_ylim(low - room, high + room)
    last = max(x for curve in curves for x, _ in curve)
    axes.set_xlim((1, last) if last > 1 else (0.5, 1.5))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _ends(axes: Axes, facts: ReportData, named: Mapping[int, str], best: Mapping[int, str]) -> None:
    """The labels in a column to the right, each as close to the end of its curve as the others allow."""
    window = axes.get_window_extent()
    scale = 72 / axes.figure.dpi
    height, right = window.height * scale, axes.get_xlim()[1]
    ends = sorted((axes.transData.transform(facts.curves[n][-1])[1] * scale - window.y0 * scale, n) for n in named)
    places = spread([place for place, _ in ends], LINE, height)
    for (_, number), place in zip(ends, places, strict=True):
        x, y = facts.curves[number][-1]
        words = cut(named[number], SHORT)
        color, _ = _style(number in best, named[number])
        axes.annotate(
            words, (1.0, place / height), (14, 0), "axes fraction", "offset points", va="center", color=color,
            weight="bold" if facts.best is not None and number == facts.best.number else "normal",
            annotation_clip=False, size=LETTERS,
        )  # fmt: skip
        line = {"color": color, "linewidth": 0.8, "alpha": 0.7, "shrinkA": 0, "shrinkB": 2, "arrowstyle": "-"}
        if x == right or len(facts.curves[number]) > 1:
            start = window.width * scale
            axes.annotate("", (x, y), (start + 12, place), "data", "axes points", arrowprops=line)

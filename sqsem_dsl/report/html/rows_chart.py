"""Intervals below each other, each under its own label, so that long labels fit on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqsem_dsl.report.html.charts import ACCENT, INK, LETTERS, LINE, MUTED, OTHER, PAPER, WIDTH, axes_of, rendered
from sqsem_dsl.report.html.parts import Svg
from sqsem_dsl.report.text.table import cut_start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, TOP, BOTTOM, SIDE = 34.0, 20.0, 26.0, 8.0
LETTER = 6.6
"""The average width of a letter of a label in units."""
Tone = Literal["accent", "other", "none"]
COLORS = {"accent": ACCENT, "other": OTHER, "none": MUTED}


@dataclass(frozen=True, slots=True)
class Row:
    """A value with its interval, if it has one."""

    label: str
    note: str
    value: float
    low: float | None
    high: float | None
    tone: Tone


def rows_chart(
    rows: Sequence[Row],
    name: str,
    title: str,
    description: str,
    *,
    bars: bool = False,
    ends: tuple[str, str] = ("", ""),
) -> Svg:
    """A dot and a whisker for each row, or with `bars` a bar from 0; `ends` are the captions on the left and the
    right."""
    top = TOP if any(ends) else 6.0
    height = top + ROW * len(rows) + BOTTOM

    def draw(figure: Figure) -> None:
        axes = axes_of(figure, SIDE, SIDE, top, BOTTOM)
        low, high = _limits(rows)
        axes.set_xlim(low, high)
        axes.set_ylim(len(rows), 0)
        axes.set_yticks([])
        axes.locator_params(axis="x", nbins=6)
        axes.grid(axis="x")
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        for at, row in enumerate(rows):
            _row(axes, at, row, bars, low, high)
        for words, place, side in zip(ends, (0.0, 1.0), ("left", "right"), strict=True):
            axes.annotate(
                words, (place, 1.0), (0, 6), "axes fraction", "offset points", ha=side, color=MUTED, size=LETTERS - 1
            )

    return rendered(draw, name, title, description, height=height)


def _limits(rows: Sequence[Row]) -> tuple[float, float]:
    """The range of the values, including 0; an interval far wider than all values is cut."""
    values = [row.value for row in rows]
    most = 4 * max((abs(value) for value in values), default=0.0)
    ends = [0.0, *values]
    for row in rows:
        if row.low is not None and row.high is not None:
            ends += [max(row.low, -most), min(row.high, most)]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low) or 1.0
    return (low - room if low < 0 else low - room / 2), high + room


def _row(axes: Axes, at: int, row: Row, bars: bool, low: float, high: float) -> None:
    words = axes.get_yaxis_transform()
    room = int((WIDTH - 2 * SIDE - LETTER * len(row.note)) / LETTER) - 2
    halo = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
    axes.text(0.0, at + 0.3, cut_start(row.label, room), transform=words, va="center", color=INK, bbox=halo, zorder=3)
    color = COLORS[row.tone]
    axes.text(
        1.0, at + 0.3, row.note, transform=words, va="center", ha="right", zorder=3, bbox=halo,
        color=color, weight="bold" if row.tone != "none" else "normal",
    )  # fmt: skip
    y = at + 0.72
    axes.axhline(at + 1.0, color=LINE, linewidth=0.5, zorder=0.5)
    axes.plot([0.0, 0.0], [at + 0.52, at + 0.94], color=INK, linewidth=1.0, zorder=1.5)
    if bars:
        axes.barh(y, row.value, height=0.3, color=color, alpha=0.45, linewidth=0)
    if row.low is not None and row.high is not None:
        left, right = max(row.low, low), min(row.high, high)
        axes.plot([left, right], [y, y], color=color, linewidth=2.0, solid_capstyle="butt")
        for end, cut, mark in ((left, row.low < low, "<"), (right, row.high > high, ">")):
            axes.plot([end], [y], marker=mark if cut else "|", color=color, markersize=7, markeredgewidth=2.0)
    if not bars:
        face = PAPER if row.tone == "none" else color
        axes.plot([row.value], [y], "o", markersize=8, color=color, markerfacecolor=face, markeredgewidth=1.8)

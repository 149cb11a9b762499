"""Labels beside marks, placed so that they cover neither other labels nor important marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqsem_dsl.report.html.charts import LETTERS, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTER, LINE, GAP = 6.6, 14.0, 8.0
NAME = 26
"""The maximum number of letters of a name."""
Side = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Label:
    """The label of a point in the data."""

    text: str
    x: float
    y: float
    color: str
    weight: Literal["normal", "bold"] = "normal"


def place_labels(axes: Axes, labels: Sequence[Label], marks: Sequence[tuple[float, float]] = ()) -> None:
    """Writes labels beside their points: to the right, to the left, above or below, and further away if all of these
    are occupied. The first labels have the first choice; `marks` are other points to keep clear if possible, and so are
    the texts that the axes have already. Limits and scales of the axes must be final."""
    axes.get_xlim(), axes.get_ylim()  # computes a pending scale now
    window = axes.get_window_extent()
    scale = 72 / axes.figure.dpi
    extents = [text.get_window_extent() for text in axes.texts]
    occupied = [(each.x0 * scale, each.y0 * scale, each.x1 * scale, each.y1 * scale) for each in extents]
    points = [_place(axes, label.x, label.y, scale) for label in labels]
    occupied += [(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    occupied += [(x - 3, y - 3, x + 3, y + 3) for x, y in (_place(axes, *mark, scale) for mark in marks)]
    left, right = window.x0 * scale, window.x1 * scale
    bottom, top = window.y0 * scale, window.y1 * scale + LINE
    for label, (x, y) in zip(labels, points, strict=True):
        width = LETTER * len(label.text) * (1.08 if label.weight == "bold" else 1.0)
        best: tuple[float, float, float, Side] | None = None
        for side, dx, dy in _offsets():
            start = x + dx - (width if side == "right" else width / 2 if side == "center" else 0.0)
            box = (start, y + dy - LINE / 2, start + width, y + dy + LINE / 2)
            outside = max(0.0, left - box[0], box[2] - right) + max(0.0, bottom - box[1], box[3] - top)
            cost = 3.0 * outside + sum(_common(box, other) for other in occupied) + 0.05 * (abs(dx) + 2 * abs(dy))
            if best is None or cost < best[0]:
                best = (cost, dx, dy, side)
        assert best is not None
        _, dx, dy, side = best
        start = x + dx - (width if side == "right" else width / 2 if side == "center" else 0.0)
        occupied.append((start, y + dy - LINE / 2, start + width, y + dy + LINE / 2))
        axes.annotate(
            label.text, (label.x, label.y), (dx, dy), "data", "offset points", ha=side, va="center",
            color=label.color, weight=label.weight, size=LETTERS, annotation_clip=False, zorder=6,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        )  # fmt: skip


def _place(axes: Axes, x: float, y: float, scale: float) -> tuple[float, float]:
    """Units from the lower left corner of the figure."""
    x, y = axes.transData.transform((x, y))
    return float(x) * scale, float(y) * scale


def _offsets() -> list[tuple[Side, float, float]]:
    """A possible position of a label: its alignment, and its distance to the right and above."""
    sides: list[tuple[Side, float]] = [("left", GAP), ("right", -GAP)]
    near: list[tuple[Side, float, float]] = [(side, dx, 0.0) for side, dx in sides]
    near += [("center", 0.0, 13.0), ("center", 0.0, -13.0)]
    for far in (9.0, 16.0, 24.0, 32.0):
        near += [(side, dx, up) for up in (far, -far) for side, dx in sides]
    return near


def _common(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """The area that two boxes share."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def spread(places: Sequence[float], gap: float, most: float) -> list[float]:
    """Ascending positions moved as little as necessary to be `gap` apart and within 0 and `most`, as far as there is
    room.

    >>> spread([10.0, 12.0, 50.0], 14.0, 100.0)
    [4.0, 18.0, 50.0]
    """
    groups: list[tuple[float, int]] = []
    for place in places:
        center, size = place, 1
        while groups and center - gap * (size - 1) / 2 < (top := groups[-1])[0] + gap * top[1] / 2 + gap / 2:
            before, many = groups.pop()
            center = (before * many + center * size) / (many + size)
            size += many
            room = gap * (size - 1) / 2
            center = max(min(center, most - room), room)
        groups.append((center, size))
    return [center + gap * (at - (size - 1) / 2) for center, size in groups for at in range(size)]

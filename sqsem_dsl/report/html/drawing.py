"""Figures of matplotlib that become pictures on a page. matplotlib is an extra, and loaded only here."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.report.html.elements import Html
from sqsem_dsl.report.html.inline_svg import inline_svg
from sqsem_dsl.report.html.palette import INK, LINE, MUTED
from sqsem_dsl.study.errors import MissingPackage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 440
"""Units of a chart, a pixel each at its natural size: a phone shows it whole with letters that can be read."""
LETTERS = 12.0
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "sqsem",  # the same study gives the same bytes
    "text.parse_math": False,  # a name with a dollar is a name
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": LETTERS,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 1.0,
    "axes.unicode_minus": True,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": LETTERS - 1,
    "ytick.labelsize": LETTERS - 1,
    "xtick.minor.bottom": False,
    "ytick.minor.left": False,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
}


def drawn(
    draw: Callable[[Figure], None], name: str, title: str, description: str = "", *, height: float, width: float = WIDTH
) -> Html:
    """What a function draws on an empty figure of `width` times `height` units, as an element of the page.

    Raises SqsError where matplotlib is missing.
    """
    need_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    file = StringIO()
    with rc_context(SETTINGS), warnings.catch_warnings():
        # A name in letters that no font here has is still written as text, and the reader's font has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(width / 72, height / 72))
        figure.patch.set_visible(False)
        draw(figure)
        figure.savefig(file, format="svg", metadata={"Date": None})
    return inline_svg(file.getvalue(), name, title, description)


def need_matplotlib() -> None:
    """Raises SqsError where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise SqsError([MissingPackage(NOWHERE, "matplotlib", "the page of a report", "report")]) from None


def axes_of(figure: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with margins in units."""
    width, height = figure.get_size_inches() * 72
    box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    axes = figure.add_axes(box)
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=5)
    return axes

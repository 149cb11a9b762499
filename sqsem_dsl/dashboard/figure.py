"""What the charts have in common. A figure is Plotly's, as plain data."""

from __future__ import annotations

from typing import Any

Figure = dict[str, Any]
Trace = dict[str, Any]

BLUE, ORANGE, GREEN, PINK, GRAY = "#2f86c9", "#d9730d", "#2a9d63", "#c2559b", "#8a939c"
"""Colors that can be told apart, on white and on black."""
CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}
NOTHING = "rgba(0,0,0,0)"


def layout(x: str, y: str, height: int, **more: Any) -> dict[str, Any]:
    """The layout of a chart with two axes. Colors of texts and lines are those of the page's style sheet, for light and
    dark. What the user has zoomed into stays in view when data are added."""
    axis = {"automargin": True, "zeroline": False, "gridcolor": "rgba(128,138,148,.25)", "fixedrange": False}
    return {
        "height": height,
        "autosize": True,
        "uirevision": "kept",
        "paper_bgcolor": NOTHING,
        "plot_bgcolor": NOTHING,
        "font": {"family": "system-ui, sans-serif", "size": 12},
        "margin": {"l": 48, "r": 12, "t": 8, "b": 40},
        "xaxis": {**axis, "title": {"text": x, "standoff": 8}},
        "yaxis": {**axis, "title": {"text": y, "standoff": 6}},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemsizing": "constant"},
        "hovermode": "closest",
        **more,
    }

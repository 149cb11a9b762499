"""The colours of charts. Each is drawn as a colour that stands for nothing else and becomes a CSS variable, so that one
picture is right on light paper and on a dark screen. The hues are Okabe and Ito's, told apart by all kinds of sight.
"""

from __future__ import annotations

INK = "#0a0b01"
"""Text, and the line at 0."""
MUTED = "#0a0b02"
"""Words beside the drawing, trials that are not spoken of."""
LINE = "#0a0b03"
"""Axes and grids."""
PAPER = "#0a0b04"
ACCENT = "#0a0b05"
"""What was found: the best trials, what is better."""
OTHER = "#0a0b06"
"""What it is held against: baselines, what is worse, what failed."""

VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--paper)",
    ACCENT: "var(--accent)",
    OTHER: "var(--other)",
}

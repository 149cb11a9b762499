"""The plot of algorithms.py: the best score so far by the number of trainings. Needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import numpy as np
from searches import AFTER, OURS, THEIRS, Searches, after_trainings, of
from tasks import Table

# Okabe and Ito's colors, which all readers can distinguish; dashes distinguish the lines without color.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#AA4499"
PANELS: tuple[tuple[str, tuple[tuple[str, str, str, str, str], ...]], ...] = (
    ("random", ((OURS, "random", "sqsem", BLUE, "-"), (THEIRS, "random", "KerasTuner", VERMILION, "--"))),
    (
        "bayesian",
        (
            (OURS, "bayesian", "sqsem", BLUE, "-"),
            (OURS, "bayesian + asha", "sqsem, stopping = asha", GREEN, ":"),
            (THEIRS, "bayesian", "KerasTuner", VERMILION, "--"),
        ),
    ),
    ("hyperband", ((OURS, "hyperband", "sqsem", BLUE, "-"), (THEIRS, "hyperband", "KerasTuner", VERMILION, "--"))),
    (
        "evolution, tpe, nsga2: in sqsem alone",
        (
            (OURS, "evolution", "evolution", GREEN, "-"),
            (OURS, "tpe", "tpe", PURPLE, "--"),
            (OURS, "nsga2", "nsga2", "black", ":"),
        ),
    ),
)
LOWEST = 0.94
"""The bottom of the panels: all searches are above it after a few trainings."""


def plot(table: Table, searches: Searches, target: Path) -> None:
    """Draws the four panels, which share their axes, into an SVG file: the same searches give the same file."""
    plt.rcParams.update({"svg.hashsalt": "sqsem", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(2, 2, figsize=(8, 6), sharex=True, sharey=True, layout="constrained")
    for panel, (title, lines) in zip(axes.flat, PANELS, strict=True):
        panel.set_title(title, loc="left", fontsize=10)
        panel.axhline(max(table.scores), color="0.6", linewidth=0.8)
        for whose, algorithm, label, colour, dashes in lines:
            found = of(searches, whose, algorithm)
            if found:
                curves = [after_trainings(table, steps, AFTER[-1]) for steps in found]
                draw(panel, np.array(curves), label, colour, dashes)
        panel.legend(loc="lower right", frameon=False, handlelength=3)
        panel.grid(color="0.92")
    axes[0, 0].annotate(
        "the best there is", (1, max(table.scores)), (4, 3), textcoords="offset points", color="0.35", fontsize=8
    )
    axes[0, 0].set(xscale="log", xlim=(1, AFTER[-1]), ylim=(LOWEST, max(table.scores) + 0.003))
    axes[0, 0].set_xticks([1, 2, 5, 10, 20, 50, 100], labels=["1", "2", "5", "10", "20", "50", "100"])
    axes[0, 0].minorticks_off()
    figure.supxlabel("trainings paid for, of 9 epochs each", fontsize=10)
    figure.supylabel("best validation accuracy so far", fontsize=10)
    figure.savefig(target, metadata={"Date": None}, facecolor="white")
    plt.close(figure)


def draw(panel: Any, curves: Any, label: str, colour: str, dashes: str) -> None:
    """The mean of the searches, and the band with their middle half."""
    trainings = np.arange(1, curves.shape[1] + 1)
    low, high = np.quantile(curves, (0.25, 0.75), axis=0)
    panel.fill_between(trainings, low, high, color=colour, alpha=0.15, linewidth=0)
    panel.plot(trainings, [mean(column) for column in curves.T], dashes, color=colour, label=label, linewidth=1.6)

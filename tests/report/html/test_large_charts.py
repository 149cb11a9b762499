"""Charts of studies of thousands of trials remain readable."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import sqsem_dsl as sqs
from tests.fakes.large_study import large_study

pytest.importorskip("matplotlib")

from sqsem_dsl.report.html.chart_labels import Label, place_labels
from sqsem_dsl.report.html.time_chart import time


def facts_of(study: Any) -> Any:
    return SimpleNamespace(study=study, at=0, ranking=study.ranking, baselines=(), counted=study.trials, named={})


@pytest.mark.slow
def test_times_of_many_trials_are_means_and_failures_are_strokes(tmp_path: Path) -> None:
    few, many = (large_study(tmp_path / str(size), finished=size) for size in (900, 3200))
    charts = [time(facts_of(sqs.load_study(folder))).charts[0].picture.text for folder in (few, many)]
    assert ["means of" in chart for chart in charts] == [False, True]
    assert "means of 7 trials" in charts[1]
    assert ["× failed" in chart for chart in charts] == [True, False]
    assert "| failed" in charts[1]
    assert len(charts[1]) < 100_000


def test_a_label_keeps_clear_of_the_name_of_the_axis() -> None:
    from matplotlib.figure import Figure

    picture = Figure(figsize=(4.4, 2.7), dpi=72)
    axes = picture.add_axes((0.1, 0.15, 0.85, 0.75))
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 1)
    name = axes.text(0.0, 1.0, "val_accuracy", transform=axes.transAxes, va="bottom", ha="left")
    # The places beside the point and below it are occupied.
    marks = [(0.9 + 0.05 * at, y) for at in range(60) for y in (0.99, 0.95, 0.9, 0.85, 0.8)]
    place_labels(axes, [Label("best: trial 18892", 0.8, 0.98, "red")], marks)
    [label] = [text for text in axes.texts if text is not name]
    assert not label.get_window_extent().overlaps(name.get_window_extent())

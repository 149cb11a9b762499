"""The case study's page: its numbers match the trials beside it, and its spec is the one of the search."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from statistics import fmean

import pytest

import sqsem_dsl as sqs

HERE = Path(__file__).parents[2] / "docs" / "case-study"
PAGE = (HERE / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def trials() -> list[dict[str, str]]:
    with (HERE / "trials.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["status"] == "completed"]


def score(row: dict[str, str]) -> float:
    return float(row["score"])


def test_the_trials_are_of_the_spec(trials: list[dict[str, str]]) -> None:
    space = sqs.load(HERE.parents[1] / "specs" / "face_expression.sqs")
    assert {choice.path for choice in space.choices} <= set(trials[0])
    assert f"{space.count:,}" in PAGE


def test_the_figures_of_the_page(trials: list[dict[str, str]]) -> None:
    best = max(trials, key=score)
    assert f"{len(trials)} trials" in PAGE
    assert f"{score(best):.3f}" in PAGE
    assert f"{int(best['params']):,}" in PAGE


def test_the_table_of_inputs(trials: list[dict[str, str]]) -> None:
    rows = re.findall(r"^\| (unused|early|middle|late) \| (yes|no) \| (\d+) \| (0\.\d+) \| (0\.\d+) \|$", PAGE, re.M)
    assert len(rows) == 8
    for depth, landmarks, count, mean, best in rows:
        wanted = "true" if landmarks == "yes" else "false"
        scores = [score(t) for t in trials if t["depth"] == depth and t["use_landmarks"].lower() == wanted]
        assert (len(scores), f"{fmean(scores):.2f}", f"{max(scores):.2f}") == (int(count), mean, best)

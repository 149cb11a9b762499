"""Bars of costs: every assignment is in one, those outside the budgets are shaded, and the columns fit."""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl
from sqsem_dsl.elaborate.condition import read_where
from sqsem_dsl.report.text.histogram import BARS, FULL, OUTSIDE, Row, histograms, limits_of, rows_of
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.space.space import Space

SPECS = Path(__file__).resolve().parents[3] / "specs"
FIVE = sqsem_dsl.loads("space five { input x: [4]  output y = x -> dense(any 1..5) }")


@pytest.fixture(scope="module")
def digits() -> Space:
    return sqsem_dsl.load(SPECS / "digits.sqs")


@pytest.mark.parametrize(
    ("where", "limits"),
    [
        ("params <= 20K", (None, 20_000)),
        ("params < 20K", (None, 19_999)),
        ("params > 20K", (20_001, None)),
        ("params >= 20K and params <= 30K", (20_000, 30_000)),
        ("params <= 30K and 20K >= params", (None, 20_000)),
        ("-params >= -20K", (None, 20_000)),
        ("3 * params < 100", (None, 33)),
        ("3 * params <= 99", (None, 33)),
        ("params == 5", (5, 5)),
        ("params != 5", (None, None)),
        ("macs <= 20K", (None, None)),
        ("params + macs <= 20K", (None, None)),
    ],
)
def test_limits_of_budgets(where: str, limits: tuple[int | None, int | None]) -> None:
    assert limits_of(read_where(where), "params") == limits


@pytest.mark.parametrize("where", ["params <= 20K", "params > 20K", "params == 19690", "params <= 1", "params >= 1"])
def test_rows_count_all_assignments_and_those_within(digits: Space, where: str) -> None:
    rows = rows_of(digits.analysis.distributions["params"], limits_of(read_where(where), "params"))
    within = digits.analysis.share(where)
    assert within is not None
    assert sum(row.count for row in rows) == digits.count
    assert sum(row.inside for row in rows) == within.count
    assert all(0 <= row.inside <= row.count for row in rows)
    assert len(rows) <= BARS


def test_few_values_have_a_row_each() -> None:
    rows = rows_of(FIVE.analysis.distributions["params"], (10, 20))
    assert rows == (Row("5", 1, 0), Row("10", 1, 1), Row("15", 1, 1), Row("20", 1, 1), Row("25", 1, 0))


def bars(rows: list[Row], width: int = 60) -> list[str]:
    """The bars alone."""
    lines = histograms([("params", rows)], Style(width))[1:]
    return [line.split(None, 1)[1].rsplit(None, 2)[0].strip() for line in lines]


def test_the_longest_bar_is_full_and_the_others_are_in_proportion() -> None:
    whole, half, little = bars([Row("0", 4_000, 4_000), Row("1", 2_000, 2_000), Row("2", 1, 1)])
    assert (whole, half, little) == (FULL * 24, FULL * 12, "▏")


def test_what_is_outside_is_shaded_and_never_lost() -> None:
    half, nearly, hardly, none = bars([Row("0", 100, 50), Row("1", 100, 99), Row("2", 100, 1), Row("3", 1, 0)])
    assert half == FULL * 12 + OUTSIDE * 12
    assert nearly == FULL * 23 + OUTSIDE
    assert hardly == FULL + OUTSIDE * 23
    assert none == OUTSIDE


def test_a_bar_for_nothing_is_empty() -> None:
    lines = histograms([("params", [Row("0", 1, 1), Row("1", 0, 0)])], Style(60))
    assert lines[-1].strip() == "1"


def test_histograms_stand_beside_each_other_where_there_is_room() -> None:
    rows = [Row("0", 3, 3), Row("100", 1, 1)]
    assert len(histograms([("params", rows), ("MACs", rows)], Style(100))) == 3
    assert len(histograms([("params", rows), ("MACs", rows)], Style(60))) == 6


def test_columns_are_below_each_other() -> None:
    several = [("params", [Row("12,345,678,901", 1, 1), Row("0", 9, 9)]), ("MACs", [Row("0", 1, 0), Row("1", 1, 1)])]
    for width in (60, 80, 100):
        _, first, second = histograms(several, Style(width))[:3]
        assert len(first) == len(second) <= width
        assert [i for i, c in enumerate(first) if c == "%"] == [i for i, c in enumerate(second) if c == "%"]

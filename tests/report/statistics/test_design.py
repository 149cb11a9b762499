"""The trials that count, and the columns for their choices."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.statistics.caveats import caveats
from sqsem_dsl.report.statistics.design import ABSENT, Factor, design, factor_of
from sqsem_dsl.report.statistics.find_answers import find_answers
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.study import Study

WIDTH = Choice(Path.parse("width"), "any", Categorical((8, 16, 32)))
RATE = Choice(Path.parse("rate"), "any", Continuous(Fraction(1, 1000), Fraction(1, 10), log=True))


def factor_with(*values: Any, choice: Choice = WIDTH) -> Factor:
    return factor_of(choice, [{} if value is None else {choice.path: value} for value in values])


@given(st.lists(st.sampled_from([8, 16, 32, None]), min_size=1, max_size=30))
def test_columns_are_about_the_choice_and_not_about_having_it(values: list[int | None]) -> None:
    factor = factor_with(*values)
    columns = factor.columns()
    assert columns.shape == (len(values), 3)
    assert np.all(columns[~factor.exists] == 0.0)
    assert np.allclose(columns.sum(axis=0), 0.0)
    assert np.allclose(columns.sum(axis=1), 0.0)
    assert sum(factor.counts()) == len([value for value in values if value is not None])


@given(st.lists(st.floats(0.001, 0.1) | st.none(), min_size=1, max_size=30))
def test_places_in_an_interval_are_of_its_logarithm(values: list[float | None]) -> None:
    factor = factor_with(*values, choice=RATE)
    assert factor.options == ("up to 0.01", "above 0.01")
    assert factor.place is not None
    for value, place, half in zip(values, factor.place, factor.selected, strict=True):
        assert place == pytest.approx(0.0 if value is None else np.log10(value) + 2.0, abs=1e-9)
        assert half == (ABSENT if value is None else int(place > 0))


def test_true_is_not_one() -> None:
    mixed = Choice(Path.parse("mixed"), "any", Categorical((1, True, "a", ("a", "b"), Fraction(1, 3))))
    factor = factor_with(True, 1, "a", ["a", "b"], 1 / 3, "unknown", choice=mixed)
    assert list(factor.selected) == [1, 0, 2, 3, 4, ABSENT]


@pytest.mark.parametrize(
    ("kind", "values", "plain"),
    [
        ("repeat", (3, 1, 2), 1),
        ("slot", (True, False), False),
        ("bypass", ("auto", "none"), "none"),
        ("optional", (False, True), False),
        ("choose", ("max", "avg"), "max"),
        ("any", (0, 1), 0),
    ],
)
def test_the_plain_option(kind: Any, values: tuple[Any, ...], plain: Any) -> None:
    factor = factor_of(Choice(Path.parse("c"), kind, Categorical(values)), [])
    assert factor.options[factor.plain_option] is plain


def test_trials_that_count(faces: Study) -> None:
    counted = {trial.number for trial in design(faces).trials}
    assert len(counted) == 100
    others = [trial for trial in faces.trials if trial.number not in counted]
    assert [trial.status for trial in others] == ["failed"] * 3


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"origin": "reused"}, True),
        ({"origin": "start"}, True),
        ({"valid": False}, False),
        ({"status": "running", "scores": ()}, False),
        ({"status": "failed", "scores": ()}, False),
        ({"scores": (float("nan"),)}, False),
        ({"continues": 2}, False),
    ],
)
def test_a_trial_counts_or_does_not(faces: Study, change: dict[str, Any], counts: bool) -> None:
    study = Study(faces.folder)
    changed = next(trial for trial in study.trials if trial.status == "completed" and trial.choices)
    study.trials = tuple(cast(Trial, replace(trial, **change)) if trial is changed else trial for trial in study.trials)
    assert len(design(study).trials) == (100 if counts else 99)


def test_baselines_are_no_trials_of_the_space(faces: Study) -> None:
    assert [trial.memo["baseline"] for trial in faces.baselines] != []
    assert find_answers(faces).trials == 100


@pytest.mark.parametrize(
    ("algorithm", "said"),
    [("random", None), ("grid", None), ("bayesian", "The bayesian search chose"), ("hyperband", "first training")],
)
def test_how_trials_were_found_is_said(faces: Study, algorithm: str, said: str | None) -> None:
    study = Study(faces.folder)
    study.notes = {**study.notes, "algorithm": {"name": algorithm}}
    found = list(caveats(study, design(study), (), 0.9, 0.9))
    found = [text for text in found if "failed" not in text and not text.startswith("The best ")]
    assert len(found) == (said is not None)
    assert all(said in text for text in found)  # type: ignore[operator]


def test_lengths_that_hyperband_decides_on_are_allowed_for(faces: Study) -> None:
    study = Study(faces.folder)
    study.notes = {**study.notes, "algorithm": {"name": "hyperband"}}
    study.trials = tuple(replace(trial, planned=(2, 4, 8)[trial.number % 3]) for trial in faces.trials)
    assert design(study).nuisance.shape == (100, 2)
    assert design(faces).nuisance.shape == (100, 0)

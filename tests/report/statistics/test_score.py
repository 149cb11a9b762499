"""Statements about a score alone: intervals of proportions, chance, two modes, ceilings, and zero importance."""

from __future__ import annotations

import numpy as np
import pytest

from sqsem_dsl.report.statistics.find_answers import find_answers
from sqsem_dsl.report.statistics.score import Proportion, proportion, spread, wilson
from tests.report.statistics.conftest import Make
from tests.report.statistics.test_small_studies import SPACE


@pytest.mark.parametrize(
    ("share", "samples", "ends"), [(0.5, 100, (0.4038, 0.5962)), (0.0, 20, (0.0, 0.1611)), (0.9, 270, (0.8584, 0.9303))]
)
def test_an_interval_of_a_proportion(share: float, samples: int, ends: tuple[float, float]) -> None:
    assert wilson(share, samples) == pytest.approx(ends, abs=1e-4)


def test_chance_is_within_the_interval() -> None:
    ten = Proportion(300, 0.1)
    assert ten.at_chance(0.09)
    assert ten.at_chance(0.12)
    assert not ten.at_chance(0.2)


def test_the_best_score_has_an_interval_and_trials_within_it(make: Make) -> None:
    study = make(SPACE, 40, lambda choices: 0.7 + 0.05 * choices["layers"], noise=0.01)
    study.notes = {**study.notes, "data": "made: 500 training, 100 validation, 100 test samples"}
    assert proportion(study) == Proportion(100, 0.5)
    said = next(text for text in find_answers(study).caveats if text.startswith("The best val_accuracy"))
    assert "a proportion of 100 validation samples: its 95 % interval is" in said
    low = wilson(study.ranking[0].scores[0], 100)[0]
    within = sum(trial.scores[0] >= low for trial in study.ranking[1:])
    assert f"{within} of the 39 other trials cannot be distinguished from it" in said


def test_what_is_no_proportion_has_no_interval(make: Make) -> None:
    study = make(SPACE, 5, lambda choices: 0.5)
    study.notes = {**study.notes, "data": "somewhere"}
    assert proportion(study) is None
    study.notes = {**study.notes, "data": "made: 5 training, 10 validation", "goals": [["val_loss", "min"]]}
    study.__dict__.pop("goals", None)
    assert proportion(study) is None


def test_two_humps_and_a_ceiling_are_said() -> None:
    generator = np.random.default_rng(1)
    low, high = generator.normal(0.2, 0.02, 20), generator.normal(0.9, 0.02, 30)
    (said,) = spread(np.concatenate([low, high]), None)
    assert said.startswith("The scores are bimodal: 20 trials")
    assert spread(generator.normal(0.5, 0.1, 60), None) == []
    assert spread(np.full(30, 0.5), None) == []
    assert spread(np.array([]), None) == []
    (said,) = spread(np.linspace(0.98, 1.0, 40), Proportion(100, 0.1))
    assert "leaves no room above" in said


def test_nothing_is_important_where_the_forest_explains_nothing(make: Make) -> None:
    answers = find_answers(make(SPACE, 60, lambda choices: 0.5, noise=0.05))
    assert any("The forest explains nothing" in caveat for caveat in answers.caveats)
    assert answers.importance == ()


def test_nothing_is_more_important_than_all(make: Make) -> None:
    answers = find_answers(make(SPACE, 60, lambda choices: float(choices["layers"] == 3), noise=0.001))
    assert answers.importance
    assert all(each.high <= 1.0 for each in answers.importance)

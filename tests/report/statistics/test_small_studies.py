"""Studies with little or no information."""

from __future__ import annotations

import sys

import pytest

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.report.statistics.answer import Answers
from sqsem_dsl.report.statistics.find_answers import find_answers
from tests.report.statistics.conftest import Make

SPACE = """sqs 1
space small {
  input x: [20]
  output y = x -> repeat layers in 1..3 { dense(any [8, 16]) -> relu -> slot more { dense(8) -> relu } }
    -> dense(2) -> softmax
  train { learning_rate = any 0.001..0.01 log }
}
"""
CONTINUOUS = """sqs 1
space rates {
  input x: [20]
  output y = x -> dense(8) -> dropout(any 0.0..0.5) -> dense(2) -> softmax
  train { learning_rate = any 0.001..0.1 log }
}
"""
ONE = """sqs 1
space one { input x: [20]  output y = x -> dense(8) -> dense(2) -> softmax }
"""


def numbers(answers: Answers) -> list[float]:
    effects = [e for question in answers.questions for answer in question.answers for e in answer.effects]
    return [effect.difference for effect in effects if effect.difference is not None]


@pytest.mark.parametrize("trials", [0, 1, 2, 5, 9])
def test_too_few_trials_give_no_numbers(make: Make, trials: int) -> None:
    answers = find_answers(make(SPACE, trials, lambda choices: 0.1 * choices["layers"], noise=0.01))
    assert answers.trials == trials
    assert not numbers(answers)
    assert answers.fit is None
    assert answers.importance == ()
    assert answers.interactions == ()
    effect = answers.effect("layers", 2)
    assert effect is not None
    assert effect.verdict == "not enough trials"
    assert answers.caveats


def test_no_trials_are_said_to_be_none(make: Make) -> None:
    answers = find_answers(make(SPACE, 0, lambda choices: 0.5))
    assert answers.caveats == ("No trial has completed: nothing can be said yet.",)


def test_a_dozen_trials_tell_what_is_plain(make: Make) -> None:
    answers = find_answers(make(SPACE, 16, lambda choices: 0.4 + 0.2 * choices["layers[0].more"], noise=0.01))
    effect = answers.effect("layers[0].more", True)
    assert effect is not None
    assert effect.verdict == "better"
    assert any("only 16 completed trials" in caveat for caveat in answers.caveats)


def test_equal_scores_show_no_difference(make: Make) -> None:
    answers = find_answers(make(SPACE, 30, lambda choices: 0.5))
    assert set(numbers(answers)) == {0.0}
    assert answers.fit is None
    assert answers.importance == ()
    assert "All completed trials have the same score." in answers.caveats


def test_a_space_of_one_architecture_asks_nothing(make: Make) -> None:
    answers = find_answers(make(ONE, 3, lambda choices: 0.5, noise=0.01))
    assert answers.trials == 1
    assert answers.questions == ()


def test_intervals_alone(make: Make) -> None:
    """For a continuous choice, the upper vs. the lower half, on a log scale if declared so."""
    answers = find_answers(make(CONTINUOUS, 40, lambda choices: 0.6 - 0.5 * choices["dropout.rate"], noise=0.01))
    effect = answers.effect("dropout.rate", "above 0.25")
    assert effect is not None
    assert effect.against == "up to 0.25"
    assert effect.verdict == "worse"
    assert answers.effect("train.learning_rate", "above 0.01") is not None
    assert answers.importance[0].path == "dropout.rate"


def test_a_choice_that_never_varies_says_nothing(make: Make) -> None:
    """An option without trials gets no estimate, and its choice no importance."""
    study = make(SPACE, 40, lambda choices: 0.5, noise=0.01)
    study.trials = tuple(trial for trial in study.trials if trial.choices["layers"] == 1)
    answers = find_answers(study)
    assert answers.effect("layers", 2).verdict == "not enough trials"  # type: ignore[union-attr]
    assert all(each.path != "layers" for each in answers.importance)


def test_what_always_goes_together_is_not_separated(make: Make) -> None:
    study = make(SPACE, 60, lambda choices: 0.4 + 0.2 * choices["layers[0].more"], noise=0.01)
    twins = ("layers[0].more", "layers[0].dense.units")
    study.trials = tuple(t for t in study.trials if t.choices[twins[0]] is (t.choices[twins[1]] == 16))
    answers = find_answers(study)
    for path, option in zip(twins, (True, 16), strict=True):
        effect = answers.effect(path, option)
        assert effect is not None
        assert min(effect.trials_with, effect.trials_without) >= 5
        assert effect.verdict == "not enough trials"


@pytest.mark.slow
def test_what_goes_together_at_every_place_is_not_separated_over_all_places(make: Make) -> None:
    study = make(SPACE, 300, lambda choices: 0.4 + 0.05 * sum(v is True for v in choices.values()), noise=0.01)
    study.trials = tuple(
        trial
        for trial in study.trials
        if all(
            trial.choices[path] is (trial.choices[path.replace("more", "dense.units")] == 16)
            for path in trial.choices
            if path.endswith(".more")
        )
    )
    for path, option in (("layers[*].more", True), ("layers[*].dense.units", 16)):
        effect = find_answers(study).effect(path, option)
        assert effect is not None
        assert min(effect.trials_with, effect.trials_without) >= 5
        assert effect.verdict == "not enough trials"


def test_pure_chance_has_no_pairs_and_says_so(make: Make) -> None:
    answers = find_answers(make(SPACE, 40, lambda choices: 0.5, noise=0.02))
    assert answers.interactions == ()
    assert any("explains nothing of the score's variance" in caveat for caveat in answers.caveats)


@pytest.mark.parametrize(("package", "name"), [("sklearn", "scikit-learn"), ("scipy", "scipy")])
def test_a_missing_package_is_named(make: Make, monkeypatch: pytest.MonkeyPatch, package: str, name: str) -> None:
    study = make(SPACE, 2, lambda choices: 0.5)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SqsError) as caught:
        find_answers(study)
    (problem,) = caught.value.diagnostics
    assert problem.title == f"a report on a study needs `{name}`, which is not installed"
    assert problem.help == "install it with `pip install 'sqsem-dsl[report]'`"


def test_a_score_to_be_minimised_is_better_where_it_is_less(make: Make) -> None:
    spec = SPACE.replace("train {", "search { objective = minimize(val_loss) }  train {")
    answers = find_answers(make(spec, 40, lambda choices: 1.0 - 0.2 * choices["layers[0].more"], noise=0.02))
    effect = answers.effect("layers[0].more", True)
    assert effect is not None
    assert effect.difference == pytest.approx(-0.2, abs=0.02)
    assert effect.verdict == "better"
    (sentence,) = (a.sentence for q in answers.questions for a in q.answers if a.path == "layers[0].more")
    assert sentence.startswith("The block more at layers[0].more lowers val_loss by 0.")

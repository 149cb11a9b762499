"""The report recovers the known effects of a made-up study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sqsem_dsl.report.statistics.answer import Answers
from sqsem_dsl.report.statistics.design import design
from sqsem_dsl.report.statistics.effects import Effects, pools
from sqsem_dsl.report.statistics.find_answers import find_answers
from sqsem_dsl.study.journal.study import Study


@pytest.fixture(scope="module")
def answers(faces: Study) -> Answers:
    return find_answers(faces)


@pytest.mark.parametrize(
    ("path", "option", "truth", "verdict"),
    [
        # Each with its share of the joint effect, which half of the space has.
        ("use_depth", True, 0.09, "better"),
        ("use_landmarks", True, 0.06, "better"),
        ("fires", 2, 0.03, "better"),
        ("fires", 3, 0.06, "better"),
        ("fires[0].se", True, 0.03, "better"),
        ("train.optimizer", "sgd", -0.05, "worse"),
        ("merge.how", "concat", 0.0, "no significant difference"),
        ("fires[1].se", True, 0.0, "no significant difference"),
        ("fires[2].se", True, 0.0, "no significant difference"),
        ("use_landmarks.mlp.units", 128, 0.0, "no significant difference"),
    ],
)
def test_what_options_do_is_found(answers: Answers, path: str, option: object, truth: float, verdict: str) -> None:
    effect = answers.effect(path, option)
    assert effect is not None
    assert effect.verdict == verdict
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < truth < effect.high
    assert effect.high - effect.low < 0.06


def test_plain_means_and_counts_are_those_of_the_trials(faces: Study, answers: Answers) -> None:
    trials = [t for t in faces.trials if t.status == "completed" and t.choices]
    filled = [t.scores[0] for t in trials if t.choices.get("fires[1].se") is True]
    empty = [t.scores[0] for t in trials if t.choices.get("fires[1].se") is False]
    effect = answers.effect("fires[1].se", True)
    assert effect is not None
    assert (effect.trials_with, effect.trials_without) == (len(filled), len(empty))
    assert len(filled) + len(empty) < len(trials)
    assert effect.mean_with == pytest.approx(np.mean(filled))
    assert effect.mean_without == pytest.approx(np.mean(empty))


def test_places_of_a_repeat_are_pooled(answers: Answers) -> None:
    """About a third of the effect of the only place that has one."""
    effect = answers.effect("fires[*].se", True)
    places = [answers.effect(f"fires[{i}].se", True) for i in range(3)]
    assert effect is not None
    assert effect.pooled
    assert effect.difference is not None
    assert 0.005 < effect.difference < 0.03
    for place in places:
        assert place is not None
        assert effect.high - effect.low < place.high - place.low  # type: ignore[operator]


def test_the_model_explains_what_can_be(answers: Answers) -> None:
    assert answers.trials == 100
    assert answers.fit is not None
    assert 0.7 < answers.fit < 0.95


def test_importance_ranks_choices(answers: Answers) -> None:
    ranked = [each.path for each in answers.importance]
    assert set(ranked[:4]) == {"use_depth", "use_landmarks", "fires", "train.optimizer"}
    assert ranked[0] == "use_depth"
    assert all(0.0 <= each.low <= each.value <= each.high for each in answers.importance)


def test_the_pair_that_acts_together_is_found(answers: Answers) -> None:
    strongest = answers.interactions[0]
    assert strongest.paths == ("use_depth", "use_landmarks")
    assert strongest.strength > 0.02
    scores, counts = ({pair: cell[i] for pair, cell in strongest.cells.items()} for i in (0, 1))
    assert sum(counts.values()) == 100
    beyond = scores[True, True] - scores[True, False] - scores[False, True] + scores[False, False]
    assert beyond > 0.02


def test_the_four_questions_come_first(answers: Answers) -> None:
    assert [question.subject for question in answers.questions] == ["depth", "inputs", "blocks", "other"]
    inputs = answers.questions[1]
    assert [answer.path for answer in inputs.answers] == ["use_depth", "merge.how", "use_landmarks"]
    assert [answer.kind for answer in inputs.answers] == ["optional", "merge", "optional"]


def test_the_same_trials_give_the_same_answers(faces: Study, answers: Answers) -> None:
    assert find_answers(faces) == answers


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say(faces: Study) -> None:
    """Each SE block adds 0.02 and each block 0.03, in repeatedly sampled scores."""
    table = design(faces)
    truth = sum(
        (0.02 * (f.selected == 1) for f in table.factors if f.choice.kind == "slot"), 0.03 * table.factors[2].selected
    )
    generator = np.random.default_rng(1)
    held, held_pooled = [], []
    for _ in range(20):
        effects = Effects(replace(table, scores=truth + generator.normal(0.5, 0.02, len(table.scores))))
        for factor in table.factors:
            for effect in effects.of(factor) if factor.choice.kind == "slot" else ():
                assert effect.low is not None
                assert effect.high is not None
                held.append(effect.low <= 0.02 <= effect.high)
        ((path, factors),) = ((p, f) for p, f in pools(table.factors).items() if str(p) == "fires[*].se")
        (effect,) = effects.of_pool(path, factors)
        assert effect.low is not None
        assert effect.high is not None
        held_pooled.append(effect.low <= 0.02 <= effect.high)
    assert 0.88 < np.mean(held) < 1.0
    assert np.mean(held_pooled) > 0.85


@pytest.mark.slow
def test_chance_is_mistaken_for_an_effect_as_often_as_it_may_be(faces: Study) -> None:
    """Of 95 % intervals without an effect, 5 in 100 do not contain 0."""
    table = design(faces)
    generator = np.random.default_rng(0)
    claimed = []
    for _ in range(10):
        effects = Effects(replace(table, scores=generator.normal(0.5, 0.02, len(table.scores))))
        found = [effect for factor in table.factors for effect in effects.of(factor)]
        found += [effect for path, alike in pools(table.factors).items() for effect in effects.of_pool(path, alike)]
        claimed += [effect.verdict in ("better", "worse") for effect in found if effect.difference is not None]
    assert len(claimed) > 150
    assert 0.01 < np.mean(claimed) < 0.09

"""The sentences, word for word, and the subjects of choices."""

from __future__ import annotations

from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import Categorical, Choice
from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.statistics.answer import Answer, Effect, Subject, Verdict
from sqsem_dsl.report.statistics.questions import kind, questions, subjects
from sqsem_dsl.report.statistics.sentences import sentence, summary
from sqsem_dsl.study.objective import Goal
from tests.report.statistics.conftest import ROOT

MOST, LEAST = Goal("val_accuracy", "max"), Goal("val_loss", "min")


def effect(path: str, option: Any, against: Any, difference: float | None, half: float = 0.01) -> Effect:
    """More is better; without a difference, there are too few trials."""
    at = Path.parse(path)
    if difference is None:
        return Effect(at, "[*]" in path, option, against, 3, 27, 0.5, 0.5, None, None, None, "not enough trials")
    low, high = difference - half, difference + half
    verdict: Verdict = "better" if low > 0 else "worse" if high < 0 else "no significant difference"
    return Effect(at, "[*]" in path, option, against, 20, 10, 0.5, 0.5, difference, low, high, verdict)


def answer(path: str, kind: str, subject: Subject, against: Any, **differences: Any) -> Answer:
    """One option per keyword, with its effect; `yes` is True, and `n2` the number 2."""
    options = {"yes": True, **{f"n{i}": i for i in range(40)}}
    effects = [effect(path, options.get(name, name), against, added) for name, added in differences.items()]
    return Answer(Path.parse(path), kind, subject, "[*]" in path, tuple(effects), "")


@pytest.mark.parametrize(
    ("said", "about"),
    [
        (
            "An SE block at fires[1].se adds 0.021 (0.011 … 0.031).",
            answer("fires[1].se", "slot", "blocks", False, yes=0.021),
        ),
        (
            "An SE block lowers val_accuracy by 0.021 (0.011 … 0.031) on average over fires[*].se.",
            answer("fires[*].se", "slot", "blocks", False, yes=-0.021),
        ),
        (
            "No significant difference for the block more at layers[0].more (−0.007 … 0.013).",
            answer("layers[0].more", "slot", "blocks", False, yes=0.003),
        ),
        (
            "An SE block at fires[1].se: not enough trials to say (3 with, 27 without).",
            answer("fires[1].se", "slot", "blocks", False, yes=None),
        ),
        (
            "An SE block at pair.first adds 0.040 (0.030 … 0.050).",
            answer("pair.first", "choose", "blocks", "plain", se=0.04),
        ),
        (
            "A skip at fires[0].skip adds 0.021 (0.011 … 0.031).",
            answer("fires[0].skip", "bypass", "skips", "none", auto=0.021),
        ),
        (
            "A skip (identity) at skip adds 0.021 (0.011 … 0.031); no significant difference for conv.",
            answer("skip", "bypass", "skips", "none", identity=0.021, conv=0.001),
        ),
        ("The input depth adds 0.080 (0.070 … 0.090).", answer("use_depth", "optional", "inputs", False, yes=0.08)),
        (
            "Merging by concat instead of add at merge.how adds 0.030 (0.020 … 0.040); not enough trials to say for "
            "maximum.",
            answer("merge.how", "merge", "inputs", "add", concat=0.03, maximum=None),
        ),
        (
            "fires = 2 instead of 1 adds 0.030 (0.020 … 0.040); 3 adds 0.050 (0.040 … 0.060).",
            answer("fires", "repeat", "depth", 1, n2=0.03, n3=0.05),
        ),
        (
            "ratio: no significant difference from 8 for 16 and 32.",
            answer("ratio", "any", "other", 8, n16=0.003, n32=-0.002),
        ),
        (
            "ratio: not enough trials to say (8 in 27, 16 in 3 and 32 in 3).",
            answer("ratio", "any", "other", 8, n16=None, n32=None),
        ),
        (
            "train.rate above 0.01 lowers val_accuracy by 0.050 (0.040 … 0.060).",
            answer("train.rate", "any", "other", "up to 0.01", **{"above 0.01": -0.05}),
        ),
    ],
)
def test_what_is_said_of_a_choice(said: str, about: Answer) -> None:
    assert sentence(about, MOST) == said


def test_a_score_to_be_minimised_is_lowered_or_raised() -> None:
    lower = answer("use_depth", "optional", "inputs", False, yes=-0.08)
    assert sentence(lower, LEAST) == "The input depth lowers val_loss by 0.080 (0.070 … 0.090)."
    higher = answer("use_depth", "optional", "inputs", False, yes=12.5)
    assert sentence(higher, LEAST) == "The input depth raises val_loss by 12.500 (12.490 … 12.510)."


def test_a_question_is_answered_with_the_largest_first_and_places_together() -> None:
    answers = (
        answer("fires[*].se", "slot", "blocks", False, yes=0.02),
        answer("fires[0].se", "slot", "blocks", False, yes=0.015),
        answer("fires[1].se", "slot", "blocks", False, yes=0.05),
        answer("fires[2].se", "slot", "blocks", False, yes=0.001),
        answer("fires[3].se", "slot", "blocks", False, yes=None),
    )
    assert summary(answers, MOST) == (
        "An SE block adds 0.020 (0.010 … 0.030) on average over fires[*].se.",
        "An SE block at fires[1].se adds 0.050 (0.040 … 0.060).",
        "An SE block at fires[0].se adds 0.015 (0.005 … 0.025).",
        "No significant difference: fires[2].se.",
        "Not enough trials to say: fires[3].se.",
    )


def test_places_are_not_named_where_all_together_are() -> None:
    answers = [answer(f"a[{i}].se", "slot", "blocks", False, yes=0.0) for i in ("*", 0, 1)]
    assert summary(answers, MOST) == ("No significant difference: a[*].se.",)


def test_questions_are_asked_as_the_choices_are() -> None:
    se = answer("fires[1].se", "slot", "blocks", False, yes=0.02)
    more = answer("more", "slot", "blocks", False, yes=0.02)
    depth = answer("use_depth", "optional", "inputs", False, yes=0.02)
    how = answer("merge.how", "merge", "inputs", "add", concat=0.02)
    place = answer("depth", "choose", "inputs", "unused", early=0.02)
    for answers, asked in (
        ([se], "Where should an SE block be inserted?"),
        ([se, more], "Where should a block be inserted?"),
        ([depth], "Which inputs help?"),
        ([how], "How should the inputs be merged?"),
        ([depth, how], "Which inputs help, and how should they be merged?"),
        ([place, how], "Which inputs help, and where and how should they be merged?"),
    ):
        assert [question.question for question in questions(answers, MOST)] == [asked]


@pytest.mark.parametrize(
    ("spec", "path", "subject"),
    [
        ("face_multi", "fires", "depth"),
        ("face_multi", "use_depth", "inputs"),
        ("face_multi", "merge.how", "inputs"),
        ("face_multi", "fires[1].se", "blocks"),
        ("face_multi", "fires[1].se.ratio", "other"),
        ("digits", "fires[0].skip", "skips"),
        ("digits", "s", "other"),
        ("digits", "pool", "other"),
        ("squeezenet_se_multi", "pooled", "depth"),
        ("squeezenet_se_multi", "flat", "depth"),
        ("squeezenet_se_multi", "pooled[0].fire_pair.first", "blocks"),
        ("squeezenet_se_multi", "pooled[0].fire_pair.second.se.inner", "skips"),
    ],
)
def test_what_choices_are_about(spec: str, path: str, subject: Subject) -> None:
    space = sqs.load(ROOT / "specs" / f"{spec}.sqs")
    assert subjects(space.choices, space.inputs, ())[path] == subject


def test_a_number_of_repeats_is_known_by_the_layers_that_it_repeats() -> None:
    count = Choice(Path.parse("deep"), "param", Categorical((1, 2)))
    assert subjects([count], [], [Path.parse("stem.conv")])["deep"] == "other"
    assert subjects([count], [], [Path.parse("deep[0].conv")])["deep"] == "depth"


def test_where_inputs_are_merged_is_about_inputs() -> None:
    when = Choice(Path.parse("when"), "choose", Categorical(("never", "early", "late")))
    depth = Choice(Path.parse("features.depth"), "choose", Categorical(("unused", "used")))
    rate = Choice(Path.parse("merge.how"), "any", Categorical(("add", "concat")))
    found = subjects([when, depth, rate], ["image", "depth"], [])
    assert set(found.values()) == {"inputs"}
    assert [kind(choice) for choice in (when, rate)] == ["choose", "merge"]


def test_options_are_written_as_in_a_spec() -> None:
    rate = Answer(Path.parse("rate"), "any", "other", False, (effect("rate", 0.5, 0.25, 0.02),), "")
    assert sentence(rate, MOST) == "rate = 0.5 instead of 0.25 adds 0.020 (0.010 … 0.030)."
    picked = Answer(Path.parse("from"), "pick", "other", False, (effect("from", ("a", "c"), ("a", "b"), 0.02),), "")
    assert sentence(picked, MOST) == "from = [a, c] instead of [a, b] adds 0.020 (0.010 … 0.030)."

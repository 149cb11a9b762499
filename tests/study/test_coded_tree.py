"""Assignments as codes: the same draws, changes and keys as of the assignments themselves."""

from __future__ import annotations

from fractions import Fraction
from hashlib import blake2b
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.path import Path
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.algorithms.coded_tree import CodedTree
from tests.fakes.standin import chain, choice

SPACE = """
sqs 1
space s {
  input x: [8, 8, 1]
  output y = x
    -> repeat n in 1..3 { conv(any [4, 8, 64] prior 8, 3) -> slot act { selu } }
    -> flatten -> dense(any [2, 3]) -> dropout(any 0.0..0.5) -> dense(2) -> softmax
  train { learning_rate = any 0.001..0.1 log prior 0.01  batch_size = any [16, 32] }
}
"""
TREE = ChoiceTree(sqsem_dsl.loads(SPACE).choices)
CODED = CodedTree(TREE)
SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_a_draw_is_the_assignment_that_the_tree_draws(seed):
    assert CODED.decode(CODED.draw(Random(seed))) == TREE.draw(Random(seed).random)


@given(SEEDS)
def test_a_code_is_the_assignment_again(seed):
    code = CODED.draw(Random(seed))
    assert CODED.encode(CODED.decode(code)) == code


@given(SEEDS)
def test_the_key_is_the_digest_that_journals_hold(seed):
    code = CODED.draw(Random(seed))
    text = repr(list(CODED.decode(code).items()))
    assert CODED.key(code) == blake2b(text.encode(), digest_size=12).digest()


@given(SEEDS)
def test_a_change_is_of_one_active_choice_and_what_depends_on_it(seed):
    random = Random(seed)
    before = CODED.draw(random)
    after = CODED.changed(before, random)
    was, now = CODED.decode(before), CODED.decode(after)
    assert now == TREE.complete(now), "other choices are active than the conditions say"
    [*both] = [path for path in was if path in now and was[path] != now[path]]
    if "n" in both:
        assert both == ["n"]
    else:
        assert (len(both), was.keys()) == (1, now.keys())


@given(SEEDS)
def test_a_change_takes_no_shortcut_that_changes_it(seed):
    """Choices that no condition names are changed without looking at the others."""
    careful = CodedTree(TREE)
    careful._decisive = set(range(len(careful.slots)))
    code = CODED.draw(Random(seed))
    assert CODED.changed(code, Random(seed)) == careful.changed(code, Random(seed))


@given(SEEDS)
def test_only_intervals_are_nudged(seed):
    random = Random(seed)
    before = CODED.draw(random)
    after = CODED.nudged(before, random)
    for slot, old, new in zip(CODED.slots, before, after, strict=True):
        assert old == new or not isinstance(slot.choice.domain, Categorical)
        assert new == slot.inactive or slot.choice.admits(slot.value(new))


def test_missing_choices_are_sampled_and_others_left_out():
    """An architecture may have fewer choices than the conditions say, and a parent more than its change."""
    tree = CodedTree(ChoiceTree(chain()))
    part = tree.encode({"depth": 3, "w[0]": 8})
    full = [tree.decode(tree.changed(part, Random(seed))) for seed in range(20)]
    assert all(set(made) == {"depth", *(f"w[{i}]" for i in range(made["depth"]))} for made in full)
    assert {made["depth"] for made in full} == {1, 2, 3}


def test_true_and_one_are_different():
    pair = CodedTree(ChoiceTree([choice("a", 1, True), choice("b", "x", "y", when=((("a", (True,)),),))]))
    assert pair.key(pair.encode({"a": 1})) != pair.key(pair.encode({"a": True}))
    sampled = [pair.decode(pair.draw(Random(seed))) for seed in range(20)]
    assert all(("b" in made) == (made["a"] is True) for made in sampled)
    assert {type(made["a"]) for made in sampled} == {int, bool}


def test_a_value_outside_a_domain_has_no_code():
    with pytest.raises(ValueError, match="no value 9"):
        CodedTree(ChoiceTree(chain())).encode({"depth": 9})


def test_a_condition_that_can_never_hold():
    never = choice("b", 1, 2, when=((("missing", (1,)),),))
    tree = CodedTree(ChoiceTree([choice("a", 1, 2), never]))
    assert all("b" not in tree.decode(tree.draw(Random(seed))) for seed in range(10))


def test_values_of_intervals_are_kept_exactly():
    rate = next(c for c in TREE if str(c.path).endswith("rate") and c.section == "architecture")
    tree = CodedTree(ChoiceTree([rate]))
    assert tree.decode(tree.encode({rate.path: Fraction(1, 3)})) == {rate.path: Fraction(1, 3)}
    assert Path.parse(rate.path) == rate.at

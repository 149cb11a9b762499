"""The choices of a space one after the other: every assignment, and random ones."""

from __future__ import annotations

import json
from fractions import Fraction
from random import Random

import pytest

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.draws import position_in, value_at
from sqsem_dsl.ir.path import Path
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree


def choice(path, *values, when=((),)):
    return Choice(Path.parse(path), "any", Categorical(values), when=when)


# `second` needs `first = se`; `ratio` needs a block from either input, which nested scopes cannot express.
PAIR = (
    choice("first", "plain", "se"),
    choice("second", "plain", "se", "none", when=((("first", ("se",)),),)),
    choice(
        "ratio",
        8,
        16,
        when=((("first", ("plain",)),), (("first", ("se",)), ("second", ("se", "none")))),
    ),
    choice("width", 16, 32, 48),
)


def test_every_assignment_has_exactly_the_choices_that_exist():
    found = list(ChoiceTree(PAIR).every())
    assert len(found) == 3 * (2 + 1 + 2 * 2)
    assert len({json.dumps(v) for v in found}) == len(found)
    for values in found:
        assert ("second" in values) == (values["first"] == "se")
        assert ("ratio" in values) == (values["first"] == "plain" or values["second"] in ("se", "none"))
    assert found[0] == {"first": "plain", "ratio": 8, "width": 16}
    assert found[1] == {"first": "plain", "ratio": 8, "width": 32}


def test_every_assignment_after_another_one():
    tree = ChoiceTree(PAIR)
    found = list(tree.every())
    for i, values in enumerate(found):
        assert list(tree.every(after=values)) == found[i + 1 :]
    assert tree.last() == found[-1]


def test_an_interval_is_sampled_in_a_grid_with_both_ends():
    tree = ChoiceTree([Choice(Path.parse("rate"), "any", Continuous(Fraction(1, 1000), Fraction(1, 10), log=True))])
    found = [float(values["rate"]) for values in tree.every(samples=3)]
    assert found == pytest.approx([0.001, 0.01, 0.1])
    assert not tree.finite


def test_true_and_one_are_different_conditions():
    tree = ChoiceTree([choice("a", 1, True), choice("b", "x", when=((("a", (True,)),),))])
    assert list(tree.every()) == [{"a": 1}, {"a": True, "b": "x"}]
    assert list(tree.every(after={"a": True, "b": "x"})) == []


def test_sampled_assignments_have_exactly_the_active_choices():
    tree, every = ChoiceTree(PAIR), list(ChoiceTree(PAIR).every())
    position = Random(1).random
    sampled = [tree.draw(position) for _ in range(200)]
    assert all(values in every for values in sampled)
    assert all(values in sampled for values in every)


def test_an_assignment_is_completed_with_first_values_and_without_inactive_choices():
    assert ChoiceTree(PAIR).complete({"first": "plain", "second": "se", "width": 48}) == {
        "first": "plain",
        "ratio": 8,
        "width": 48,
    }


@pytest.mark.parametrize("log", [False, True])
def test_a_position_in_an_interval_is_that_of_its_value(log):
    domain = Continuous(Fraction(1, 1000), Fraction(1, 2), log=log)
    for position in (0.0, 0.25, 0.9, 1.0):
        assert position_in(domain, value_at(domain, position)) == pytest.approx(position)

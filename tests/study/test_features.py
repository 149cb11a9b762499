"""Architectures as points: one-hot and scaled choices, the same pooled over iterations, and exact costs."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

import sqsem_dsl
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.algorithms.coded_tree import CodedTree
from sqsem_dsl.study.algorithms.features import Features

SPACE = """
space s {
  input x: [8, 8, 1]
  output y = x
    -> repeat n in 1..3 { conv(any [4, 8, 64], 3) -> choose act { relu: relu  selu: selu } }
    -> flatten -> dense(2) -> dropout(any 0.0..0.5) -> softmax
}
"""


@pytest.fixture(scope="module")
def space() -> sqsem_dsl.Space:
    return sqsem_dsl.loads(SPACE)


def features_of(space, *assignments):
    tree = CodedTree(ChoiceTree(space.choices))
    return Features(space, tree).of(list(map(tree.encode, assignments)))


def costs_of(space, *assignments):
    tree = CodedTree(ChoiceTree(space.choices))
    return Features(space, tree).costs(map(tree.encode, assignments)).tolist()


def test_columns(space: sqsem_dsl.Space) -> None:
    paths = [choice.path for choice in space.choices]
    filters = [path for path in paths if path.endswith("filters")]
    kinds = [path for path in paths if path.endswith("act")]
    rate = next(path for path in paths if "dropout" in path or path.endswith("rate"))
    assignment = {"n": 2, filters[0]: 8, filters[1]: 64, kinds[0]: "selu", kinds[1]: "relu", rate: Fraction(1, 4)}
    [row], [pooled] = features_of(space, assignment)
    middle = math.log(2) / math.log(16)  # 8 between 4 and 64: the numbers span a factor of 10
    assert sorted(row) == sorted([1, 0.5, 1, middle, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0.5])
    assert sorted(pooled) == pytest.approx(sorted([2 / 3, (middle + 1) / 3, 1 / 3, 1 / 3]))


def test_iterations_are_alike_when_pooled(space: sqsem_dsl.Space) -> None:
    """Two assignments that differ in the order of their iterations have the same pooled features."""
    filters = [choice.path for choice in space.choices if choice.path.endswith("filters")]
    one, other = ({"n": 2, filters[0]: a, filters[1]: b} for a, b in ((4, 8), (8, 4)))
    rows, pooled = features_of(space, one, other)
    assert (rows[0] != rows[1]).any()
    assert (pooled[0] == pooled[1]).all()


def test_a_choice_of_one_value_has_no_column() -> None:
    space = sqsem_dsl.loads("space s { input x: [4]  output y = x -> dense(any [3]) -> dense(any [1, 2]) }")
    rows, pooled = features_of(space, {})
    assert rows.shape == (1, 2)
    assert pooled.shape == (1, 0)


def test_costs(space: sqsem_dsl.Space) -> None:
    architecture = space.default()
    sizes = (architecture.params, architecture.macs, architecture.activations)
    assert costs_of(space, architecture.choices) == [list(map(math.log1p, sizes))]


def test_costs_of_an_assignment_outside_the_rules() -> None:
    space = sqsem_dsl.loads("space s { input x: [4]  param a in [1, 2]  require a < 2  output y = x -> dense(a) }")
    assert costs_of(space, {"a": 2}, {"a": 1}) == [[0.0, 0.0, 0.0], list(map(math.log1p, (5, 4, 4)))]

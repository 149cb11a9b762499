"""The options and costs of many assignments at once, compared with those of each."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings

import sqsem_dsl as sqs
from sqsem_dsl.analysis.costs.assignment_arrays import BLOCK
from sqsem_dsl.api.space import Space
from tests.diagram.test_costing import late
from tests.reference.random_specs import specs
from tests.reference.stacked_specs import stacked_specs

SPECS = Path(__file__).resolve().parents[2] / "specs"
QUANTITIES = ("params", "trainable_params", "macs", "activations", "weighted_layers")
TEXT = """
space s {
  input x: [8, 8, 3]
  param wide in [4, 8]
  param deep in 1..3
  require wide * deep <= 16
  output y = x -> repeat deep { conv(wide, 3) -> slot se { conv(4, 1) } } -> dropout(any 0.1..0.5) -> gap -> dense(2)
  train { optimizer = any [sgd, adam] }
}
"""


def check(space: Space) -> None:
    """All assignments, by number, by options and as architectures."""
    assert space.count is not None
    every = [space.at(number) for number in range(space.count)]
    expected = [tuple(getattr(one, quantity) for quantity in QUANTITIES) for one in every]
    options = space.options(range(space.count))
    assert space.costs(range(space.count)).tolist() == expected
    assert space.costs(options).tolist() == expected
    assert space.costs(every).tolist() == expected
    generator = np.random.default_rng(0)
    inactive = np.where(options < 0, generator.integers(-1, 4, options.shape), options)
    assert space.costs(inactive).tolist() == expected
    for row, one in zip(options.tolist(), every, strict=True):
        for option, choice in zip(row, space.choices, strict=True):
            if option < 0:
                assert choice.section == "train" or choice.path not in one.choices
            elif hasattr(choice.domain, "values"):
                assert one.choices[choice.path] == choice.domain.values[option]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(specs())
def test_random_specs(text: str) -> None:
    compilation = sqs.Compilation.from_text(text)
    wrong = any(diagnostic.severity == "error" for diagnostic in compilation.diagnostics)
    if not wrong and 0 < (compilation.space.count or 0) <= 300:
        check(compilation.space)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(stacked_specs())
def test_random_stacks_of_a_searched_cell(text: str) -> None:
    """Choices that are decided after they are read: walks ask for them."""
    compilation = sqs.Compilation.from_text(text)
    assume(not any(diagnostic.severity == "error" for diagnostic in compilation.diagnostics))
    assume(0 < (compilation.space.count or 0) <= 300)
    with late():
        check(compilation.space)


def test_rules_continuous_choices_and_settings() -> None:
    check(sqs.loads(TEXT))


def test_a_huge_space() -> None:
    space = sqs.load(SPECS / "once_for_all.sqs")
    assert space.count is not None
    generator = Random(0)
    numbers = [generator.randrange(space.count) for _ in range(BLOCK + 5)]
    found, again = space.costs(numbers), space.costs(space.options(numbers))
    assert found.dtype["params"] == np.int64
    assert (found == again).all()
    for at in (0, 1, BLOCK - 1, BLOCK, BLOCK + 4):
        assert tuple(found[at])[:4] == space.cost(numbers[at])[:4]
    assert found["weighted_layers"][BLOCK] == space.at(numbers[BLOCK]).weighted_layers


def test_forms_of_numbers() -> None:
    space = sqs.loads(TEXT)
    for numbers in ([3, 0], (3, 0), range(3, -1, -3), np.array([3, 0], np.uint8), np.array([3, 0], object)):
        assert space.costs(numbers).tolist() == space.costs([{**space.at(3).choices}, 0]).tolist()  # type: ignore[arg-type]
    assert space.costs([]).tolist() == []
    assert space.costs(range(0)).tolist() == []
    assert space.options([]).shape == (0, len(space.choices))


@pytest.mark.parametrize("wrong", [[1.0], [True], np.array([1.5]), ["a"], np.zeros((2, 9)), np.zeros((2, 3), int)])
def test_what_is_no_number(wrong: object) -> None:
    with pytest.raises(TypeError, match="whole number"):
        sqs.loads(TEXT).costs(wrong)  # type: ignore[arg-type]


def test_numbers_and_rows_outside_of_the_space() -> None:
    space = sqs.loads(TEXT)
    assert space.count is not None
    for numbers in ([0, space.count, -1], np.array([0, space.count, -1]), np.array([-1, space.count])):
        for ask in (space.costs, space.options):
            with pytest.raises(sqs.SqsError) as error:
                ask(numbers)
            assert {found.code for found in error.value.diagnostics} == {"SQS610"}
            assert {found.index for found in error.value.diagnostics} == {space.count, -1}  # type: ignore[attr-defined]
    with pytest.raises(sqs.SqsError, match="no architecture number 99"):
        space.costs(range(100))
    rows = space.options([0, 1, 2, 3])
    first = [choice.path for choice in space.choices].index("deep")
    rows[1, first], rows[2, first], rows[3, first] = 3, 2000, -1  # no such options, and a missing one
    with pytest.raises(sqs.SqsError) as error:
        space.costs(rows)
    (found,) = error.value.diagnostics
    assert (found.code, found.title) == (
        "SQS506",
        "3 of 4 rows of options are no assignment of the space: rows 1, 2, 3",
    )
    ruled_out = space.options([0])
    ruled_out[0, first], ruled_out[0, [c.path for c in space.choices].index("wide")] = 2, 1
    with pytest.raises(sqs.SqsError, match="row 0"):
        space.costs(ruled_out)
    with pytest.raises(sqs.SqsError, match="no choice has the path `depth`"):
        space.costs([{"depth": 3}])

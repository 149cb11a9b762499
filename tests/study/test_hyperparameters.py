"""Choices as KerasTuner's hyperparameters: their declarations, conditions, and values."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.priors import Near, favoring
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from tests.study.test_choice_tree import PAIR, choice

pytestmark = pytest.mark.keras
kt = pytest.importorskip("keras_tuner")

from sqsem_dsl.study.kerastuner.hyperparameters import MAX_CUBES, Declarations, encode_all  # noqa: E402


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ((1, 2, 3), (1, 2, 3)),
        ((Fraction(1, 10), Fraction(1, 100)), (0.1, 0.01)),
        ((0, Fraction(1, 2)), (0.0, 0.5)),
        ((True, False), ("true", "false")),
        (("max", "avg"), ("max", "avg")),
        ((("a", "b"), ("a",), ()), ("a+b", "a", "-")),
        ((1, "1", True), ("1", '"1"', "true")),
        ((Fraction(1, 3), Fraction(10**20 + 3, 3 * 10**20)), ("0.3333333333333333", "0.3333333333333333")),
    ],
)
def test_codes_are_of_one_type_and_come_back_exactly(values, codes):
    found = encode_all(values)
    assert len({type(code) for code in found}) == 1
    assert len(set(found)) == len(values)
    if len(set(codes)) == len(codes):
        assert found == codes
    (item,) = Declarations.of([choice("c", *values)])
    for value, code in zip(values, found, strict=True):
        back = item.decode(item.encode(value))
        assert back == value
        assert type(back) is type(value)
        assert item.encode(value) == code


@pytest.mark.parametrize(
    ("domain", "type", "arguments"),
    [
        (Categorical((1, 2, 3, 4)), "Int", {"min_value": 1, "max_value": 4, "step": 1}),
        (Categorical((16, 32, 48)), "Int", {"min_value": 16, "max_value": 48, "step": 16}),
        (Categorical((8, 16, 32)), "Choice", {"values": [8, 16, 32]}),
        (Categorical((3, 2, 1)), "Choice", {"values": [3, 2, 1]}),
        (Categorical((True, False)), "Choice", {"values": ["true", "false"]}),
        (Continuous(Fraction(0), Fraction(4, 5)), "Float", {"min_value": 0.0, "max_value": 0.8, "sampling": "linear"}),
        (
            Continuous(Fraction(1, 10000), Fraction(1, 100), log=True),
            "Float",
            {"min_value": 1e-4, "max_value": 1e-2, "sampling": "log"},
        ),
    ],
)
def test_each_domain_has_its_declaration(domain, type, arguments):
    (item,) = Declarations.of([Choice(Path.parse("c"), "param", domain)])
    config = item.hyperparameter().get_config()
    assert item.hyperparameter().__class__.__name__ == type
    assert {name: config[name] for name in arguments} == arguments


def test_a_real_value_comes_back_as_it_is_written_and_within_its_interval():
    third = Fraction(1, 3)
    (item,) = Declarations.of([Choice(Path.parse("rate"), "any", Continuous(Fraction(0), third))])
    assert item.decode(0.1) == Fraction(1, 10)
    assert item.decode(np.float64(0.1)) == Fraction(1, 10)
    assert item.decode(0.0) == 0
    assert item.decode(0.33333333333333337) == third
    with pytest.raises(ValueError, match="rate"):
        item.decode("x")


def test_a_value_that_was_never_declared_is_refused():
    (item,) = Declarations.of([choice("c", True, False)])
    with pytest.raises(ValueError, match="`c` has no value"):
        item.decode(True)
    (item,) = Declarations.of([choice("c", 0, 1)])
    with pytest.raises(ValueError, match="no value true"):
        item.encode(True)


def test_encode_and_decode_are_inverse():
    items = Declarations.of(PAIR)
    for choices in ChoiceTree(PAIR).every():
        assert items.decode(items.encode(choices)) == choices


def test_beyond_the_limit_of_cubes_a_choice_is_declared_without_a_condition():
    parent = choice("p", *range(MAX_CUBES + 1))
    wide = choice("c", 1, 2, when=tuple((("p", (i,)),) for i in range(MAX_CUBES + 1)))
    narrow = choice("d", 1, 2, when=tuple((("p", (i,)),) for i in range(MAX_CUBES)))
    _, first, second = Declarations.of([parent, wide, narrow])
    assert first.when == ((),)
    assert len(second.when) == MAX_CUBES


def test_keras_tuner_finds_choices_active_exactly_when_they_exist():
    items = Declarations.of([*PAIR, choice("flag", True, False)])
    hp = kt.HyperParameters()
    items.declare(hp)
    items.declare(hp)  # A second time changes nothing.
    assert [h.name for h in hp.space] == ["first", "second", "ratio", "width", "flag"]
    assert hp.values == {"first": "plain", "ratio": 8, "width": 16, "flag": "true"}

    kept = kt.HyperParameters.from_config(json.loads(json.dumps(hp.get_config())))
    items.declare(kept)
    assert len(kept.space) == len(hp.space)
    for space in (hp, kept):
        for choices in ChoiceTree([item.choice for item in items]).every():
            values = items.encode(choices)
            space.values = dict(values)
            assert {h.name for h in space.space if space.is_active(h)} == set(values)
            space.ensure_active_values()
            assert space.values == values
            assert items.decode(space.values)["flag"] in (True, False)


@pytest.mark.parametrize(
    "oracle", ["RandomSearchOracle", "GridSearchOracle", "HyperbandOracle", "BayesianOptimizationOracle"]
)
def test_every_oracle_of_keras_tuner_proposes_only_what_exists(oracle, tmp_path):
    items = Declarations.of(
        [*PAIR, choice("flag", True, False), Choice(Path.parse("rate"), "any", Continuous(Fraction(0), Fraction(1)))]
    )
    limit = {"max_epochs": 9} if "Hyperband" in oracle else {"max_trials": 12}
    made = getattr(kt.oracles, oracle)(kt.Objective("score", "max"), seed=1, **limit)
    made._set_project_dir(tmp_path, "p")
    made.verbose = 0
    hp = made.get_space()
    items.declare(hp)
    made.update_space(hp)
    if "Bayesian" in oracle:
        made.num_initial_points = 4
    count = 6 if "Bayesian" in oracle else 12
    for number in range(count):
        trial = made.create_trial("t")
        assignment = items.decode(trial.hyperparameters.values)
        assert items.encode(assignment) == {
            k: v for k, v in trial.hyperparameters.values.items() if not k.startswith("tuner/")
        }
        made.update_trial(trial.trial_id, {"score": float(number)})
        trial.status = "COMPLETED"
        made.end_trial(trial)
    again = getattr(kt.oracles, oracle)(kt.Objective("score", "max"), seed=1, **limit)
    again._set_project_dir(tmp_path, "p")
    again.reload()
    assert len(again.trials) == count
    assert [h.name for h in again.get_space().space] == [h.name for h in made.get_space().space]


def test_the_default_is_the_value_of_the_highest_prior():
    path, widths = Path.parse("width"), Categorical((16, 24, 32))
    rate = Continuous(Fraction(1, 10_000), Fraction(1, 100), log=True)
    choices = [
        Choice(path, "param", widths, prior=favoring(1, 3)),
        Choice(Path.parse("se"), "slot", Categorical((False, True)), prior=favoring(1, 2)),
        Choice(Path.parse("rate"), "param", rate, prior=Near(Fraction(1, 1000))),
        Choice(Path.parse("plain"), "param", widths),
    ]
    hp = kt.HyperParameters()
    Declarations.of(choices).declare(hp)
    assert hp.values == {"width": 24, "se": "true", "rate": 0.001, "plain": 16}
    assert Declarations.of(choices).encode({}) == hp.values

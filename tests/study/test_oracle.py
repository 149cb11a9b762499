"""Algorithms as an oracle of KerasTuner: no repeats, all constraints satisfied, small spaces exhausted, then an end."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from sqsem_dsl.ir.choices import Choice, Continuous
from sqsem_dsl.ir.path import Path
from tests.fakes.algorithm_names import parameters
from tests.fakes.standin import StandIn, chain, choice

pytestmark = pytest.mark.keras
pytest.importorskip("keras_tuner")

from sqsem_dsl.settings.sections import SearchSettings  # noqa: E402
from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm  # noqa: E402
from sqsem_dsl.study.kerastuner import oracle as oracle_module  # noqa: E402
from sqsem_dsl.study.kerastuner.oracle import AlgorithmOracle  # noqa: E402
from sqsem_dsl.study.objective import Goal  # noqa: E402

GOAL = Goal("score", "max")


def layers(**more):
    return StandIn(*chain(), **more)


WIDE = StandIn(
    *(choice(f"c{i}", *range(10)) for i in range(12)),
    Choice(Path.parse("rate"), "any", Continuous(Fraction(0), Fraction(1))),
)


def run(oracle, folder, score=lambda values: sum(v for v in values.values() if isinstance(v, int)), most=1000):
    """Run an oracle to its end with `score` instead of training; the values of each trial."""
    oracle._set_project_dir(folder, "p")
    oracle.verbose = 0
    if not oracle.trials:
        oracle.declare()
    proposed = []
    for _ in range(most):
        trial = oracle.create_trial("t")
        if trial.status == "STOPPED":
            break
        values = dict(trial.hyperparameters.values)
        proposed.append(values)
        value = score(values)
        if value is None:
            trial.status = "INVALID"
        else:
            oracle.update_trial(trial.trial_id, {"score": value})
            trial.status = "COMPLETED"
        oracle.end_trial(trial)
        oracle.save()
    return proposed


def make(name, space, trials=None, seed=3, hours=None, **arguments):
    arguments = {"evolution": {"population": 5, "sample": 3}, "hyperband": {"max_epochs": 9}}.get(name, {}) | arguments
    search = SearchSettings.from_plain({"algorithm": {"name": name, **arguments}})
    algorithm = make_algorithm(space, search, (GOAL,), trials=trials, epochs=None, seed=seed)
    return AlgorithmOracle(algorithm, space, GOAL, trials=trials, hours=hours)


def plain(proposed):
    return [{k: v for k, v in values.items() if not k.startswith("tuner/")} for values in proposed]


def distinct(proposed):
    return {frozenset(values.items()) for values in plain(proposed)}


ONE_EACH = parameters("random", "grid", "bayesian", "evolution", "tpe", "nsga2")
ALL = ["hyperband", *ONE_EACH]


@pytest.mark.parametrize("name", ONE_EACH)
def test_a_small_space_is_covered_once_each_and_then_the_search_says_so(name, tmp_path):
    oracle = make(name, layers(), trials=100)
    proposed = run(oracle, tmp_path)
    assert len(proposed) == len(distinct(proposed)) == 39
    assert oracle.ended == "all 39 architectures of the space were tried"


@pytest.mark.parametrize("name", ONE_EACH)
def test_a_large_space_is_never_tried_twice(name, tmp_path):
    proposed = run(make(name, WIDE, trials=20), tmp_path)
    assert len(proposed) == len(distinct(proposed)) == 20


@pytest.mark.parametrize("name", ALL)
def test_rules_and_budgets_are_never_broken_and_cost_no_trial(name, tmp_path):
    space = layers(rule=lambda choices: sum(v for p, v in choices.items() if p != "depth") <= 32)
    oracle = make(name, space, trials=None if name == "hyperband" else 100)
    proposed = run(oracle, tmp_path)
    allowed = sum(1 for values in space.tree.every() if sum(v for k, v in values.items() if k != "depth") <= 32)
    assert all(space.rule(values) for values in plain(proposed))
    assert len(distinct(proposed)) == allowed
    assert not [t for t in oracle.trials.values() if t.status != "COMPLETED"]
    assert "broke a rule or a budget" in oracle.ended


@pytest.mark.parametrize("name", ALL)
def test_a_space_without_an_allowed_configuration_ends_at_once(name, tmp_path):
    oracle = make(name, layers(rule=lambda choices: False), trials=10)
    assert run(oracle, tmp_path) == []
    assert oracle.ended == "all 0 architectures of the space were tried; 39 broke a rule or a budget"


def test_a_large_space_without_an_allowed_configuration_ends_soon(tmp_path):
    space = StandIn(*WIDE.choices, rule=lambda choices: False)
    oracle = make("random", space, trials=10)
    assert run(oracle, tmp_path) == []
    assert oracle.ended


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_trials(name, tmp_path):
    first = run(make(name, WIDE, trials=10, seed=5), tmp_path / "a")
    assert run(make(name, WIDE, trials=10, seed=5), tmp_path / "b") == first
    if name != "grid":
        assert run(make(name, WIDE, trials=10, seed=0), tmp_path / "c") != first
        assert run(make(name, WIDE, trials=10, seed=0), tmp_path / "d") == run(
            make(name, WIDE, trials=10, seed=0), tmp_path / "e"
        )


def test_values_that_mean_the_same_architecture_are_tried_once(tmp_path):
    # `ghost` is declared but never active here.
    space = StandIn(choice("a", 1, 2, 3), choice("ghost", 1, 2), ghosts=("ghost",))
    assert len(run(make("random", space, trials=10), tmp_path)) == 3


@pytest.mark.parametrize("name", ALL)
def test_a_project_that_is_opened_again_continues_as_if_nothing_had_happened(name, tmp_path):
    def score(values):
        return None if values["depth"] == 2 else sum(v for v in values.values() if isinstance(v, int))

    whole = run(make(name, layers(), trials=30), tmp_path / "whole", score, most=25)
    first = run(make(name, layers(), trials=30), tmp_path / "cut", score, most=10)
    again = make(name, layers(), trials=30)
    again._set_project_dir(tmp_path / "cut", "p")
    again.reload()
    assert first + run(again, tmp_path / "cut", score, most=15) == whole


def test_an_interrupted_trial_is_run_again_and_then_recorded(tmp_path):
    oracle = make("hyperband", WIDE, trials=12)
    run(oracle, tmp_path, most=3)
    lost = oracle.create_trial("t")
    again = make("hyperband", WIDE, trials=12)
    again._set_project_dir(tmp_path, "p")
    again.reload()
    proposed = run(again, tmp_path)
    assert len(again.trials) == 12
    assert proposed[0] == lost.hyperparameters.values
    assert {trial.status for trial in again.trials.values()} == {"COMPLETED"}


def test_hyperband_promotes_the_best_within_its_number_of_trials(tmp_path):
    oracle = make("hyperband", WIDE, trials=12, max_epochs=9)
    proposed = run(oracle, tmp_path)
    assert len(proposed) == 12
    rounds = [(values["tuner/initial_epoch"], values["tuner/epochs"]) for values in proposed]
    assert rounds[:8] == [(0, 3)] * 5 + [(3, 9)] * 2 + [(0, 9)]
    scores = [sum(v for k, v in values.items() if isinstance(v, int)) for values in plain(proposed[:5])]
    promoted = [int(values["tuner/trial_id"]) for values in proposed[5:7]]
    assert sorted(promoted, key=lambda i: -scores[i]) == sorted(range(5), key=lambda i: -scores[i])[:2]


def test_hyperband_halves_what_a_small_space_gives(tmp_path):
    oracle = make("hyperband", StandIn(choice("a", 1, 2, 3, 4)), max_epochs=9)
    proposed = run(oracle, tmp_path)
    assert [values["a"] for values in proposed if values["tuner/initial_epoch"] == 0 and values["tuner/epochs"] < 9]
    assert 4 in [values["a"] for values in proposed if values["tuner/initial_epoch"] > 0]
    assert oracle.ended.startswith("all 4 architectures")


@pytest.mark.parametrize("name", ["bayesian", "evolution"])
def test_guided_search_beats_random_search(name, tmp_path):
    def score(values):
        return -sum((values[f"c{i}"] - 7) ** 2 for i in range(6))

    space = StandIn(*(choice(f"c{i}", *range(10)) for i in range(6)))
    guided = [max(map(score, run(make(name, space, trials=48, seed=s), tmp_path / f"{s}", score))) for s in range(3)]
    random = [
        max(map(score, run(make("random", space, trials=48, seed=s), tmp_path / f"r{s}", score))) for s in range(3)
    ]
    assert sum(guided) > sum(random)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None])
def test_what_failed_is_never_among_the_best_and_does_not_end_the_search(bad, tmp_path):
    oracle = make("random", layers(), trials=20)
    run(oracle, tmp_path, score=lambda values: bad if values["depth"] > 1 else values["w[0]"])
    assert len(oracle.trials) == 20
    best = oracle.get_best_trials(20)
    assert best
    assert {t.hyperparameters.values["depth"] for t in best} == {1}
    assert [t.score for t in best] == sorted((t.score for t in best), reverse=True)
    failed = [t for t in oracle.trials.values() if t.hyperparameters.values["depth"] > 1]
    assert {t.status for t in failed} == {"FAILED"}


def test_a_search_in_which_everything_fails_ends(tmp_path):
    oracle = make("random", layers(), trials=30)
    run(oracle, tmp_path, score=lambda values: None)
    assert len(oracle.trials) == oracle_module.MAX_INITIAL_FAILURES
    assert oracle.ended == "the first 10 trials all failed"
    assert oracle.get_best_trials(5) == []


def test_no_trial_starts_after_the_time_limit(tmp_path):
    oracle = make("random", layers(), trials=30, hours=1e-9)
    assert len(run(oracle, tmp_path)) == 1
    assert oracle.ended == "the time limit of 1e-09 hours is reached"


def test_a_grid_that_only_meets_broken_rules_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("sqsem_dsl.study.algorithms.candidates.SMALL", 50)
    space = StandIn(*(choice(f"c{i}", *range(10)) for i in range(4)), rule=lambda choices: choices["c0"] == 9)
    oracle = make("grid", space, trials=10)
    assert run(oracle, tmp_path) == []
    assert oracle.ended == "the next 50 configurations break a rule or a budget"

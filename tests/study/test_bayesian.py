"""Bayesian optimization on made-up scores: what it finds, and what failed, stopped and running trials teach it."""

from __future__ import annotations

import math

import pytest

import sqsem_dsl
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal
from sqsem_dsl.study.algorithms.bayesian import INITIAL, BayesianAlgorithm
from sqsem_dsl.study.objective import Goal

SPACE = """
space s {
  input x: [16]
  output y = x
    -> repeat n in 1..3 { dense(any [4, 8, 16, 32]) -> choose act { relu: relu  tanh: tanh } }
    -> dense(2) -> softmax
}
"""
pytestmark = pytest.mark.slow

GOAL = (Goal("val_accuracy", "max"),)


@pytest.fixture(scope="module")
def space() -> sqsem_dsl.Space:
    return sqsem_dsl.loads(SPACE)


def score(architecture) -> float:
    """More layers, wider layers and `relu` are better."""
    relu = sum(value == "relu" for value in architecture.choices.values())
    return 1 - 1 / (1 + relu + math.log2(architecture.params))


def made(space, seed=0, trials=30, goals=GOAL) -> BayesianAlgorithm:
    return BayesianAlgorithm(space, goals, initial=None, trials=trials, seed=seed, epochs=None)


def search(algorithm, trials, result=lambda a: ((score(a),), 1.0)):
    """The architectures of a search."""
    found = []
    for number in range(1, trials + 1):
        proposal = algorithm.ask(number)
        assert isinstance(proposal, Proposal)
        found.append(proposal.architecture)
        scores, share = result(proposal.architecture)
        algorithm.tell(number, scores, share)
    return found


def best_of(space) -> float:
    return max(score(space.at(number)) for number in range(space.count))


def test_it_finds_the_best_of_584_in_25_trials(space):
    assert space.count == 8 + 8**2 + 8**3
    for seed in range(2):
        assert max(map(score, search(made(space, seed), 25))) == best_of(space)


def test_the_first_trials_differ_in_depth(space):
    depths = {architecture.choices["n"] for architecture in search(made(space), INITIAL)}
    assert depths == {1, 2, 3}


def test_no_configuration_is_proposed_twice(space):
    found = [architecture.id for architecture in search(made(space), 40)]
    assert len(set(found)) == len(found)


def test_failed_trials_are_left_alone(space):
    """Networks of three layers fail: after a few it proposes others."""

    def result(architecture):
        return (None if architecture.choices["n"] == 3 else (score(architecture),)), 1.0

    found = search(made(space), 30, result)
    assert sum(architecture.choices["n"] == 3 for architecture in found[10:]) <= 4


def test_stopped_trials_are_compared_at_equal_lengths(space):
    """Every other trial is stopped early, with half the score: the best are found nevertheless."""
    algorithm, turns = made(space), iter(range(100))

    def result(architecture):
        stopped = next(turns) % 2 == 1
        return ((score(architecture) * (0.5 if stopped else 1.0),), 0.25 if stopped else 1.0)

    assert max(map(score, search(algorithm, 30, result))) > best_of(space) - 0.003


def test_running_trials_are_not_proposed_again_nor_their_twins(space):
    algorithm = made(space)
    search(algorithm, 10)
    asked = [algorithm.ask(number) for number in range(11, 15)]
    assert len({proposal.architecture.id for proposal in asked}) == 4


def test_it_ends_when_everything_was_tried():
    space = sqsem_dsl.loads("space s { input x: [4]  output y = x -> dense(any [1, 2, 3]) }")
    algorithm = made(space)
    search(algorithm, 3, lambda a: ((float(a.params),), 1.0))
    assert isinstance(algorithm.ask(4), Exhausted)


def test_two_objectives(space):
    goals = (Goal("val_accuracy", "max"), Goal("params", "min"))
    found = search(made(space, goals=goals), 25, lambda a: ((score(a), float(a.params)), 1.0))
    params = sorted(architecture.params for architecture in found)
    assert params[0] <= 16 * 4 + 4 + 10
    assert max(map(score, found)) > best_of(space) - 0.02


def test_a_resumed_search_proposes_the_same_between_two_fits_of_the_kernel(space):
    """The kernel is fitted at 22 and 24 trials. The score of trial 23, which moves the median, must not change it."""
    whole, ended = made(space), []
    for number in range(1, 24):
        proposal = whole.ask(number)
        good = number % 2 == 0 or number == 23
        scores = (score(proposal.architecture) + (1.0 if good else 0.0),)
        whole.tell(number, scores)
        ended.append((proposal.choices, scores))
    resumed = made(space)
    for number, (choices, scores) in enumerate(ended, 1):
        resumed.recall(number, choices, {})
        resumed.tell(number, scores)
    proposal = whole.ask(24)
    assert resumed.ask(24).choices == proposal.choices
    assert resumed._kernel == whole._kernel

"""The page on algorithms: its tables and numbers on one task are those of the stored searches."""

from __future__ import annotations

from math import comb
from statistics import correlation, mean

import pytest

from tests.docs.scripts import page, script

pytestmark = pytest.mark.slow

PAGE = page("algorithms.md")
# In this order: each imports the ones before it.
tasks, replay, searches, algorithms = map(script, ("tasks", "replay", "searches", "algorithms"))
TASK = tasks.TASKS["digits"]
TABLE = tasks.read_table(TASK)


def test_the_page_says_what_the_searches_gave() -> None:
    parts = algorithms.report(TABLE, searches.kept(TASK)).split("\n\n")
    assert len(parts) == 5
    assert [part for part in parts if part not in PAGE] == []


def test_twenty_searches_of_each_algorithm_are_kept_and_fewer_of_the_slow_one() -> None:
    made = [(whose, algorithm) for whose, names in searches.SEARCHES.items() for algorithm in names]
    made.append(("sqsem", "bayesian per second"))  # an experiment: see test_wall_time.py
    kept = searches.kept(TASK)
    slow = len(searches.of(kept, *searches.SLOW))
    assert slow >= 5
    assert f"Lines are means of 20 searches of the digits, {slow} of KerasTuner's Bayesian search" in PAGE
    seeds = {names: slow if names == searches.SLOW else 20 for names in made}
    assert set(kept) == {(*names, seed) for names, count in seeds.items() for seed in range(count)}


@pytest.mark.keras
@pytest.mark.parametrize("algorithm", ["random", "hyperband"])
def test_what_keras_tuner_searched_can_be_had_again(algorithm: str) -> None:
    key = ("keras-tuner", algorithm, 0)
    assert algorithms.search(TABLE, key, 100) == searches.kept(TASK)[key]


def test_what_optuna_searched_can_be_had_again() -> None:
    pytest.importorskip("optuna")
    key = ("optuna", "tpe + median", 0)
    assert algorithms.search(TABLE, key, 100) == searches.kept(TASK)[key]


@pytest.mark.search
@pytest.mark.parametrize("algorithm", ["random", "hyperband", "evolution"])
def test_what_we_searched_can_be_had_again(algorithm: str) -> None:
    key = ("sqsem", algorithm, 0)
    assert algorithms.search(TABLE, key, 100) == searches.kept(TASK)[key]


def test_the_best_so_far_counts_what_is_paid_for() -> None:
    whole, short, rest = tasks.Step(3), tasks.Step(5, 0, 3), tasks.Step(5, 3, 9)
    first, second, third = (max(map(TABLE.score, done)) for done in ([short], [short, whole], [short, whole, rest]))
    assert searches.after_trainings(TABLE, [short, whole, rest], 3) == [first, third, third]  # 3, 12 and 18 epochs
    assert [searches.after_trials(TABLE, [short, whole, rest], n) for n in (1, 2, 3)] == [first, second, third]


def test_numbers_in_the_text() -> None:
    scores = TABLE.scores
    by_epochs = [correlation([entry.curve[at] for entry in TABLE.entries], scores) for at in (0, 2)]
    said = " ".join(PAGE.split())
    assert "after one epoch with the score is {:.2f}, after three epochs {:.2f}".format(*by_epochs) in said
    best = scores.count(max(scores))
    some = 1 - comb(len(scores) - best, 100) / comb(len(scores), 100)
    assert f"of the four best with a probability of {some:.2f}" in said
    guided = [steps for key, steps in searches.kept(TASK).items() if key[:2] == ("keras-tuner", "bayesian")]
    after_42, all_of_it = (mean(len({step.number for step in steps[:n]}) for steps in guided) for n in (42, 100))
    assert f"KerasTuner's 100 trials were of {all_of_it:.0f} different networks" in said
    assert f"42 samples of {after_42:.0f} networks" in said

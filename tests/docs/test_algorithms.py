"""The page on algorithms: the table of trainings matches the space, and the page matches the stored searches."""

from __future__ import annotations

from math import comb
from statistics import correlation, mean
from typing import Any

import pytest

from tests.docs.scripts import page, script

pytestmark = pytest.mark.slow

PAGE = page("algorithms.md")
# In this order: each imports the ones before it.
replay, searches, algorithms = script("replay"), script("digits_searches"), script("algorithms")
TABLE = replay.read_table()


def test_the_table_holds_every_architecture_of_the_space() -> None:
    space = TABLE.space
    assert [entry.number for entry in TABLE.entries] == list(range(space.count))
    assert len(TABLE.numbers) == space.analysis.architectures.count
    for entry in TABLE.entries[::20]:
        architecture = space.at(entry.number)
        assert (entry.id, entry.params, entry.macs) == (architecture.id, architecture.params, architecture.macs)


class Scripted:
    """Hyperparameters whose values are options by number; the defaults are the first ones."""

    def __init__(self, options: tuple[int, ...]) -> None:
        self.options, self.sizes = options, list[int]()

    def Choice(self, name: str, values: list[Any]) -> Any:  # noqa: N802
        at = len(self.sizes)
        self.sizes.append(len(values))
        return values[self.options[at] if at < len(self.options) else 0]

    def Int(self, name: str, low: int, high: int) -> Any:  # noqa: N802
        return self.Choice(name, list(range(low, high + 1)))

    def Boolean(self, name: str) -> Any:  # noqa: N802
        return self.Choice(name, [False, True])


def test_the_space_by_hand_has_the_same_architectures() -> None:
    found, left = [], [()]
    while left:
        options = left.pop()
        hp = Scripted(options)
        found.append(TABLE.numbers[TABLE.space.resolve(replay.by_hand(hp)).id])
        padded = options + (0,) * (len(hp.sizes) - len(options))
        left += [(*padded[:at], n) for at in range(len(options), len(padded)) for n in range(1, hp.sizes[at])]
    assert sorted(found) == list(range(TABLE.space.count))


def test_the_page_says_what_the_searches_gave() -> None:
    parts = algorithms.report(TABLE, searches.kept()).split("\n\n")
    assert len(parts) == 5
    assert [part for part in parts if part not in PAGE] == []


def test_twenty_searches_of_each_algorithm_are_kept() -> None:
    made = [(whose, algorithm) for whose, names in searches.SEARCHES.items() for algorithm in names]
    assert set(searches.kept()) == {(*names, seed) for names in made for seed in range(20)}


@pytest.mark.keras
@pytest.mark.parametrize("algorithm", ["random", "hyperband"])
def test_what_keras_tuner_searched_can_be_had_again(algorithm: str) -> None:
    key = ("keras-tuner", algorithm, 0)
    assert algorithms.search(TABLE, key, 100) == searches.kept()[key]


@pytest.mark.search
@pytest.mark.parametrize("algorithm", ["random", "hyperband", "evolution"])
def test_what_we_searched_can_be_had_again(algorithm: str) -> None:
    key = ("sqsem", algorithm, 0)
    assert algorithms.search(TABLE, key, 100) == searches.kept()[key]


def test_the_best_so_far_counts_what_is_paid_for() -> None:
    whole, short, rest = replay.Step(3), replay.Step(5, 0, 3), replay.Step(5, 3, 9)
    first, second, third = (max(map(TABLE.score, done)) for done in ([short], [short, whole], [short, whole, rest]))
    assert searches.after_trainings(TABLE, [short, whole, rest], 3) == [first, third, third]  # 3, 12 and 18 epochs
    assert [searches.after_trials(TABLE, [short, whole, rest], n) for n in (1, 2, 3)] == [first, second, third]


def test_numbers_in_the_text() -> None:
    scores = TABLE.scores
    by_epochs = [correlation([entry.accuracy[at] for entry in TABLE.entries], scores) for at in (0, 2)]
    said = " ".join(PAGE.split())
    assert "after one epoch with the score is {:.2f}, after three epochs {:.2f}".format(*by_epochs) in said
    best = scores.count(max(scores))
    some = 1 - comb(len(scores) - best, 100) / comb(len(scores), 100)
    assert f"of the four best with a probability of {some:.2f}" in said
    guided = [steps for key, steps in searches.kept().items() if key[:2] == ("keras-tuner", "bayesian")]
    drawn, all_of_it = (mean(len({step.number for step in steps[:n]}) for steps in guided) for n in (42, 100))
    assert (f"{drawn:.0f}", f"{all_of_it:.0f}") == ("34", "47")

"""The searches of algorithms.py as digits_searches.csv keeps them, and what came of them.

A line is a search: whose it is, its algorithm, its seed, and its trials, each the number of an architecture, with its
epochs where those are not all.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from replay import EPOCHS, Step, Table

FILE = Path(__file__).with_suffix(".csv")
OURS, THEIRS = "sqsem", "keras-tuner"
SEARCHES: dict[str, tuple[str, ...]] = {
    OURS: ("random", "bayesian", "hyperband", "evolution", "tpe", "nsga2"),
    THEIRS: ("random", "bayesian", "hyperband"),
}
AFTER = (10, 25, 50, 100)
Key = tuple[str, str, int]
"""Whose search, by which algorithm, with which seed."""
Searches = dict[Key, list[Step]]


# ---- the searches, kept


def kept() -> Searches:
    """The searches of the file. A whole training stands there as its number, another with its epochs."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        return {
            (line["whose"], line["algorithm"], int(line["seed"])): [_step(text) for text in line["trials"].split()]
            for line in csv.DictReader(file)
        }


def keep(searches: Searches) -> None:
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("whose", "algorithm", "seed", "trials"))
        for key in sorted(searches):
            writer.writerow((*key, " ".join(map(_text, searches[key]))))


def _text(step: Step) -> str:
    return f"{step.number}" if step == Step(step.number) else f"{step.number}:{step.first}-{step.last}"


def _step(text: str) -> Step:
    number, _, epochs = text.partition(":")
    return Step(int(number), *map(int, epochs.split("-"))) if epochs else Step(int(number))


# ---- what came of them


def after_trainings(table: Table, steps: Sequence[Step], trainings: int) -> list[float]:
    """The best score so far once 1, 2, … whole trainings are paid for, in epochs of any trials; 0 before there is any.
    A search that ended keeps what it had.
    """
    found, best, paid, left = [], 0.0, 0, iter(steps)
    step = next(left, None)
    for number in range(1, trainings + 1):
        while step is not None and paid + step.last - step.first <= number * EPOCHS:
            paid += step.last - step.first
            best = max(best, table.score(step))
            step = next(left, None)
        found.append(best)
    return found


def after_trials(table: Table, steps: Sequence[Step], trials: int) -> float:
    """The best score among the first trials, however short they were."""
    return max(table.score(step) for step in steps[:trials])


def different(steps: Sequence[Step]) -> int:
    """Architectures that were begun from their first epoch, each counted once: what was learned for what was paid."""
    return len({step.number for step in steps if step.first == 0})


def begun(steps: Sequence[Step]) -> int:
    """Trials that began a training, and did not continue one."""
    return sum(step.first == 0 for step in steps)


def of(searches: Searches, whose: str, algorithm: str) -> list[list[Step]]:
    """The searches of one algorithm, by seed."""
    return [steps for key, steps in sorted(searches.items()) if key[:2] == (whose, algorithm)]

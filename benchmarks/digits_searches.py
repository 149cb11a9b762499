"""The searches of algorithms.py as stored in digits_searches.csv, and their results.

A line is a search: its library, algorithm, seed and trials. Each trial is the number of an architecture, with its
epochs if these are not all.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from replay import EPOCHS, Step, Table

FILE = Path(__file__).with_suffix(".csv")
OURS, THEIRS = "sqsem", "keras-tuner"
SEARCHES: dict[str, tuple[str, ...]] = {
    OURS: (
        *("random", "bayesian", "hyperband", "evolution", "tpe", "nsga2"),
        *("random + asha", "bayesian + median", "bayesian + asha"),
    ),
    THEIRS: ("random", "bayesian", "hyperband"),
}
AFTER = (10, 25, 50, 100)
Key = tuple[str, str, int]
"""The library of a search, its algorithm, its seed."""
Searches = dict[Key, list[Step]]


# ---- the stored searches


def kept() -> Searches:
    """The searches of the file. A full training is stored as its number, any other with its epochs."""
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


# ---- results


def after_trainings(table: Table, steps: Sequence[Step], trainings: int) -> list[float]:
    """The best score after the cost of 1, 2, … full trainings, paid in epochs of any trials; 0 before the first trial.
    A search that has ended keeps its best score."""
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
    """The best score among the first trials, of any length."""
    return max(table.score(step) for step in steps[:trials])


def different(steps: Sequence[Step]) -> int:
    """The architectures that were trained from their first epoch, each counted once."""
    return len({step.number for step in steps if step.first == 0})


def begun(steps: Sequence[Step]) -> int:
    """Trials that started a training instead of continuing one."""
    return sum(step.first == 0 for step in steps)


def of(searches: Searches, whose: str, algorithm: str) -> list[list[Step]]:
    """The searches of one algorithm, by seed."""
    return [steps for key, steps in sorted(searches.items()) if key[:2] == (whose, algorithm)]

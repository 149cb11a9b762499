"""The searches of algorithms.py and search_quality.py as stored in a file of each task, and their results.

A line is a search: its library, algorithm, seed and trials. Each trial is the number of an architecture, with its
epochs if these are not all.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from tasks import EPOCHS, Step, Table, Task

OURS, THEIRS, OPTUNA = "sqsem", "keras-tuner", "optuna"
SEARCHES: dict[str, tuple[str, ...]] = {
    OURS: (
        *("random", "bayesian", "hyperband", "evolution", "tpe", "nsga2"),
        *("random + asha", "bayesian + median", "bayesian + asha"),
    ),
    THEIRS: ("random", "bayesian", "hyperband"),
    OPTUNA: ("tpe + median",),
}
SLOW = (THEIRS, "bayesian")
"""Its proposals take about a second each, so there are fewer of its searches."""
AFTER = (10, 25, 50, 100)
Key = tuple[str, str, int]
"""The library of a search, its algorithm, its seed."""
Searches = dict[Key, list[Step]]


# ---- the stored searches


def kept(task: Task) -> Searches:
    """The stored searches of a task. A full training is stored as its number, any other with its epochs."""
    if not task.searches.exists():
        return {}
    with task.searches.open(newline="", encoding="utf-8") as file:
        return {
            (line["whose"], line["algorithm"], int(line["seed"])): [_step(text) for text in line["trials"].split()]
            for line in csv.DictReader(file)
        }


def keep(task: Task, searches: Searches) -> None:
    """Adds searches to the stored ones, or replaces them."""
    every = kept(task) | searches
    draft = task.searches.with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("whose", "algorithm", "seed", "trials"))
        for key in sorted(every):
            writer.writerow((*key, " ".join(map(_text, every[key]))))
    draft.replace(task.searches)


def _text(step: Step) -> str:
    return f"{step.number}" if step == Step(step.number) else f"{step.number}:{step.first}-{step.last}"


def _step(text: str) -> Step:
    number, _, epochs = text.partition(":")
    return Step(int(number), *map(int, epochs.split("-"))) if epochs else Step(int(number))


# ---- results


def after_trainings(table: Table, steps: Sequence[Step], trainings: int) -> list[float]:
    """The best score after the cost of 1, 2, … full trainings, paid in epochs of any trials; the worst there is before
    the first trial. A search that has ended keeps its best score."""
    found, best, paid, left = [], table.task.worst, 0, iter(steps)
    step = next(left, None)
    for number in range(1, trainings + 1):
        while step is not None and paid + step.last - step.first <= number * EPOCHS:
            paid += step.last - step.first
            best = table.task.best((best, table.score(step)))
            step = next(left, None)
        found.append(best)
    return found


def after_trials(table: Table, steps: Sequence[Step], trials: int) -> float:
    """The best score among the first trials, of any length."""
    return table.task.best(table.score(step) for step in steps[:trials])


def different(steps: Sequence[Step]) -> int:
    """The architectures that were trained from their first epoch, each counted once."""
    return len({step.number for step in steps if step.first == 0})


def started_trainings(steps: Sequence[Step]) -> int:
    """Trials that started a training instead of continuing one."""
    return sum(step.first == 0 for step in steps)


def of(searches: Searches, whose: str, algorithm: str) -> list[list[Step]]:
    """The searches of one algorithm, by seed."""
    return [steps for key, steps in sorted(searches.items()) if key[:2] == (whose, algorithm)]

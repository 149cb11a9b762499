"""The best score that a search finds within n trainings: sqsem's algorithms vs. KerasTuner's.

    python benchmarks/algorithms.py [--seeds 20] [--slow-seeds 5] [--trainings 100] [--again WHOSE]
                                    [--plot docs/algorithms.svg]

replay.py defines the searches. Nothing is trained: scores come from digits_table.csv, which has a training of every
architecture. Searches that are missing in digits_searches.csv are run and added there; KerasTuner's Bayesian searches
take minutes each, so there are only `--slow-seeds` of them. `--again` reruns all searches of `sqsem` or `keras-tuner`.
The script prints the tables of docs/algorithms.md. Only the plot needs matplotlib.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from math import hypot, sqrt
from pathlib import Path
from statistics import mean, quantiles, stdev

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of a small Gaussian process wait for each other

from replay import keras_tuner_search, optuna_search, our_search, stopping_search  # noqa: E402
from searches import (  # noqa: E402
    AFTER,
    OPTUNA,
    OURS,
    SEARCHES,
    SLOW,
    THEIRS,
    Key,
    Searches,
    after_trainings,
    after_trials,
    different,
    keep,
    kept,
    of,
    started_trainings,
)
from tasks import TASKS, Step, Table, read_table  # noqa: E402


def search(table: Table, key: Key, trainings: int) -> list[Step]:
    whose, algorithm, seed = key
    if whose == OPTUNA:
        return optuna_search(table, trainings, seed)
    if " + " in algorithm:
        sampler, stopping = algorithm.split(" + ")
        return stopping_search(table, sampler, stopping, trainings, seed)
    made: Callable[[Table, str, int, int], list[Step]] = our_search if whose == OURS else keras_tuner_search
    return made(table, algorithm, trainings, seed)


# ---- the tables of the page


def facts_row(table: Table) -> list[str]:
    """The number of architectures, the spread of their scores, and how many share the best score."""
    scores = sorted(table.scores)
    marks = (scores[0], *quantiles(scores, n=4), scores[-1])
    return [str(len(scores)), *(f"{score:.4f}" for score in marks), str(scores.count(scores[-1]))]


def best_rows(table: Table, searches: Searches) -> Iterator[list[str]]:
    """By algorithm: the best score after each number of trainings in AFTER, and how many of all searches found it."""
    best = table.task.best(table.scores)
    for whose, algorithm in pairs(SEARCHES):
        curves = [after_trainings(table, steps, AFTER[-1]) for steps in of(searches, whose, algorithm)]
        if len(curves) > 1:
            found = f"{sum(curve[-1] == best for curve in curves)} of {len(curves)}"
            yield [whose, algorithm, *(spread([curve[n - 1] for curve in curves]) for n in AFTER), found]


def difference_rows(table: Table, searches: Searches) -> Iterator[list[str]]:
    """By algorithm that both have: the lead of sqsem in percentage points, and its standard error."""
    for algorithm in SEARCHES[THEIRS]:
        ours, theirs = (
            [after_trainings(table, steps, AFTER[-1]) for steps in of(searches, whose, algorithm)]
            for whose in (OURS, THEIRS)
        )
        if len(ours) > 1 and len(theirs) > 1:
            sides = [[[100 * curve[n - 1] for curve in curves] for curves in (ours, theirs)] for n in AFTER]
            yield [algorithm, *(f"{mean(a) - mean(b):+.2f} ± {hypot(error(a), error(b)):.2f}" for a, b in sides)]


def repeat_rows(searches: Searches) -> Iterator[list[str]]:
    """By algorithm, the means over its searches: trials, trainings started (the other trials continued one), and
    different architectures among those."""
    for whose, algorithm in pairs(SEARCHES):
        found = of(searches, whose, algorithm)
        if found:
            counts = [(len(steps), started_trainings(steps), different(steps)) for steps in found]
            yield [whose, algorithm, *(f"{mean(column):.4g}" for column in zip(*counts, strict=True))]


def by_trials_rows(table: Table, searches: Searches) -> Iterator[list[str]]:
    """Hyperband by number of trials: after one, two and four iterations of 23."""
    for whose in SEARCHES:
        found = of(searches, whose, "hyperband")
        if len(found) > 1:
            yield [whose, *(spread([after_trials(table, steps, n) for steps in found]) for n in (23, 46, 92))]


def pairs(searches: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    return ((whose, algorithm) for whose, algorithms in searches.items() for algorithm in algorithms)


def spread(values: Sequence[float]) -> str:
    """The mean and its standard error."""
    return f"{mean(values):.4f} ± {error(values):.4f}"


def error(values: Sequence[float]) -> float:
    """The standard error of the mean."""
    return stdev(values) / sqrt(len(values))


def markdown(head: Sequence[str], rows: Iterator[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(table: Table, searches: Searches) -> str:
    """The tables of the page."""
    after = [f"after {n} trainings" for n in AFTER]
    marks = ("architectures", "worst", "lower quartile", "median", "upper quartile", "best", "share the best")
    return "\n\n".join(
        (
            markdown(marks, iter([facts_row(table)])),
            markdown(("", "algorithm", *after, "found the best"), best_rows(table, searches)),
            markdown(("sqsem - KerasTuner, points", *after), difference_rows(table, searches)),
            markdown(("", "algorithm", "trials", "trainings started", "architectures"), repeat_rows(searches)),
            markdown(("hyperband", *(f"after {n} trials" for n in (23, 46, 92))), by_trials_rows(table, searches)),
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare search algorithms on a table of trainings.")
    parser.add_argument("--seeds", type=int, default=20, help="searches of each algorithm (default: 20)")
    parser.add_argument("--slow-seeds", type=int, default=5, help="of KerasTuner's Bayesian search (default: 5)")
    parser.add_argument("--trainings", type=int, default=AFTER[-1], help="length of a search (default: 100)")
    parser.add_argument("--again", choices=SEARCHES, help="make these searches anew")
    parser.add_argument("--plot", type=Path, help="draw the plot into this SVG file")
    arguments = parser.parse_args()
    task = TASKS["digits"]
    table = read_table(task)
    searches = {key: steps for key, steps in kept(task).items() if key[0] != arguments.again}
    for seed in range(arguments.seeds):
        for key in ((*names, seed) for names in pairs(SEARCHES)):
            if key not in searches and (key[:2] != SLOW or seed < arguments.slow_seeds):
                print(*key, flush=True)
                searches[key] = search(table, key, arguments.trainings)
                keep(task, {key: searches[key]})
    print(report(table, searches))
    if arguments.plot:
        from plot_algorithms import plot

        plot(table, searches, arguments.plot)


if __name__ == "__main__":
    main()

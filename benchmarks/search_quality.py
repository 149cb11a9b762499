"""How good the networks are that a search finds for its price, on several tasks: sqsem, KerasTuner and Optuna.

    python benchmarks/search_quality.py [--tasks digits cancer] [--seeds 20] [--slow-seeds 5] [--only WHOSE]

tasks.py has the tasks and replay.py the searches. Nothing is trained: scores come from the tables of make_table.py.
Searches that are missing in a task's file are run and added there; KerasTuner's Bayesian searches take minutes each, so
there are only `--slow-seeds` of them, of 50 trainings. The script prints the tables of docs/algorithms.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from math import exp, hypot, log
from statistics import mean

from algorithms import error, markdown, search, spread
from searches import OPTUNA, OURS, SLOW, THEIRS, Searches, after_trainings, keep, kept, of
from tasks import TASKS, Table, Task, read_table

System = tuple[str, str]
"""A library and its algorithm."""
DEFAULT: System = (OURS, "bayesian")
SLOW_TRAININGS = 50
"""The length of the searches of SLOW on tasks without searches of all lengths."""
OTHERS: tuple[System, ...] = ((THEIRS, "random"), SLOW, (THEIRS, "hyperband"), (OPTUNA, "tpe + median"))
SYSTEMS: tuple[System, ...] = (DEFAULT, (OURS, "bayesian + median"), (OURS, "bayesian + asha"), *OTHERS)
SEARCHED = [name for name, task in TASKS.items() if task.searches.exists()]
"""The tasks that have stored searches."""
AFTER = (5, 10, 25, 50, 100)
TRAININGS = AFTER[-1]
TARGETS = (25, 50, TRAININGS)
"""The numbers of trainings after which the mean of KerasTuner's best tuner is a target."""
Curves = Mapping[System, list[list[float]]]
"""For each search of a system, the best score so far after 1, 2, … trainings."""


def curves(table: Table, searches: Searches) -> Curves:
    """A curve ends where the shortest search of the slow system does."""
    found = {system: of(searches, *system) for system in SYSTEMS}
    return {
        system: [
            after_trainings(table, steps, min(map(len, several)) if system == SLOW else TRAININGS) for steps in several
        ]
        for system, several in found.items()
        if len(several) > 1
    }


# ---- the tables of the page


def facts_rows(tables: list[Table]) -> Iterator[list[str]]:
    """By task: the number of architectures, the objective, and the spread of their scores."""
    for table in tables:
        goal = table.task.goal
        scores = sorted(table.scores, key=lambda score: goal.sign * score, reverse=True)
        marks = (scores[0], scores[len(scores) // 2], scores[-1])
        count = str(scores.count(scores[-1]))
        yield [
            table.task.name,
            table.task.title,
            str(len(scores)),
            str(goal),
            *(f"{mark:.4f}" for mark in marks),
            count,
        ]


def best_rows(table: Table, found: Curves) -> Iterator[list[str]]:
    """By system: the best score after each number of trainings in AFTER, and how many searches found the best."""
    best = table.task.best(table.scores)
    for (whose, algorithm), several in found.items():
        ends = [[curve[n - 1] for curve in several if n <= len(curve)] for n in AFTER]
        scores = (spread(scores) if scores else "" for scores in ends)
        yield [whose, algorithm, *scores, f"{sum(curve[-1] == best for curve in several)} of {len(several)}"]


def lead_rows(tables: list[Table], found: list[Curves]) -> Iterator[list[str]]:
    """By task: by how much the default of sqsem is better than the best mean of the other libraries, with the standard
    error of the difference. Negative where it is worse."""
    for table, curves_of in zip(tables, found, strict=True):
        cells = []
        for n in AFTER:
            ends = _ends(curves_of, n)
            rival = min((system for system in OTHERS if system in ends), key=lambda it: _loss(table.task, ends[it]))
            lead = _loss(table.task, ends[rival]) - _loss(table.task, ends[DEFAULT])
            cells.append(f"{lead:+.4f} ± {hypot(error(ends[DEFAULT]), error(ends[rival])):.4f} ({' '.join(rival)})")
        yield [table.task.name, *cells]


def _ends(curves_of: Curves, n: int) -> dict[System, list[float]]:
    """The best scores after n trainings, or at the end of shorter searches."""
    return {system: [curve[min(n, len(curve)) - 1] for curve in several] for system, several in curves_of.items()}


def _loss(task: Task, scores: list[float]) -> float:
    """The mean score; less is better."""
    return task.goal.sign * mean(scores)


def needed_rows(tables: list[Table], found: list[Curves]) -> Iterator[list[str]]:
    """By system: for each task the trainings after which its mean reaches the last mean of KerasTuner's best tuner; and
    for this target and earlier ones the ratio to the trainings of the first of KerasTuner's tuners that reaches it, as
    a geometric mean over the tasks. A system that does not reach a target counts as if its last training did."""
    tasks = [(table.task, own) for table, own in zip(tables, found, strict=True)]
    for system in SYSTEMS:
        if all(system in own for _, own in tasks):
            numbers = [_needed(*task, system, TRAININGS) for task in tasks]
            cells = [f"{'' if reached else '> '}{own}" for reached, own, _ in numbers]
            yield [*system, *cells, *(_ratio([_needed(*task, system, n) for task in tasks]) for n in TARGETS)]


def _needed(task: Task, curves_of: Curves, system: System, n: int) -> tuple[bool, int, int]:
    """Whether a system reaches the mean that KerasTuner's best tuner has after n trainings; the trainings until then,
    or all of its trainings; and those of the tuner of KerasTuner that is there first."""
    _, score = target(task, curves_of, n)
    own = reaches(task, curves_of[system], score)
    theirs = (reaches(task, several, score) for each, several in curves_of.items() if each[0] == THEIRS)
    return own is not None, own or len(curves_of[system][0]), min(its for its in theirs if its is not None)


def _ratio(needed: list[tuple[bool, int, int]]) -> str:
    ratio = exp(mean(log(own / its) for _, own, its in needed))
    return f"{'' if all(reached for reached, _, _ in needed) else '> '}{ratio:.2f}"


def target(task: Task, curves_of: Curves, n: int) -> tuple[System, float]:
    """KerasTuner's tuner with the best mean after n trainings, and this mean."""
    ends = {system: scores for system, scores in _ends(curves_of, n).items() if system[0] == THEIRS}
    rival = min(ends, key=lambda system: _loss(task, ends[system]))
    return rival, mean(ends[rival])


def reaches(task: Task, several: list[list[float]], score: float) -> int | None:
    """The number of trainings after which the mean of the searches is as good as this; None if it never is."""
    means = (task.goal.sign * mean(column) for column in zip(*several, strict=True))
    return next((n for n, value in enumerate(means, 1) if value <= task.goal.sign * score), None)


def report(tables: list[Table], searches: list[Searches]) -> list[str]:
    """The tables of the page."""
    found = [curves(table, kept_ones) for table, kept_ones in zip(tables, searches, strict=True)]
    after = [f"after {n}" for n in AFTER]
    facts = ("task", "data", "networks", "objective", "worst", "median", "best", "share the best")
    names = []
    for table, curves_of in zip(tables, found, strict=True):
        (_, algorithm), score = target(table.task, curves_of, TRAININGS)
        names.append(f"{table.task.name}: {score:.4f} ({algorithm})")
    return [
        markdown(facts, facts_rows(tables)),
        markdown(("", "algorithm", *names, *(f"ratio, after {n}" for n in TARGETS)), needed_rows(tables, found)),
        markdown(("", *after), lead_rows(tables, found)),
        *(
            markdown((table.task.name, "algorithm", *after, "found the best"), best_rows(table, curves_of))
            for table, curves_of in zip(tables, found, strict=True)
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare searches on tables of trainings.")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=SEARCHED)
    parser.add_argument("--seeds", type=int, default=20, help="searches of each algorithm (default: 20)")
    parser.add_argument("--slow-seeds", type=int, default=5, help="of KerasTuner's Bayesian search (default: 5)")
    parser.add_argument("--only", choices=(OURS, THEIRS, OPTUNA), help="run no search of others")
    arguments = parser.parse_args()
    tables = [read_table(TASKS[name]) for name in arguments.tasks]
    for seed in range(arguments.seeds):
        for table in tables:
            for system in SYSTEMS:
                key = (*system, seed)
                wanted = arguments.only in (None, system[0]) and (system != SLOW or seed < arguments.slow_seeds)
                if wanted and key not in kept(table.task):
                    print(table.task.name, *key, flush=True)
                    length = SLOW_TRAININGS if system == SLOW else TRAININGS
                    keep(table.task, {key: search(table, key, length)})
    print(*report(tables, [kept(table.task) for table in tables]), sep="\n\n")


if __name__ == "__main__":
    main()

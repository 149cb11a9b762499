"""The processor time of proposals: what a search spends besides the trainings, measured in one search of each system.

    python benchmarks/proposal_seconds.py [--tasks digits cancer]

proposal_seconds.csv has the milliseconds before each trial: those in which the search proposed it, and recorded the
trial before. Building and training are not part of it, since the searches look results up. Searches are shorter than
those of search_quality.py; later trials take as long as the mean of the last `LAST` ones. Searches that are missing in
the file are run and added.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import mean
from time import process_time
from typing import Any

from algorithms import search
from cost_aware import per_second_search
from search_quality import SEARCHED, SYSTEMS, System
from searches import OURS, SLOW
from tasks import TASKS, Table, read_table
from training_seconds import seconds_of

FILE = Path(__file__).resolve().with_suffix(".csv")
PER_SECOND: System = (OURS, "bayesian per second")
SLOW_TRIALS = {"digits": 48, "cancer": 30, "mnist": 33, "vowels": 30}
"""Of KerasTuner's Bayesian search: its random trials, three for each hyperparameter, and about six proposed ones."""
STOPPED_TRAININGS = 25
"""Of searches that stop trials: they have several times as many trials."""
TRAININGS = 100
LAST = 6


@dataclass(frozen=True)
class Watched(Table):
    """A table that records when a trial of a search looks up its network."""

    moments: list[float] = field(default_factory=list)
    """The processor time of the search at each trial."""
    paused: list[float] = field(default_factory=list)
    """The time of look-ups, which a search that trains does not have."""

    def number_by_hand(self, hp: Any) -> int:
        self.task.by_hand(hp)  # where Optuna samples
        start = process_time()
        self.moments.append(start - sum(self.paused))
        number = super().number_by_hand(hp)
        self.paused.append(process_time() - start)
        return number


class Numbers(dict[str, int]):
    """The numbers of networks by id; records each request in `moments`."""

    moments: list[float]

    def __getitem__(self, key: str) -> int:
        self.moments.append(process_time())
        return super().__getitem__(key)


def measure(table: Table, system: System) -> list[float]:
    """The seconds before each trial of one search."""
    seconds = seconds_of(table) if system == PER_SECOND else ()
    watched = Watched(table.task, table.space, table.entries)
    if system[0] == OURS:
        numbers = Numbers(table.numbers)
        numbers.moments = watched.moments
        watched.__dict__["numbers"] = numbers
    start = process_time()
    if system == PER_SECOND:
        per_second_search(watched, seconds, TRAININGS, 0, until_best=False)
    else:
        length = SLOW_TRIALS[table.task.name] if system == SLOW else TRAININGS
        search(watched, (*system, 0), STOPPED_TRAININGS if " + " in system[1] else length)
    moments = [start, *watched.moments]
    return [after - before for before, after in pairwise(moments)]


def stored() -> dict[tuple[str, System], list[float]]:
    """The seconds before each trial, by task and system."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        return {
            (line["task"], (line["whose"], line["algorithm"])): [int(ms) / 1000 for ms in line["milliseconds"].split()]
            for line in csv.DictReader(file)
        }


def store(found: Mapping[tuple[str, System], list[float]]) -> None:
    draft = FILE.with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("task", "whose", "algorithm", "milliseconds"))
        for (task, system), seconds in sorted(found.items()):
            writer.writerow((task, *system, " ".join(f"{1000 * each:.0f}" for each in seconds)))
    draft.replace(FILE)


def endless(seconds: list[float]) -> Iterator[float]:
    """The seconds before each trial, also before those after the measured ones."""
    yield from seconds
    while True:
        yield mean(seconds[-LAST:])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the processor time of proposals.")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=SEARCHED)
    arguments = parser.parse_args()
    import keras_tuner  # noqa: F401 (its import is no part of a search)
    import optuna  # noqa: F401

    for name in arguments.tasks:
        table = read_table(TASKS[name])
        for system in (*SYSTEMS, PER_SECOND):
            if (name, system) not in stored():
                store(stored() | {(name, system): measure(table, system)})
        for system in (*SYSTEMS, PER_SECOND):
            seconds = stored()[name, system]
            print(name, *system, f"{mean(seconds):.3f} s, the last {mean(seconds[-LAST:]):.3f} s", flush=True)


if __name__ == "__main__":
    main()

"""The processor time of trainings: measured for some networks of each table, predicted for the others.

    python benchmarks/training_seconds.py [--sample 12]

The seconds in the tables of digits, cancer and mnist are wall time on a machine with other work, and say more about
that work than about the network. So this script trains a random sample of each again, and training_seconds.csv has the
processor time. The seconds of a network are a sum: a part for every training, one for each layer of an operator, and
one for the multiplications. These parts are at least 0, and fitted to the sample. In the table of vowels processor time
was measured for every training, so nothing is predicted there.

Trainings that are missing in training_seconds.csv are run and added. The script prints, for each task, the time of a
training and how well the parts explain it.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from random import Random
from statistics import mean, median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from scipy.optimize import nnls  # type: ignore[import-untyped]  # noqa: E402
from tasks import TASKS, Table, read_table  # noqa: E402

FILE = ROOT / "benchmarks" / "training_seconds.csv"
PREDICTED = ("digits", "cancer", "mnist")
"""The tasks whose tables have no processor time."""
Seconds = tuple[float, ...]
"""Of a full training of each network of a table, by number."""


def measured(task: str) -> dict[int, float]:
    """The processor time of trainings, by the number of the network."""
    if task not in PREDICTED:
        with TASKS[task].table.open(newline="", encoding="utf-8") as file:
            return {int(line["number"]): float(line["seconds"]) for line in csv.DictReader(file) if line["seed"] == "0"}
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        return {int(line["number"]): float(line["seconds"]) for line in csv.DictReader(file) if line["task"] == task}


def seconds_of(table: Table) -> Seconds:
    """Measured for every network, or predicted for every network."""
    name = table.task.name
    if name not in _KNOWN:  # Counting the layers of all networks takes seconds.
        _KNOWN[name] = _seconds_of(table)
    return _KNOWN[name]


_KNOWN: dict[str, Seconds] = {}
"""By task."""


def _seconds_of(table: Table) -> Seconds:
    known = measured(table.task.name)
    if table.task.name not in PREDICTED:
        return tuple(known[number] for number in range(len(table.entries)))
    found, parts = list(known), parts_of(table)
    weights, _ = nnls(parts[found], np.array([known[number] for number in found]))
    return tuple(map(float, parts @ weights))


def parts_of(table: Table) -> np.ndarray:
    """For each network, 1, the number of layers with each operator, and the multiplications in millions."""
    networks = [table.space.at(number) for number in range(len(table.entries))]
    operators = sorted({layer.operator for network in networks for layer in network.layers} - {"input"})
    counts = [[layer.operator for layer in network.layers] for network in networks]
    return np.array(
        [
            [1.0, *map(names.count, operators), network.macs / 1e6]
            for names, network in zip(counts, networks, strict=True)
        ]
    )


def errors(table: Table) -> list[float]:
    """The relative error of the prediction for each network of the sample, fitted to the others."""
    known, parts = measured(table.task.name), parts_of(table)
    found = []
    for number, seconds in known.items():
        others = [other for other in known if other != number]
        weights, _ = nnls(parts[others], np.array([known[other] for other in others]))
        found.append(abs(float(parts[number] @ weights) / seconds - 1))
    return found


def add(task: str, sample: int) -> None:
    """Trains the networks of a sample that were not measured yet."""
    from make_table import material, train

    count = material(task)[0].count
    assert count is not None
    wanted = Random(0).sample(range(count), sample)
    left = [number for number in wanted if number not in measured(task)]
    if left:
        train((task, left[0], 0))  # The first training of a process also imports.
    for number in left:
        seconds = train((task, number, 0))[5]
        fresh = not FILE.exists()
        with FILE.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows(([("task", "number", "seconds")] if fresh else []) + [(task, number, seconds)])
        print(task, number, seconds, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the processor time of trainings.")
    parser.add_argument("--sample", type=int, default=12, help="trainings of each table (default: 12)")
    arguments = parser.parse_args()
    for task in PREDICTED:
        add(task, arguments.sample)
    for name in (name for name, task in TASKS.items() if task.searches.exists()):
        table = read_table(TASKS[name])
        seconds = seconds_of(table)
        said = f"{name}: {mean(seconds):.2f} s, from {min(seconds):.2f} to {max(seconds):.2f}"
        if name in PREDICTED:
            said += f"; error of a prediction {median(errors(table)):.1%} in the median"
        print(said)


if __name__ == "__main__":
    main()

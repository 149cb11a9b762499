"""What a trial costs beside its training, as a study grows: a search whose trainings do nothing, beside KerasTuner's.

The space is the case study's, of 25,765,100 assignments. On our side a whole search runs in one process, journal and
all; on the other KerasTuner's RandomSearch with the same choices and conditions, its trials answered at once. Both get
the same made-up scores. Seconds for each trial are the mean over the last tenth of the trials up to that number; memory
is what the process holds then. The two run one after the other, each in a process of its own, as often as is asked.

    python benchmarks/bookkeeping.py [--trials 10000] [--theirs 1000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPEC = Path(__file__).resolve().parents[1] / "specs" / "squeezenet_se_auto.sqs"
MARKS = (100, 1_000, 10_000)


def memory() -> int:
    """Bytes that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Clock:
    """Notes when trials end."""

    def __init__(self) -> None:
        self.times = [time.perf_counter()]
        self.held: dict[int, int] = {}

    def tick(self) -> None:
        self.times.append(time.perf_counter())
        number = len(self.times) - 1
        if number in MARKS:
            self.held[number] = memory()

    def report(self) -> dict[int, tuple[float, int]]:
        """Trial numbers to seconds a trial, and bytes."""
        found = {}
        for mark in self.held:
            first = mark - mark // 10
            found[mark] = ((self.times[mark] - self.times[first]) / (mark - first), self.held[mark])
        return found


def score(number: int) -> float:
    """A made-up score: 0 to 1, in no order."""
    return number * 7919 % 10_007 / 10_007


def answer(task, dataset, tell, stop):
    """A training that does nothing, as `sqsem_dsl.study.trial.run_trial` would report it."""
    from sqsem_dsl.study.task import EpochEnded, Started, Trained

    tell(Started(task.number, os.getpid(), "here"))
    value = score(task.number)
    tell(EpochEnded(task.number, 0, 1, {"val_accuracy": value, "loss": 1.0}, 0.0))
    return Trained(task.number, (value,), {"val_accuracy": value, "loss": 1.0}, {}, 1)


def evaluate(work, dataset):
    return {}


def ours(trials: int) -> dict[int, tuple[float, int]]:
    import numpy as np

    from sqsem_dsl.compiler import load
    from sqsem_dsl.data.dataset import Dataset, Part
    from sqsem_dsl.spec.settings import SearchSettings
    from sqsem_dsl.study.executors.inline import Inline
    from sqsem_dsl.study.options import Options
    from sqsem_dsl.study.progress import Silent
    from sqsem_dsl.study.search import run_search

    clock = Clock()

    class Ticking(Silent):
        def ended(self, trial, view):
            clock.tick()

    space = load(SPEC)
    space.search = SearchSettings()  # random, whatever the spec says
    part = Part({"image": np.zeros((1, 32, 32, 3), np.float32)}, {"label": np.zeros(1, np.int32)})
    data = Dataset("nothing", space.outputs, part, part, part)
    sys.path.insert(0, str(Path(__file__).parent))
    with tempfile.TemporaryDirectory() as folder:
        executor = Inline(data, "bookkeeping:answer")
        try:
            run_search(space, data, Path(folder, "out"), executor, Options(trials=trials), progress=Ticking())
        except Exception as error:  # The models of trials that do nothing are nowhere.
            print(error, file=sys.stderr)
    return clock.report()


def theirs(trials: int) -> dict[int, tuple[float, int]]:
    import keras_tuner

    from sqsem_dsl.compiler import load
    from sqsem_dsl.study.conditions import hyperparameter
    from sqsem_dsl.targets.hyperparameters import Declarations

    clock = Clock()
    declarations = Declarations.of(load(SPEC).choices)

    class Empty(keras_tuner.RandomSearch):
        def _populate_initial_space(self):
            hp = self.oracle.get_space()
            declarations.declare(hp, hyperparameter)
            self.oracle.update_space(hp)

        def run_trial(self, trial, *args, **kwargs):
            return {"val_accuracy": score(int(trial.trial_id) + 1)}

        def on_trial_end(self, trial):
            super().on_trial_end(trial)
            clock.tick()

    with tempfile.TemporaryDirectory() as folder:
        objective = keras_tuner.Objective("val_accuracy", "max")
        tuner = Empty(lambda hp: None, objective=objective, max_trials=trials, directory=folder, seed=1)
        tuner.search(verbose=0)
    return clock.report()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--theirs", type=int, default=1_000, help="trials of KerasTuner, which slow down")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=("ours", "theirs"), help="run one side and write its figures as JSON")
    arguments = parser.parse_args()
    if arguments.side:
        run = ours if arguments.side == "ours" else theirs
        print(json.dumps(run(arguments.trials if arguments.side == "ours" else arguments.theirs)))
        return
    rows: dict[str, list[dict[str, list[float]]]] = {"ours": [], "theirs": []}
    for _ in range(arguments.rounds):
        for side in rows:
            command = [sys.executable, __file__, "--side", side]
            command += ["--trials", str(arguments.trials), "--theirs", str(arguments.theirs)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            rows[side].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'trials':>8}  {'ours':>10}  {'KerasTuner':>10}  {'ratio':>6}  {'ours holds':>10}  {'KerasTuner':>10}")
    for mark in map(str, MARKS):
        cells = {}
        for side, found in rows.items():
            several = [row[mark] for row in found if mark in row]
            if several:
                cells[side] = [statistics.median(column) for column in zip(*several, strict=True)]
        if "ours" not in cells:
            continue
        (seconds, held), other = cells["ours"], cells.get("theirs")
        line = f"{int(mark):>8,}  {seconds * 1e3:>7.2f} ms  "
        line += f"{other[0] * 1e3:>7.2f} ms  {seconds / other[0]:>6.3f}  " if other else f"{'-':>10}  {'-':>6}  "
        line += f"{held / 1e6:>7.0f} MB  " + (f"{other[1] / 1e6:>7.0f} MB" if other else f"{'-':>10}")
        print(line)


if __name__ == "__main__":
    main()

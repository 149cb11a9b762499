"""The overhead of a trial as a search grows, with trainings that do nothing: sqsem vs. KerasTuner.

- `study`: a whole sqsem search with a random algorithm in one process, with its journal. Tasks are answered at once;
  the network of each trial is computed for its id and its size.
- `oracle`: KerasTuner's RandomSearch with the same choices and conditions; `run_trial` is answered at once, without a
  model.
- `tuner`: the same with KerasTuner's own `run_trial`, a model of one layer, and a `fit` that does nothing.

All get the same made-up scores. The time per trial is the mean over the last tenth of the trials up to that number;
memory is what the process uses then. Each runs in its own process, one after the other, as often as requested.

    python benchmarks/bookkeeping.py [--spec specs/digits.sqs] [--rounds 3]
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

SPECS = Path(__file__).resolve().parents[1] / "specs"
MARKS = (100, 1_000, 10_000)
MOST = {"study": 10_000, "oracle": 1_000, "tuner": 1_000}
"""Trials of each side."""


def memory() -> int:
    """The memory of this process in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Clock:
    """Records when trials end."""

    def __init__(self) -> None:
        self.times = [time.perf_counter()]
        self.held: dict[int, int] = {}

    def tick(self) -> None:
        self.times.append(time.perf_counter())
        number = len(self.times) - 1
        if number in MARKS:
            self.held[number] = memory()

    def report(self) -> dict[int, tuple[float, int]]:
        """Trial numbers to seconds per trial, and bytes."""
        found = {}
        for mark in self.held:
            first = mark - mark // 10
            found[mark] = ((self.times[mark] - self.times[first]) / (mark - first), self.held[mark])
        return found


def score(number: int) -> float:
    """A made-up score from 0 to 1, in no order."""
    return number * 7919 % 10_007 / 10_007


def answer(task, dataset, tell, stop):
    """A training that does nothing; it reports like `sqsem_dsl.study.trial.trial.run_trial`."""
    from sqsem_dsl.study.task import EpochEnded, Started, Trained

    tell(Started(task.number, os.getpid(), "here"))
    value = score(task.number)
    tell(EpochEnded(task.number, 0, 1, {"val_accuracy": value, "loss": 1.0}, 0.0))
    return Trained(task.number, (value,), {"val_accuracy": value, "loss": 1.0}, {}, 1)


def evaluate(work, dataset):
    return {}


def study(spec: Path, trials: int) -> dict[int, tuple[float, int]]:
    import numpy as np

    from sqsem_dsl.api.space import load
    from sqsem_dsl.data.dataset import Dataset, Part
    from sqsem_dsl.settings.sections import SearchSettings
    from sqsem_dsl.study.executors.inline import Inline
    from sqsem_dsl.study.options import SearchOptions
    from sqsem_dsl.study.progress.progress import NullProgress
    from sqsem_dsl.study.search import run_search

    clock = Clock()

    class Ticking(NullProgress):
        def ended(self, trial, view):
            clock.tick()

    space = load(spec)
    space.search_settings = SearchSettings()  # random, even if the spec sets another
    inputs = {name: np.zeros((1, *shape), np.float32) for name, shape in space.inputs.items()}
    part = Part(inputs, {name: np.zeros(1, np.int32) for name in space.outputs})
    data = Dataset("nothing", space.outputs, part, part, part)
    sys.path.insert(0, str(Path(__file__).parent))
    with tempfile.TemporaryDirectory() as folder:
        executor = Inline(data, "bookkeeping:answer")
        run_search(space, data, Path(folder, "out"), executor, SearchOptions(trials=trials), progress=Ticking())
    return clock.report()


def oracle(spec: Path, trials: int) -> dict[int, tuple[float, int]]:
    return theirs(spec, trials, answered=True)


def tuner(spec: Path, trials: int) -> dict[int, tuple[float, int]]:
    return theirs(spec, trials, answered=False)


def theirs(spec: Path, trials: int, answered: bool) -> dict[int, tuple[float, int]]:
    """KerasTuner's side."""
    import keras
    import keras_tuner

    from sqsem_dsl.api.space import load
    from sqsem_dsl.study.kerastuner.hyperparameters import Declarations

    clock, declarations = Clock(), Declarations.of(load(spec).choices)

    class Empty(keras_tuner.HyperModel):
        def build(self, hp):
            declarations.declare(hp)
            model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            return model

        def fit(self, hp, model, *args, **kwargs):
            return {"val_accuracy": score(len(clock.times))}

    class Tuner(keras_tuner.RandomSearch):
        def on_trial_end(self, trial):
            super().on_trial_end(trial)
            clock.tick()

    class Answered(Tuner):
        def run_trial(self, trial, *args, **kwargs):
            return {"val_accuracy": score(len(clock.times))}

    with tempfile.TemporaryDirectory() as folder:
        objective = keras_tuner.Objective("val_accuracy", "max")
        made = (Answered if answered else Tuner)(
            Empty(), objective=objective, max_trials=trials, directory=folder, seed=1
        )
        made.search(verbose=0)
    return clock.report()


SIDES = {"study": study, "oracle": oracle, "tuner": tuner}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=SPECS / "digits.sqs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help="run one side and write its figures as JSON")
    parser.add_argument("--sides", default=",".join(SIDES))
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(SIDES[arguments.side](arguments.spec, MOST[arguments.side])))
        return
    sides = arguments.sides.split(",")
    rows: dict[str, list[dict[str, list[float]]]] = {side: [] for side in sides}
    for _ in range(arguments.rounds):
        for side in sides:
            command = [sys.executable, __file__, "--spec", str(arguments.spec), "--side", side]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows[side].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'trials':>8}" + "".join(f"  {side:>20}" for side in sides) + "".join(f"  study/{s}" for s in sides[1:]))
    for mark in map(str, MARKS):
        cells = {}
        for side, found in rows.items():
            several = [row[mark] for row in found if mark in row]
            if several:
                cells[side] = [statistics.median(column) for column in zip(*several, strict=True)]
        line = f"{int(mark):>8,}"
        for side in sides:
            cell = "" if side not in cells else f"{cells[side][0] * 1e3:.2f} ms, {cells[side][1] / 1e6:.0f} MB"
            line += f"  {cell:>20}"
        for side in sides[1:]:
            ratio = f"{cells['study'][0] / cells[side][0]:.3f}" if side in cells else ""
            line += f"  {ratio:>{len(side) + 6}}"
        print(line)


if __name__ == "__main__":
    main()

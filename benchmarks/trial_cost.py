"""The overhead of a trial beside its steps: sqsem vs. KerasTuner.

    KERAS_BACKEND=tensorflow python benchmarks/trial_cost.py [SPEC] [--trials 8] [--again]

Two processes, one per side, train the same architectures of a space on the same 2,000 random images (400 more for
validation) in batches of 32, for one epoch with Adam: sqsem by `run_trial`, like a study's worker, KerasTuner by
`keras_tuner.RandomSearch` with a hypermodel that builds the same models and compiles them in the usual way. They
alternate trial by trial, so other load on the machine affects both. In each the steps are timed separately: the median
of the training steps times their number, and the same for validation, without the first of each. The rest of a trial's
time is its fixed cost: building, tracing, compiling, collecting, saving. The first trial of each process is reported
separately, because it includes one-time work. Processor time is that of all threads.

JAX's compiled programs are cached in a new folder. `--again` runs sqsem a second time with that cache, as when a study
is repeated or resumed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np

ROOT = Path(__file__).parent.parent
SETTINGS = {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 1}
POOL = 1000
"""The architectures to sample trials from."""


def clock():
    return np.array([perf_counter(), process_time()])


def architecture(space, number):
    """The same for both sides, and different for each number."""
    from sqsem_dsl.network.architecture import Architecture
    from sqsem_dsl.network.layers import Network
    from sqsem_dsl.settings.sections import TrainSettings

    sampled = space.sample_one(number)
    return Architecture(
        sampled.space, sampled.choices, Network(sampled.layers, sampled.outputs, TrainSettings.from_plain(SETTINGS))
    )


def random_data(space):
    from sqsem_dsl.data.dataset import Dataset, Part

    generator = np.random.default_rng(0)
    (name, shape), (output, fact) = next(iter(space.inputs.items())), next(iter(space.outputs.items()))

    def part(count):
        images = generator.random((count, *shape), np.float32)
        return Part({name: images}, {output: generator.integers(0, fact.shape[-1], count).astype(np.int32)})

    return Dataset("random", space.outputs, part(2000), part(400), part(32))


def timing():
    """A callback that times the steps."""
    import keras

    class Timing(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return self

        def clear(self):
            self.kinds = {"train": [], "test": []}

        def on_train_batch_begin(self, batch, logs=None):
            self.start = clock()

        on_test_batch_begin = on_train_batch_begin

        def on_train_batch_end(self, batch, logs=None):
            self.kinds["train"].append(clock() - self.start)

        def on_test_batch_end(self, batch, logs=None):
            self.kinds["test"].append(clock() - self.start)

        def steps(self):
            return sum(np.median(times[1:], axis=0) * len(times) for times in self.kinds.values())

    return Timing()


def say(**facts):
    print(json.dumps(facts), flush=True)


def ours(space, folder):
    """Trains the architecture of each number on the standard input."""
    from sqsem_dsl.study.trial.process_setup import prepare_process

    prepare_process()
    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.study.objective import Goal
    from sqsem_dsl.study.task import Task
    from sqsem_dsl.study.trial.trial import run_trial

    dataset, callback, fit = random_data(space), timing(), training.fit
    training.fit = lambda *args, callbacks, **kwargs: fit(*args, callbacks=[*callbacks, callback], **kwargs)
    best = None
    say(ready=True)
    for line in sys.stdin:
        number = int(line)
        callback.clear()
        began = clock()
        task = Task(
            number,
            architecture(space, number),
            (Goal("val_accuracy", "max"),),
            epochs=1,
            seeds=(number,),
            checkpoint=str(folder / f"{number}.checkpoint"),
            model=str(folder / f"{number}.keras"),
            worth=best,
        )
        done = run_trial(task, dataset, lambda message: None, lambda: False)
        best = min(-done.scores[0], 0.0 if best is None else best)
        took = clock() - began
        say(took=list(took), steps=list(callback.steps()))


def theirs(space, folder):
    """Announces the next architecture, and trains it after each line on the standard input."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import keras_tuner

    from sqsem_dsl.backends.keras.model import build_model

    dataset, callback = random_data(space), timing()
    (x,), (y,) = dataset.train.inputs.values(), dataset.train.labels.values()
    (valid_x,), (valid_y,) = dataset.validation.inputs.values(), dataset.validation.labels.values()

    def build(hp):
        model = build_model(architecture(space, hp.Int("number", 0, POOL - 1)))
        model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    class Tuner(keras_tuner.RandomSearch):
        def on_trial_begin(self, trial):
            say(number=trial.hyperparameters.get("number"))
            sys.stdin.readline()
            callback.clear()
            self.began = clock()
            super().on_trial_begin(trial)

        def on_trial_end(self, trial):
            super().on_trial_end(trial)
            say(took=list(clock() - self.began), steps=list(callback.steps()))

    tuner = Tuner(build, "val_accuracy", max_trials=POOL, seed=1, directory=folder, project_name="theirs")
    say(ready=True)
    tuner.search(x, y, validation_data=(valid_x, valid_y), batch_size=32, epochs=1, verbose=0, callbacks=[callback])


class Side:
    """A process of one side, controlled by lines."""

    def __init__(self, name, spec, folder, cache):
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        command = [sys.executable, __file__, spec, "--side", name, "--folder", folder]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.read()

    def read(self):
        return json.loads(self.process.stdout.readline())

    def train(self, number):
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        found = self.read()
        return np.array(found["took"]) - found["steps"], np.array(found["steps"])


def table(rows):
    """The fixed cost of each side, wall and processor time: first trial, then median, minimum, maximum of the rest."""
    print(f"{'':28}{'first':>8}{'median':>8}{'least':>8}{'most':>8}{'steps':>8}")
    for kind, at in (("wall", 0), ("processor", 1)):
        for name, trials in rows.items():
            fixed = [one[at] for one, _ in trials]
            steps = median(one[at] for _, one in trials)
            rest = fixed[1:]
            values = (fixed[0], median(rest), min(rest), max(rest), steps)
            print(f"{name + ', ' + kind:28}" + "".join(f"{value:8.2f}" for value in values))
        pairs = zip(rows["ours"], rows["KerasTuner"], strict=True)
        first, *rest = [mine[0][at] / their[0][at] for mine, their in pairs]
        values = (first, median(rest), min(rest), max(rest))
        print(f"{'ratio, ' + kind:28}" + "".join(f"{value:8.2f}" for value in values))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", nargs="?", default=str(ROOT / "specs/squeezenet_se_auto.sqs"))
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--side", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        import sqsem_dsl

        {"ours": ours, "theirs": theirs}[given.side](sqsem_dsl.load(given.spec), Path(given.folder))
        return
    with TemporaryDirectory() as folder:
        sides = {
            "ours": Side("ours", given.spec, folder, folder),
            "KerasTuner": Side("theirs", given.spec, folder, folder),
        }
        rows = {name: [] for name in sides}
        numbers = []
        for turn in range(given.trials + 1):
            numbers.append(sides["KerasTuner"].read()["number"])
            for name in sorted(sides, reverse=bool(turn % 2)):
                rows[name].append(sides[name].train(numbers[-1]))
        for side in sides.values():
            side.process.kill()
        if given.again:
            again = Side("ours", given.spec, folder, folder)
            rows["ours again"] = [again.train(number) for number in numbers]
            again.process.kill()
    table(rows)


if __name__ == "__main__":
    main()

"""Do searches get faster if a trial begins with the weights of the nearest finished trial? Searches that train.

    python benchmarks/inherited_weights.py TASK… [--seeds 8]   # adds to inherited_weights.csv
    python benchmarks/inherited_weights.py TASK… --final       # trains what the searches chose, from scratch
    python benchmarks/inherited_weights.py TASK… --longer      # trains what `scratch 9` chose for more epochs
    python benchmarks/inherited_weights.py TASK… --seconds     # measures trials with sqsem's trainer
    python benchmarks/inherited_weights_table.py               # prints the results

The tasks are those of tasks.py, the networks those of their tables, the split is that of make_table.py. An arm is a
kind of search. Every search pays for as many epochs as 15 full trainings of 9 epochs:

    scratch 9     each trial trains 9 epochs from initial weights
    scratch 3     each trial trains 3 epochs from initial weights
    inherited 3   the first trial trains 9 epochs, each later one 3 from inherited weights
    inherited 9   each trial trains 9 epochs from inherited weights

A trial inherits from the finished trial with the fewest different choices; of several, from the one with the best
score. A variable takes the values of the variable with the same path, that is the same name of the layer in the
space: whole, or the part that both shapes have. Convolution windows are aligned at their centers, channels at the
first. The rows of a dense layer after `flatten` are seen as [height, width, channels]. The rest keeps its initial
values, and the optimizer begins anew. Batch normalization's statistics are inherited like weights and, like in sqsem,
estimated again before each validation. A trial leaves the weights of its best epoch.

In all arms a network has the same initial weights and the same order of samples for the same seed. Networks are trained
with NumPy (numpy_networks.py), with the numbers that Keras would give, because tracing thousands of models takes hours.
Seconds are therefore those of trials with sqsem's trainer, measured on some networks of each task (`--seconds`).

Searches are stored when they end; run the script again to resume.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Before a framework is imported: threads that wait for each other do not make small networks faster.
for threads in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
from numpy_networks import Training, Weights, initial  # noqa: E402
from tasks import EPOCHS, TASKS, Table, read_table  # noqa: E402

OUT = HERE / "inherited_weights.csv"
FINAL = HERE / "inherited_weights_final.csv"
LONGER = HERE / "inherited_weights_longer.csv"
LAST = 3
SECONDS = HERE / "inherited_weights_seconds.csv"
MEASURED = 6
"""Networks of a task of which trials are measured."""
TRAININGS = 15
"""Full trainings that a search pays for."""
SHORT = 3
ARMS = {"scratch 9": (EPOCHS, False), "scratch 3": (SHORT, False), "inherited 3": (SHORT, True)}
ARMS["inherited 9"] = (EPOCHS, True)
ALGORITHMS: dict[str, dict[str, Any]] = {
    "random": {"name": "random"},
    "bayesian": {"name": "bayesian"},
}
HEAD = (
    *("task", "algorithm", "arm", "seed", "trial", "number", "parent", "distance", "copied"),
    "scores",
)
SECONDS_HEAD = ("task", "number", "copying", "short", "full")
LONGER_HEAD = ("task", "algorithm", "seed", "number", "score", "test")
FINAL_HEAD = ("task", "number", "seed", "score", "test")
FINAL_SEEDS = tuple(range(101, 106))


@dataclass(frozen=True)
class Trial:
    trial: int
    number: int
    parent: int
    """The number of the trial that it inherited from, or 0."""
    distance: int
    """Choices that are different from the parent's."""
    copied: float
    """The share of the weights that are inherited."""
    scores: tuple[float, ...]
    """The objective after each epoch."""

    @property
    def line(self) -> tuple[Any, ...]:
        *most, scores = vars(self).values()
        return *most, " ".join(map(str, scores))


# ---- inheritance


def inherited(
    parent: np.ndarray, child: np.ndarray, views: tuple[tuple[int, ...], tuple[int, ...]] | None = None
) -> tuple[np.ndarray, int]:
    """The child's initial values with those of the parent where both have any, and how many these are.

    All axes but the last two are windows and aligned at their centers. `views` are shapes of the parent and the child
    in which to compare them.

    >>> new, count = inherited(np.ones((2, 3)), np.zeros((3, 2)))
    >>> new.tolist(), count
    ([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]], 4)
    >>> inherited(np.arange(3.0).reshape(3, 1, 1), np.zeros((5, 1, 1)))[0].ravel().tolist()
    [0.0, 0.0, 1.0, 2.0, 0.0]
    """
    old, new = parent, child.copy()
    if views is not None:
        old, new = old.reshape(views[0]), new.reshape(views[1])
    if old.ndim != new.ndim:
        return child, 0
    source, target = [], []
    for axis, (m, n) in enumerate(zip(old.shape, new.shape, strict=True)):
        both = min(m, n)
        centered = axis < old.ndim - 2
        source.append(slice(start := (m - both) // 2 if centered else 0, start + both))
        target.append(slice(start := (n - both) // 2 if centered else 0, start + both))
    new[tuple(target)] = old[tuple(source)]
    return new.reshape(child.shape), int(old[tuple(source)].size)


def distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """Choices that are different, or active in one of both.

    >>> distance({"n": 1, "n[0].act": "relu"}, {"n": 2, "n[0].act": "relu", "n[1].act": "tanh"})
    2
    """
    return sum(one.get(path) != other.get(path) for path in {*one, *other})


# ---- training


class Network:
    """A network of a task, for any number of trainings."""

    def __init__(self, material: Material, number: int) -> None:
        self.material, self.number = material, number
        self.architecture = material.table.space.at(number)
        self.choices = self.architecture.choices
        self.rows = _rows_of_dense(self.architecture)

    def initial(self, seed: int) -> Weights:
        return initial(self.architecture, np.random.default_rng([seed, self.number]))

    def inherit(self, weights: Weights, parent: Network, left: Weights) -> tuple[Weights, float]:
        """Initial weights with those that another network has left, and their share."""
        found, copied = dict(weights), 0
        for path, value in weights.items():
            if path not in left:
                continue
            views = None
            if path in self.rows and path in parent.rows:
                views = (*parent.rows[path], left[path].shape[-1]), (*self.rows[path], value.shape[-1])
            found[path], count = inherited(left[path], value, views)
            copied += count
        return found, copied / sum(value.size for value in weights.values())

    def fit(self, weights: Weights, seed: int, epochs: int) -> tuple[tuple[float, ...], Weights]:
        """Trains, and returns the score after each epoch and the weights of the best one."""
        data, task = self.material, self.material.table.task
        training = Training(self.architecture, weights, np.random.default_rng([seed, self.number, 0]))
        inputs, labels = data.parts["train"]
        scores: list[float] = []
        left = weights
        for epoch in range(epochs):
            for rows in self.batches(seed, epoch):
                training.step(inputs[rows], labels[rows])
            training.estimate_statistics(data.samples)
            scores.append(round(training.scores(*data.parts["validation"])[data.metric], 5))
            if scores[-1] == task.best(scores):
                left = {path: value.copy() for path, value in training.weights.items()}
        return tuple(scores), left

    def batches(self, seed: int, epoch: int) -> Iterator[np.ndarray]:
        """The samples of each batch of an epoch. Every batch is full: the last one has some of a second order."""
        samples = len(self.material.parts["train"][0])
        size = min(self.architecture.train.batch_size, samples)
        rng = np.random.default_rng([seed, self.number, 1, epoch])
        order = np.concatenate([rng.permutation(samples) for _ in range(2)])
        return (order[at : at + size] for at in range(0, samples, size))

    def test(self, weights: Weights) -> float:
        """The objective on the test set."""
        training = Training(self.architecture, weights, np.random.default_rng(0))
        return training.scores(*self.material.parts["test"])[self.material.metric]


class Material:
    """The data of a task, scaled as its spec says, and its networks."""

    def __init__(self, table: Table) -> None:
        from make_table import material

        from sqsem_dsl.backends.keras.precise_batchnorm import sample_batches
        from sqsem_dsl.backends.keras.standardize import scales

        self.table = table
        self.metric = table.task.goal.metric.removeprefix("val_")
        space, data = material(table.task.name)
        architecture = space.at(0)
        (scale,) = scales(architecture.train, data, architecture.inputs).values()
        mean, stddev = (np.float32(list(one) or default) for one, default in ((scale.mean, [0]), (scale.stddev, [1])))
        self.parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name, part in (("train", data.train), ("validation", data.validation), ("test", data.test)):
            (inputs,), (labels,) = part.inputs.values(), part.labels.values()
            scaled = (np.asarray(inputs).astype("float32") / np.float32(scale.divisor) - mean) / stddev
            self.parts[name] = scaled, np.asarray(labels).reshape(-1)
        inputs, _ = self.parts["train"]
        self.samples = [inputs[rows] for rows in sample_batches(len(inputs), seed=0)]
        self.networks: dict[int, Network] = {}

    def network(self, number: int) -> Network:
        if number not in self.networks:
            self.networks[number] = Network(self, number)
        return self.networks[number]


def _rows_of_dense(architecture: Any) -> dict[str, tuple[int, ...]]:
    """For the kernel of each dense layer after `flatten`, the shape that was flattened."""
    found = {}
    for layer in architecture.layers:
        at = layer.inputs[0] if layer.inputs else None
        while at is not None and architecture.layers[at].operator in ("dropout", "identity"):
            at = architecture.layers[at].inputs[0]
        if layer.operator == "dense" and at is not None and architecture.layers[at].operator == "flatten":
            found[f"{layer.name}/kernel"] = tuple(architecture.layers[architecture.layers[at].inputs[0]].shape)
    return found


# ---- searches


def search(material: Material, algorithm: str, arm: str, seed: int) -> list[Trial]:
    """All trials of a search."""
    from sqsem_dsl.settings.search import SearchSettings
    from sqsem_dsl.study.algorithms.algorithm import Proposal
    from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm

    table, task = material.table, material.table.task
    epochs, inherits = ARMS[arm]
    settings = SearchSettings.from_plain({"algorithm": ALGORITHMS[algorithm]})
    asked = make_algorithm(table.space, settings, (task.goal,), trials=None, epochs=None, seed=seed)
    trials: list[Trial] = []
    left: list[Weights] = []
    paid = 0
    while True:
        length = epochs if trials or not inherits else EPOCHS
        if paid + length > TRAININGS * EPOCHS:
            return trials
        paid += length
        proposal = asked.ask(len(trials) + 1)
        assert isinstance(proposal, Proposal)
        network = material.network(table.numbers[proposal.architecture.id])
        weights = network.initial(seed)
        position, apart, share = 0, 0, 0.0
        if inherits and trials:
            apart, _, position = min(_nearness(material, network, trial) for trial in trials)
            parent = material.network(trials[position - 1].number)
            weights, share = network.inherit(weights, parent, left[position - 1])
        scores, weights = network.fit(weights, seed, length)
        left.append(weights)
        trials.append(Trial(len(trials) + 1, network.number, position, apart, round(share, 3), scores))
        asked.tell(len(trials), (task.best(scores),))


def _nearness(material: Material, network: Network, trial: Trial) -> tuple[int, float, int]:
    """The trial with the least is the nearest: its distance, its score, and its number."""
    apart = distance(network.choices, material.network(trial.number).choices)
    task = material.table.task
    return apart, task.goal.sign * task.best(trial.scores), trial.trial


Key = tuple[str, str, str, int]
"""The task, the algorithm, the arm, and the seed."""


def stored() -> dict[Key, list[Trial]]:
    """The searches in the file."""
    found: dict[Key, list[Trial]] = {}
    if OUT.exists():
        with OUT.open(newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                key = line["task"], line["algorithm"], line["arm"], int(line["seed"])
                found.setdefault(key, []).append(
                    Trial(
                        *(int(line[name]) for name in ("trial", "number", "parent", "distance")),
                        copied=float(line["copied"]),
                        scores=tuple(map(float, line["scores"].split())),
                    )
                )
    return found


def append(path: Path, head: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(head)
        writer.writerows(lines)


def run(tasks: Sequence[str], algorithms: Sequence[str], arms: Sequence[str], seeds: int) -> None:
    of, done = {task: Material(read_table(TASKS[task])) for task in tasks}, stored()
    for algorithm, task, seed, arm in product(algorithms, tasks, range(1, seeds + 1), arms):
        if (task, algorithm, arm, seed) in done:
            continue
        trials = search(of[task], algorithm, arm, seed)
        append(OUT, HEAD, [(task, algorithm, arm, seed, *trial.line) for trial in trials])
        best = TASKS[task].best(score for trial in trials for score in trial.scores)
        print(f"{task} {algorithm} {arm} {seed}: {best}; {time.process_time():.0f} s so far", flush=True)


def run_final(tasks: Sequence[str]) -> None:
    """Trains the networks that the searches have chosen in the end from scratch, with new seeds."""
    of, done = {task: Material(read_table(TASKS[task])) for task in tasks}, set()
    if FINAL.exists():
        with FINAL.open(newline="", encoding="utf-8") as file:
            done = {(line["task"], int(line["number"])) for line in csv.DictReader(file)}
    for (task, algorithm, arm, seed), trials in stored().items():
        best = TASKS[task].best(TASKS[task].best(trial.scores) for trial in trials)
        number = next(trial.number for trial in trials if TASKS[task].best(trial.scores) == best)
        if task not in tasks or (task, number) in done:
            continue
        network, lines = of[task].network(number), []
        for new in FINAL_SEEDS:
            scores, left = network.fit(network.initial(new), new, EPOCHS)
            lines.append((task, number, new, TASKS[task].best(scores), round(network.test(left), 5)))
        append(FINAL, FINAL_HEAD, lines)
        done.add((task, number))
        print(f"{task} {number}, chosen by {algorithm} {arm} {seed}: {lines}", flush=True)


def run_longer(tasks: Sequence[str]) -> None:
    """Trains what `scratch 9` has chosen before its last 3 trials for as many epochs more as these."""
    of, done = {task: Material(read_table(TASKS[task])) for task in tasks}, set()
    if LONGER.exists():
        with LONGER.open(newline="", encoding="utf-8") as file:
            done = {(line["task"], line["algorithm"], int(line["seed"])) for line in csv.DictReader(file)}
    for (task, algorithm, arm, seed), trials in stored().items():
        if arm == "scratch 9" and task in tasks and (task, algorithm, seed) not in done:
            sign, best = TASKS[task].goal.sign, TASKS[task].best
            chosen = min(trials[:-LAST], key=lambda trial: sign * best(trial.scores))
            network = of[task].network(chosen.number)
            scores, left = network.fit(network.initial(seed), seed, EPOCHS * (1 + LAST))
            assert scores[:EPOCHS] == chosen.scores
            line = (task, algorithm, seed, chosen.number, best(scores), round(network.test(left), 5))
            append(LONGER, LONGER_HEAD, [line])
            print(*line, flush=True)


def run_seconds(tasks: Sequence[str]) -> None:
    """Measures trials of some networks with sqsem's trainer on Keras, each with a new model: 3 epochs, 9 epochs, and
    copying the weights of another model."""
    import keras
    from make_table import material

    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.study.trial.compiled import CompiledModels, graphs_for

    for task in tasks:
        of = Material(read_table(TASKS[task]))
        space, data = material(task)
        numbers = np.linspace(0, space.count - 1, MEASURED, dtype=int).tolist()
        for nth, number in enumerate([numbers[0], *numbers]):
            architecture, network, took = space.at(number), of.network(number), {}
            for epochs in (SHORT, EPOCHS):
                began = time.process_time()
                with graphs_for(short=True):
                    model = CompiledModels().model(architecture, architecture.train, data, EPOCHS, seed=1)
                    training.fit(model, architecture.train, data, seed=1, epochs=epochs)
                took[epochs] = time.process_time() - began
            began = time.process_time()
            variables = {v.path: v for v in model.variables if v.path in network.initial(1)}
            left = {path: variable.numpy() for path, variable in variables.items()}
            weights, _ = network.inherit(left, network, left)
            for path, value in weights.items():
                variables[path].assign(value)
            copying = time.process_time() - began
            keras.backend.clear_session()
            if nth:  # the first one also loads the framework
                line = (task, number, *(round(s, 4) for s in (copying, took[SHORT], took[EPOCHS])))
                append(SECONDS, SECONDS_HEAD, [line])
                print(*line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", help=", ".join(TASKS))
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS, default=list(ALGORITHMS))
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--final", action="store_true", help="train what the searches chose, from scratch")
    parser.add_argument("--longer", action="store_true", help="train what `scratch 9` chose for more epochs")
    parser.add_argument("--seconds", action="store_true", help="measure trials with sqsem's trainer")
    arguments = parser.parse_args()
    if arguments.final:
        run_final(arguments.tasks)
    elif arguments.longer:
        run_longer(arguments.tasks)
    elif arguments.seconds:
        run_seconds(arguments.tasks)
    else:
        run(arguments.tasks, arguments.algorithms, arguments.arms, arguments.seeds)


if __name__ == "__main__":
    main()

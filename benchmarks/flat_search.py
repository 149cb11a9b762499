"""The case study's flat list of hyperparameters vs. the structured spec: two random searches under equal conditions.

    python benchmarks/flat_search.py [--trials 40] [--epochs 5] [--seeds 2]     # runs the searches
    python benchmarks/flat_search.py --report                                    # of the stored searches

One side is KerasTuner with the hypermodels of flat_hypermodels.py, the other `sqs.search` with the specs of the same
spaces. Both have the same digits at 32x32x3, split, number of trials, epochs, batch size, early stopping and optimizers
at Keras's learning rates. Two spaces:

- `auto`, SqueezeNetSEAuto, by random search: the spec is specs/cifar10_random.sqs.
- `plain`, SqueezeNet 1.0 with a bypass or none, three dropout rates and two optimizers: twelve trainings. The spec is
  specs/cifar10_plain.sqs, and the search is Bayesian as in the case study; KerasTuner's random search runs beside it.
  These trials have one epoch: only their configurations count.

Each search runs in its own process with its children; the system reports wall time, processor time and the largest
process, including the framework's start. The sides alternate in going first. The compiler says for both what a trial
trained: it looks up the values of a flat trial in docs/squeezenet_flat.sqs, whose networks have the ids of the other
spec's. A row of flat_search.csv is a trial.
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
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import mean, median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from flat_space import flat_space  # noqa: E402

import sqsem_dsl as sqs  # noqa: E402

FILE = Path(__file__).with_suffix(".csv")
OURS, THEIRS, GUIDED = "sqsem", "RandomSearch", "BayesianOptimization"
SIDES = {"auto": (THEIRS, OURS), "plain": (THEIRS, GUIDED, OURS)}
SPECS = {"auto": "cifar10_random", "plain": "cifar10_plain"}
Row = dict[str, Any]


def spec(case: str) -> Path:
    """The spec of the search."""
    return ROOT / "specs" / f"{SPECS[case]}.sqs"


# ---- the network of a trial


def of_list(case: str) -> Callable[[Mapping[str, Any]], sqs.Architecture]:
    """Maps the values of a flat trial to the network that it trained, with its training."""
    space = flat_space() if case == "auto" else sqs.load(spec(case))
    names = {"train.optimizer": "optimizer", "dropout.rate": "dropout_rate", "bypassed": "use_bypass"}
    listed = {choice.path: names.get(choice.path, choice.path) for choice in space.choices}
    domains = {choice.path: getattr(choice.domain, "values", ()) for choice in space.choices}

    def trained(values: Mapping[str, Any]) -> sqs.Architecture:
        # A name that no model has declared so far has no value. KerasTuner stores Booleans as numbers.
        given = {path: values.get(name, *domains[path][:1]) for path, name in listed.items()}
        found = space.resolve({path: next((v for v in domains[path] if v == at), at) for path, at in given.items()})
        assert found is not None
        return found

    return trained


def facts(found: sqs.Architecture) -> Row:
    """The stored data of a trial."""
    continuous = [choice.path for choice in found.space.choices if not hasattr(choice.domain, "values")]
    apart = found.space.at({**found.choices, **dict.fromkeys(continuous, 0.25)})
    return {
        "network": apart.id,
        "training": f"{found.id} {found.choices['train.optimizer']}",
        "params": found.params,
        "macs": found.macs,
        "read": len(found.choices),
    }


# ---- the searches


def data(case: str, seed: int, fraction: float) -> Any:
    """Digits, split in the same way for both sides."""
    from sqsem_dsl.data.load import load_data
    from sqsem_dsl.data.split import Splitting

    space = sqs.load(spec(case))
    return load_data("digits", space.inputs, space.outputs, Splitting(seed, fraction))


def ours(case: str, seed: int, trials: int, epochs: int, fraction: float, folder: Path) -> list[Row]:
    options = sqs.SearchOptions(trials=trials, epochs=epochs, seed=seed)
    result = sqs.search(spec(case), data(case, seed, fraction), folder / "study", options)
    space = sqs.load(spec(case))
    done = [trial for trial in result.trials if trial.status == "completed"]
    return [{"score": trial.score, **facts(space.at(trial.choices))} for trial in done]


def theirs(case: str, side: str, seed: int, trials: int, epochs: int, fraction: float, folder: Path) -> list[Row]:
    import flat_hypermodels
    import keras
    import keras_tuner

    found = data(case, seed, fraction)
    build = flat_hypermodels.squeezenet_se_auto if case == "auto" else flat_hypermodels.plain_squeezenet
    tuner = getattr(keras_tuner, side)(
        build, "val_accuracy", max_trials=trials, seed=seed, directory=folder, project_name=case
    )
    tuner.search(
        *(found.train.inputs["image"], found.train.labels["label"]),
        validation_data=(found.validation.inputs["image"], found.validation.labels["label"]),
        batch_size=32,
        epochs=epochs,
        callbacks=[keras.callbacks.EarlyStopping("val_accuracy", patience=10, mode="max")],
        verbose=0,
    )
    trained = of_list(case)
    done = [trial for _, trial in sorted(tuner.oracle.trials.items()) if trial.status == "COMPLETED"]
    return [{"score": trial.score, **facts(trained(trial.hyperparameters.values))} for trial in done]


def order(seeds: int) -> list[tuple[str, int, str]]:
    """Case, seed and side of each search: the sides alternate in going first."""
    auto = [("auto", seed, side) for seed in range(seeds) for side in SIDES["auto"][:: -1 if seed % 2 else 1]]
    return [*(("plain", 0, side) for side in SIDES["plain"]), *auto]


def measured(case: str, side: str, seed: int, given: argparse.Namespace) -> list[Row]:
    """The trials of a search in its own process, each with the resources of the whole search."""
    epochs = given.epochs if case == "auto" else 1
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "trials.json")
        arguments = [case, side, seed, given.trials if case == "auto" else given.plain_trials, epochs, given.fraction]
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, __file__, "--one", json.dumps(arguments), folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, process.returncode, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        assert process.returncode == 0, f"{case}, {side}, seed {seed} failed"
        rows = json.loads(answer.read_text())
    took = {"seconds": round(seconds, 1), "processor": round(used.ru_utime + used.ru_stime, 1)}
    whole = {"case": case, "side": side, "seed": seed}
    more = {**took, "peak_mb": used.ru_maxrss // 1024}
    return [{**whole, "trial": at, **row, **more} for at, row in enumerate(rows, start=1)]


# ---- results


def repeats(rows: list[Row], key: str) -> int:
    """Trials that repeat an earlier one of their search."""
    return len(rows) - len({row[key] for row in rows})


def keep(rows: list[Row]) -> None:
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def kept() -> list[Row]:
    """The rows of the file."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return [
            {
                **row,
                **{name: float(row[name]) for name in ("score", "seconds", "processor", "peak_mb", "read", "params")},
            }
            for row in csv.DictReader(file)
        ]


def searches(rows: Iterable[Row]) -> dict[tuple[str, str], list[list[Row]]]:
    """The searches by case and side, each the list of its trials."""
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["case"], row["side"], str(row["seed"])].append(row)
    grouped: dict[tuple[str, str], list[list[Row]]] = defaultdict(list)
    for (case, side, _), trials in sorted(found.items()):
        grouped[case, side].append(trials)
    return grouped


def figures(runs: list[list[Row]]) -> dict[str, float]:
    """The totals of a side's searches: sums, and means of what each has."""
    trials = [row for run in runs for row in run]
    return {
        "trials": len(trials),
        "repeated networks": sum(repeats(run, "network") for run in runs) / len(trials),
        "repeated trainings": sum(repeats(run, "training") for run in runs) / len(trials),
        "best score": mean(max(row["score"] for row in run) for run in runs),
        "median score": median(row["score"] for row in trials),
        "seconds": sum(run[0]["seconds"] for run in runs),
        "seconds a trial": sum(run[0]["seconds"] for run in runs) / len(trials),
        "processor seconds a trial": sum(run[0]["processor"] for run in runs) / len(trials),
        "peak MB": max(run[0]["peak_mb"] for run in runs),
        "parameters, median": median(row["params"] for row in trials),
    }


FORMATS = {
    "trials": "{:.0f}",
    "repeated networks": "{:.1%}",
    "repeated trainings": "{:.1%}",
    "best score": "{:.4f}",
    "median score": "{:.4f}",
    "seconds": "{:.0f}",
    "seconds a trial": "{:.2f}",
    "processor seconds a trial": "{:.2f}",
    "peak MB": "{:,.0f}",
    "parameters, median": "{:,.0f}",
}


def table(case: str, grouped: Mapping[tuple[str, str], list[list[Row]]]) -> str:
    """The sides of a case beside each other, with the ratio of sqsem to each other side."""
    others = [side for side in SIDES[case] if side != OURS]
    found = {side: figures(grouped[case, side]) for side in SIDES[case]}
    head = [case, *others, OURS, *(f"{OURS} to {side}" for side in others)]
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    for name, form in FORMATS.items():
        values = [form.format(found[side][name]).replace("%", " %") for side in (*others, OURS)]
        ratios = [f"{found[OURS][name] / found[side][name]:.2f}" if found[side][name] else "" for side in others]
        lines.append(f"| {' | '.join([name, *values, *ratios])} |")
    return "\n".join(lines)


def report(rows: Iterable[Row]) -> str:
    grouped = searches(rows)
    return "\n\n".join(table(case, grouped) for case in SIDES if (case, OURS) in grouped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=40, help="of each search of `auto` (default: 40)")
    parser.add_argument("--plain-trials", type=int, default=20, help="of each search of `plain` (default: 20)")
    parser.add_argument("--epochs", type=int, default=5, help="of each trial of `auto` (default: 5)")
    parser.add_argument("--seeds", type=int, default=2, help="searches of each side of `auto` (default: 2)")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the digits that is used (default: 1)")
    parser.add_argument("--report", action="store_true", help="show what the kept searches give; search nothing")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        (case, side, *rest), folder = json.loads(given.one[0]), Path(given.one[1])
        rows = ours(case, *rest, folder) if side == OURS else theirs(case, side, *rest, folder)
        Path(folder, "trials.json").write_text(json.dumps(rows))
        return
    rows = []
    for case, seed, side in [] if given.report else order(given.seeds):
        rows += measured(case, side, seed, given)
        keep(rows)
        print(f"{case}, seed {seed}, {side}: {rows[-1]['seconds']} s for {rows[-1]['trial']} trials", flush=True)
    print(report(kept()))


if __name__ == "__main__":
    main()

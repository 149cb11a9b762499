"""Fifty kills: searches that train real networks and are killed by SIGKILL at random moments end like undisturbed ones.

Each part is `sqsem search` of four trials of a small network on 96 samples, with another algorithm or option. The
script runs it once without a kill. Then it starts the same command in a new folder, kills it at a random moment, starts
it again, and so on; after the last kill it lets it end. If the search ends before it was killed often enough, this is
repeated in another folder. All moments come from a seed (`--seed`), as parts of the time of an undisturbed search.

Both studies must then be equal: numbers, choices, ids, scores, lengths and ends of all trials, the metrics of each
epoch, the counts of the study, `best.json` with its score on the test set, and the names of the files. The weights in
`best.keras` must be equal, too, and Keras must load it. No temporary file may be left, and `sqsem trials` and, if its
packages are installed, `sqsem report` must read the study. Numbers are compared up to `--tolerance`, relative.

A search is a process with its own process group. To save the time in which a framework is loaded, it is forked from
this process, which has loaded Keras but computed nothing with it. It trains in itself (`--workers 0`), except for the
part with two workers, whose processes load the framework themselves; they are killed with the search or must end when
the search is killed. The part `checkpoints` calls `sqs.search`, because it writes a checkpoint after each batch, which
the command does every 30 seconds. JAX keeps what it has compiled for the next process.

    KERAS_BACKEND=jax python benchmarks/kills.py [--kills 50] [--seed 1] [--parts hyperband folds]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

CACHE = tempfile.mkdtemp(prefix="sqsem-kills-cache-")
os.environ |= {
    "JAX_COMPILATION_CACHE_DIR": CACHE,
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}

import keras  # noqa: E402
import numpy as np  # noqa: E402

import sqsem_dsl as sqs  # noqa: E402
import sqsem_dsl.study.search_function  # noqa: E402
import sqsem_dsl.study.trial.trial  # noqa: E402
from sqsem_dsl.cli import main as sqsem  # noqa: E402
from sqsem_dsl.study.journal.journal import Journal  # noqa: E402

SPEC = """sqs 1
space small {
  input x: [4]
  output y = x -> repeat n in 1..2 { dense(any [4, 8]) -> relu } -> batchnorm -> dropout(0.2) -> dense(3) -> softmax
  train { batch_size = 16  learning_rate = any 1e-2..1e-1 log  TRAIN }
  search { SEARCH  seed = 5 }
}
"""
CLOCK = {"seconds", "started", "ended", "worker", "attempts"}
"""The fields of a trial that depend on the clock and the process."""


@dataclass(frozen=True)
class Part:
    """A search to kill."""

    search: str
    train: str = "epochs = 4"
    options: tuple[str, ...] = ("--workers", "0")
    from_python: bool = False


PARTS = {
    "bayesian": Part("algorithm = bayesian"),
    "bayesian, asha": Part("algorithm = bayesian  stopping = asha(factor = 2)"),
    "bayesian, median": Part("algorithm = bayesian  stopping = median(min_trials = 2)"),
    "hyperband": Part("algorithm = hyperband(factor = 2, max_epochs = 4)"),
    "evolution": Part("algorithm = evolution(population = 3, sample = 2)"),
    "two objectives": Part("algorithm = bayesian  objective = [maximize(val_accuracy), minimize(params)]"),
    "folds": Part("algorithm = bayesian", options=("--workers", "0", "--folds", "2")),
    "executions": Part("algorithm = bayesian  executions = 2"),
    "warm start": Part("algorithm = bayesian", options=("--workers", "0", "--start-from", "OTHER", "--reuse", "OTHER")),
    "early stopping, schedule": Part(
        "algorithm = bayesian", "epochs = 12  early_stopping = patience(2, val_loss)  schedule = cosine"
    ),
    "checkpoints": Part("algorithm = random", "epochs = 12  schedule = step(4)", from_python=True),
    "tensorboard": Part("algorithm = random", options=("--workers", "0", "--tensorboard")),
    "two workers": Part("algorithm = random", options=("--workers", "2")),
}


def forked(work: Callable[[], object], log: Path) -> int:
    """The id of a process with its own group that does the work; its exit code is the result, if it is an int."""
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setsid()
            with open(log, "a") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            found = work()
            code = found if isinstance(found, int) else 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    return child


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == process and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


class Search:
    """A search of a part in a folder, which can be run, killed, and run again."""

    def __init__(self, part: Part, folder: Path, name: str, other: Path) -> None:
        self.part, self.folder, self.study, self.log = part, folder, folder / name, folder / f"{name}.log"
        self.spec = folder / "small.sqs"
        self.spec.write_text(SPEC.replace("TRAIN", part.train).replace("SEARCH", part.search))
        self.options = [str(other) if option == "OTHER" else option for option in part.options]

    def work(self) -> object:
        data = self.folder.parent / "data.npz"
        if self.part.from_python:
            sqs.search(self.spec, str(data), self.study, trials=4, workers=0, checkpoint_seconds=0, progress=False)
            return 0
        command = ["search", str(self.spec), "--data", str(data), "-o", str(self.study)]
        trials = [] if "hyperband" in self.part.search else ["--trials", "4"]
        return sqsem([*command, *trials, *self.options])

    def run(self, seconds: float = math.inf, workers_too: bool = False) -> bool:
        """Runs it; kills it after that time, and returns whether it had to. Raises RuntimeError if the search fails."""
        process, until = forked(self.work, self.log), time.monotonic() + seconds
        while time.monotonic() < until:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                if status:
                    raise RuntimeError(f"a search ended with {status}: {self.log.read_text()[-3000:]}")
                return False
            time.sleep(0.01)
        workers = children_of(process)
        os.killpg(process, signal.SIGKILL)
        if workers_too:
            for worker in workers:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
        os.waitpid(process, 0)
        late = time.monotonic() + 120  # on a machine with much other work
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            if time.monotonic() > late:
                raise RuntimeError(f"the workers {workers} outlive their search")
            time.sleep(0.05)
        return True


def outcome(study: Path) -> dict[str, Any]:
    """What a search leaves behind, without what depends on the clock."""
    with closing(Journal.open(study)) as journal:
        notes = journal.notes()
        trials = {
            str(trial.number): {f.name: getattr(trial, f.name) for f in fields(trial) if f.name not in CLOCK}
            for trial in journal.trials()
        }
        epochs = {f"{each.trial}/{each.execution}/{each.epoch}": dict(each.metrics) for each in journal.epochs()}
    best = json.loads((study / "best.json").read_text())
    best.pop("seconds", None)
    logs = (path.relative_to(study) for path in study.rglob("*"))
    return {
        "trials": trials,
        "epochs": epochs,
        "notes": {name: notes.get(name) for name in ("skipped", "ended", "limit", "test", "goals", "seed")},
        "best": best,
        "files": sorted({str(path) for path in logs if "tfevents" not in path.name}),
        "logs": logged(study / "tensorboard"),
    }


def logged(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The steps and values of the epochs in TensorBoard's files, by folder and name."""
    found: dict[str, list[tuple[int, float]]] = {}
    if folder.exists():
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

        for file in sorted(folder.glob("trial-*/execution*/*/*tfevents*")):
            for event in LegacyEventFileLoader(str(file)).Load():
                for value in event.summary.value:
                    name = f"{file.parent.relative_to(folder)} {value.tag}"
                    found.setdefault(name, []).append((event.step, value.simple_value))
    return found


def differences(one: Any, other: Any, tolerance: float, place: str = "") -> list[str]:
    """The places at which two outcomes differ."""
    match one, other:
        case dict(), dict():
            names = dict.fromkeys((*one, *other))
            pairs = [(f"{place}/{name}", one.get(name), other.get(name)) for name in names]
        case ((list() | tuple()), (list() | tuple())) if len(one) == len(other):
            pairs = [(f"{place}/{i}", a, b) for i, (a, b) in enumerate(zip(one, other, strict=True))]
        case float(), float():
            same = math.isclose(one, other, rel_tol=tolerance) or (math.isnan(one) and math.isnan(other))
            return [] if same else [f"{place}: {one!r} and {other!r}"]
        case _:
            return [] if one == other else [f"{place}: {one!r} and {other!r}"]
    return [found for name, a, b in pairs for found in differences(a, b, tolerance, name)]


def faults(undisturbed: Path, killed: Path, tolerance: float) -> list[str]:
    """What is wrong with a study that was killed."""
    found = differences(outcome(undisturbed), outcome(killed), tolerance)
    found += [f"left behind: {path}" for path in killed.rglob(".*") if path.name != ".lock"]
    if (killed / "running").exists():
        found.append("left behind: running/")
    study = sqs.load_study(killed)
    networks = [
        json.dumps([trial.choices, trial.training], sort_keys=True)
        for trial in study.trials
        if trial.continues is None and trial.status == "completed"
    ]
    if len(set(networks)) < len(networks):
        found.append("a trial was repeated")
    reading = ["trials", "report"] if find_spec("jinja2") else ["trials"]
    for arguments in ([command, str(killed)] for command in reading):
        if code := sqsem(arguments):
            found.append(f"sqsem {arguments[0]} ended with {code}")
    models = [keras.models.load_model(study / "best.keras") for study in (undisturbed, killed)]
    for one, two in zip(*(model.get_weights() for model in models), strict=True):
        if not np.allclose(one, two, rtol=tolerance, atol=tolerance):
            found.append(f"other weights in best.keras: {np.abs(one - two).max()}")
    return found


def killed_again_and_again(
    part: Part, name: str, folder: Path, other: Path, kills: int, moments: Random, tolerance: float
) -> None:
    """Kills a part that often, and prints what was found. Raises RuntimeError for a fault."""
    folder.mkdir()
    undisturbed = Search(part, folder, "undisturbed", other)
    began = time.monotonic()
    undisturbed.run()
    seconds, limit = time.monotonic() - began, 0.5
    done = rounds = 0
    while done < kills:
        rounds += 1
        search = Search(part, folder, f"killed-{rounds}", other)
        while search.run(moments.uniform(0, limit) * seconds if done < kills else math.inf, moments.random() < 0.5):
            done += 1
        limit *= 0.7 if done < kills else 1  # it was faster than the undisturbed one, which had to compile
        check = folder / f"killed-{rounds}.json"
        checking = forked(
            lambda s=search, c=check: c.write_text(json.dumps(faults(undisturbed.study, s.study, tolerance))),  # type: ignore[misc]
            search.log,
        )
        os.waitpid(checking, 0)
        if not check.exists():
            raise RuntimeError(f"the check of {name} failed: {search.log.read_text()[-3000:]}")
        if found := json.loads(check.read_text()):
            raise RuntimeError(f"{name}: {len(found)} faults, among them {found[:5]}; kept in {folder}")
    trials = len(outcome(undisturbed.study)["trials"])
    print(f"{name:26}{trials:3} trials{done:4} kills in {rounds} studies: no fault", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--tolerance", type=float, default=1e-5)
    arguments = parser.parse_args()
    names = [name for name in arguments.parts if name != "tensorboard" or find_spec("tensorboard") is not None]
    folder = Path(tempfile.mkdtemp(prefix="sqsem-kills-"))
    generator = np.random.default_rng(3)
    y = np.arange(96) % 3
    x = generator.normal(size=(96, 4)) + np.eye(3, 4)[y] * 1.5
    np.savez(folder / "data.npz", x=x.astype("float32"), y=y)
    (folder / "other").mkdir()
    other = Search(Part("algorithm = bayesian"), folder / "other", "study", folder)
    if "warm start" in names:
        other.run()
    failed = False
    for at, name in enumerate(names):
        kills = arguments.kills // len(names) + (at < arguments.kills % len(names))
        moments = Random(f"{arguments.seed}/{name}")
        place = folder / name.replace(", ", "-").replace(" ", "-")
        try:
            killed_again_and_again(PARTS[name], name, place, other.study, kills, moments, arguments.tolerance)
        except RuntimeError as problem:
            failed = True
            print(f"{name:26}FAULT: {problem}", flush=True)
    print(f"{keras.config.backend()}, Keras {keras.__version__}, studies in {folder}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

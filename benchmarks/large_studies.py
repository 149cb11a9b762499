"""The time of each command on studies of thousands of trials, and the overhead of a trial in them.

The studies are real: `run_search` proposes, records and ranks the trials, with a training that only reports a
made-up score for each epoch. A study grows to each of the given numbers of trials. At each of them, new processes run
the commands one after another:

- `trials`, `trials --json`, `report` and `report --no-html` are the commands of sqsem;
- `pandas` loads the study and makes its frame;
- `resume` is the search itself, until the first new trial starts, without loading a framework;
- `watch` is one update of `trials --watch`, in a process that has loaded everything.

The yardstick is `import keras` in a new process, before the commands of each size. Seconds of processor time, which
other work on the machine disturbs less than wall time; `--wall` prints the latter.

    python benchmarks/large_studies.py [--spec specs/digits.sqs] [--trials 1000 5000 20000]
    python benchmarks/large_studies.py --algorithms --trials 1000 5000 10000
    python benchmarks/large_studies.py --dashboard --trials 20000

With `--algorithms` it prints the overhead of a trial for each algorithm: the mean over the last tenth of the trials up
to each number. `bayesian` is measured differently, since its proposals take long: it gets the random trials of another
search, and then makes ten proposals.

With `--dashboard` it prints how long Chromium takes from the request of the dashboard to the drawn page
(`dashboard_time.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("trials", "trials --json", "report", "report --no-html", "pandas", "resume", "watch")
ALGORITHMS = {
    "random": {"algorithm": "random"},
    "evolution": {"algorithm": {"name": "evolution"}},
    "hyperband": {"algorithm": {"name": "hyperband"}},
    "asha": {"algorithm": "random", "stopping": {"name": "asha"}},
    "median": {"algorithm": "random", "stopping": {"name": "median"}},
    "bayesian": {"algorithm": {"name": "bayesian"}},
}
OBJECTIVE = {"objective": {"name": "maximize", "metric": "val_accuracy"}}
PROPOSALS = 10


# ---- trainings that do nothing


def curve(task) -> Callable[[int], float]:
    """A made-up score for each epoch of a trial: each option of a choice adds something of its own."""
    parts = [
        int(sha256(f"{path}={value}".encode()).hexdigest()[:4], 16) / 16**4
        for path, value in task.architecture.choices.items()
    ]
    noise = task.number * 7919 % 10_007 / 10_007
    level = 0.5 + 0.4 * sum(parts) / max(1, len(parts)) + 0.05 * noise
    return lambda epoch: level * (1 - 0.7**epoch)


def answer(task, dataset, tell, stop):
    """Reports like `sqsem_dsl.study.trial.trial.run_trial`."""
    from sqsem_dsl.study.stopping.bar import stopped_at
    from sqsem_dsl.study.task import EpochEnded, Started, Trained

    score, stopped, metrics = curve(task), None, {}
    tell(Started(task.number, os.getpid(), "here"))
    for epoch in range(1, task.epochs + 1):
        metrics = {"loss": 1 - score(epoch), "val_accuracy": score(epoch), "val_loss": 1.1 - score(epoch)}
        tell(EpochEnded(task.number, 0, epoch, metrics, 0.5))
        bar = next((bar for bar in task.stops if bar.epoch == epoch), None)
        if bar is not None and -score(epoch) >= bar.bar:
            stopped = stopped_at(epoch, task.epochs, bar.reason)
            break
    values = {**metrics, "params": float(task.architecture.params), "macs": float(task.architecture.macs)}
    return Trained(task.number, (values["val_accuracy"],), values, {}, epoch, stopped=stopped)


def evaluate(work, dataset):
    return {}


# ---- one process each


def search(folder: Path, spec: Path, trials: int, algorithm: str) -> dict[str, list[float]]:
    """Runs or resumes a search. Returns the wall and processor time until its first new trial started, since the start
    of the process, and for each trial the times at its end."""
    from sqsem_dsl.api.space import Compilation
    from sqsem_dsl.data.load import load_data
    from sqsem_dsl.settings.sections import SearchSettings
    from sqsem_dsl.study.executors.inline import Inline
    from sqsem_dsl.study.options import SearchOptions
    from sqsem_dsl.study.progress.progress import NullProgress
    from sqsem_dsl.study.search import run_search
    from sqsem_dsl.study.spec_snapshot import Sources

    times: dict[str, list[float]] = {"first": [], "wall": [], "processor": []}

    class Ticking(NullProgress):
        def started(self, trial, view):
            if not times["first"]:
                times["first"] += [time.time() - float(os.environ["BEGAN"]), time.process_time()]
                for each, now in (("wall", time.perf_counter()), ("processor", time.process_time())):
                    times[each].append(now)

        def ended(self, trial, view):
            times["wall"].append(time.perf_counter())
            times["processor"].append(time.process_time())

    compilation = Compilation.from_file(spec)
    space = compilation.space
    space.search_settings = SearchSettings.from_plain({**ALGORITHMS[algorithm], **OBJECTIVE})
    data = load_data("digits", space.inputs, space.outputs, 7) if spec.stem == "digits" else nothing(space)
    sys.path.insert(0, str(Path(__file__).parent))
    executor = Inline(data, "large_studies:answer")
    options = SearchOptions(trials=trials, seed=7)
    run_search(space, data, folder, executor, options, sources=Sources.of(compilation), progress=Ticking())
    return times


def nothing(space):
    """One sample of zeros."""
    import numpy as np

    from sqsem_dsl.data.dataset import Dataset, Part

    inputs = {name: np.zeros((1, *shape), np.float32) for name, shape in space.inputs.items()}
    part = Part(inputs, {name: np.zeros(1, np.int32) for name in space.outputs})
    return Dataset("nothing", space.outputs, part, part, part)


def proposals(folder: Path, spec: Path, trials: int) -> dict[str, float]:
    """Milliseconds of processor time of a proposal of `bayesian` after the first trials of a study: the median and the
    longest of several, each with the end of its trial."""
    import statistics

    from sqsem_dsl.api.space import Compilation
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.ir.choices import decode_choices
    from sqsem_dsl.settings.sections import SearchSettings
    from sqsem_dsl.study.algorithms.make_algorithm import make_algorithm

    space = Compilation.from_file(spec).space
    study = load_study(folder)
    settings = SearchSettings.from_plain({**ALGORITHMS["bayesian"], **OBJECTIVE})
    algorithm = make_algorithm(space, settings, study.goals, trials=10**6, epochs=None, seed=7)
    for trial in study.trials[:trials]:
        algorithm.recall(trial.number, decode_choices(space.choices, trial.choices), dict(trial.memo))
        algorithm.tell(trial.number, trial.scores)
    found = []
    for number in range(trials + 1, trials + 2 + PROPOSALS):
        start = time.process_time()
        algorithm.ask(number)
        algorithm.tell(number, (0.5,))
        found.append(1e3 * (time.process_time() - start))
    return {"first": found[0], "median": statistics.median(found[1:]), "longest": max(found[1:])}


def watch(folder: Path) -> float:
    """Seconds of processor time of an update of `sqsem trials --watch`, after a first one."""
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.report.text.study_page import study_page

    study = load_study(folder, damaged=True)
    study_page(study, 10)
    start = time.process_time()
    study_page(study.later(), 10)
    return time.process_time() - start


# ---- the tables


def timed(*arguments: str) -> tuple[float, float, str]:
    """Seconds of wall and processor time of a Python process, and its output. Ends the program if it fails."""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "BEGAN": str(time.time())}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{arguments} failed:\n{done.stderr}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def side(*words: object) -> tuple[float, float, str]:
    return timed(__file__, "--side", *map(str, words))


def measured(command: str, folder: Path, spec: Path, trials: int) -> tuple[float, float]:
    """Wall and processor time of a command."""
    match command:
        case "pandas":
            code = "import sys; from sqsem_dsl import load_study; load_study(sys.argv[1]).to_pandas()"
            return timed("-c", code, str(folder))[:2]
        case "resume":
            wall, processor = json.loads(side("search", folder, spec, trials + 1, "random")[2])["first"]
            return wall, processor
        case "watch":
            seconds = float(side("watch", folder)[2])
            return seconds, seconds
        case _:
            code = "import sys; from sqsem_dsl.cli import main; sys.exit(main())"
            name, *options = command.split()
            more = ["-o", str(folder.with_suffix(".html"))] if command == "report" else []
            return timed("-c", code, name, str(folder), *options, *more)[:2]


def commands(spec: Path, sizes: list[int], chosen: list[str], wall: bool, folder: Path) -> None:
    """Prints the table of commands: seconds, and in parentheses their ratio to `import keras`."""
    rows: dict[str, list[str]] = {name: [] for name in ("import keras", *chosen)}
    for size in sizes:
        side("search", folder, spec, size, "random")
        keras = timed("-c", "import keras")[0 if wall else 1]
        rows["import keras"].append(f"{keras:.2f} s")
        for command in chosen:
            seconds = measured(command, folder, spec, size)[0 if wall else 1]
            rows[command].append(f"{seconds:.2f} s ({seconds / keras:.2f})")
            print(f"  {size:,} trials, {command}: {rows[command][-1]}", file=sys.stderr, flush=True)
    print(f"{'':18}" + "".join(f"{size:>16,}" for size in sizes))
    for name, cells in rows.items():
        print(f"{name:18}" + "".join(f"{cell:>16}" for cell in cells))


def algorithms(spec: Path, sizes: list[int], names: list[str], wall: bool, folder: Path) -> None:
    """Prints the table of algorithms: milliseconds of a trial."""
    print(f"{'':18}" + "".join(f"{size:>16,}" for size in sizes), flush=True)
    for name in names:
        cells = []
        if name == "bayesian":
            side("search", folder / "random", spec, max(sizes), "random")
            for size in sizes:
                found = json.loads(side("proposals", folder / "random", spec, size)[2])
                cells.append(f"{found['median']:.0f} ({found['longest']:.0f}) ms")
        else:
            times = json.loads(side("search", folder / name, spec, max(sizes), name)[2])[
                "wall" if wall else "processor"
            ]
            for size in sizes:
                first = size - size // 10
                cells.append(
                    f"{1e3 * (times[size] - times[first]) / (size - first):.1f} ms" if size < len(times) else ""
                )
        print(f"{name:18}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=ROOT / "specs" / "digits.sqs")
    parser.add_argument("--trials", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--algorithms", nargs="*", choices=ALGORITHMS, help="measure these; without a name, all")
    parser.add_argument("--dashboard", action="store_true", help="measure the dashboard")
    parser.add_argument("--wall", action="store_true", help="print wall time")
    parser.add_argument("--folder", type=Path, help="keep the studies here, and use those of an earlier run")
    parser.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    match arguments.side:
        case ["search", folder, spec, trials, algorithm]:
            print(json.dumps(search(Path(folder), Path(spec), int(trials), algorithm)))
            return
        case ["proposals", folder, spec, trials]:
            print(json.dumps(proposals(Path(folder), Path(spec), int(trials))))
            return
        case ["watch", folder]:
            print(watch(Path(folder)))
            return
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.folder or Path(made, "studies")
        if arguments.dashboard:
            from dashboard_time import table

            for size in sorted(arguments.trials):
                side("search", folder / "random", arguments.spec, size, "random")
                table(folder / "random", runs=5)
        elif arguments.algorithms is None:
            commands(arguments.spec, sorted(arguments.trials), arguments.commands, arguments.wall, folder / "random")
        else:
            names = arguments.algorithms or list(ALGORITHMS)
            algorithms(arguments.spec, sorted(arguments.trials), names, arguments.wall, folder)


if __name__ == "__main__":
    main()

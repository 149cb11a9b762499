"""Runs every command of docs/case-study/paper.md on stand-ins for its data, two trials of one epoch each.

    python benchmarks/paper_commands.py [--only NAME]

The commands are read from the page: the sorting of the Tsinghua files, and each `sqsem search`, in its own process. All
run in a new folder with the stand-ins of paper_stand_ins.py. The stand-in for CIFAR-10 replaces Keras's function, which
accepts only the original file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import paper_stand_ins  # noqa: E402

import sqsem_dsl as sqs  # noqa: E402

PAGE = ROOT / "docs" / "case-study" / "paper.md"
SHORT = ("--trials", "2", "--epochs", "1")


def blocks() -> list[str]:
    """The shell blocks of the page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def searches() -> list[list[str]]:
    """The arguments of each `sqsem search` of the page."""
    return [shlex.split(block.replace("\\\n", "")) for block in blocks() if block.startswith("sqsem search ")]


def preparation() -> str:
    """The commands of the page that prepare the files."""
    (found,) = (block for block in blocks() if not block.startswith("sqsem search "))
    return found


def parsed(words: list[str]) -> argparse.Namespace:
    """A command of the page, as parsed by the program."""
    from sqsem_dsl.cli import search

    parser = argparse.ArgumentParser()
    search.add_parser(parser.add_subparsers())
    return parser.parse_args(words[1:])


def compilation(words: list[str]) -> sqs.Compilation:
    """The spec of a command."""
    given = parsed(words)
    return sqs.Compilation.from_file(Path(given.spec), define=dict(text.split("=", 1) for text in given.define))


def row(words: list[str]) -> str:
    """The compiler's summary of a command's space, as a line of the page's table. Run in the project's folder."""
    given, space = parsed(words), compilation(words).space
    known = space.analysis
    ends = [(known.ranges[name].low.value, known.ranges[name].high.value) for name in ("params", "macs")]
    costs = [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in ends]
    counts = [f"{count:,}" for count in (space.search_settings.trials, known.assignments, known.configurations)]
    spec = f"[{Path(given.spec).name}](../../{given.spec})"
    cells = [Path(given.output).name, spec, space.search_settings.algorithm.name, *counts, *costs]
    return f"| {' | '.join(cells)} |"


def prepare(folder: Path, persons: int, size: tuple[int, int] = (300, 260)) -> None:
    """A folder for running the commands of the page."""
    (folder / "specs").symlink_to(ROOT / "specs")
    paper_stand_ins.make_tsinghua(folder, persons, size)
    subprocess.run(["bash", "-euc", preparation()], cwd=folder, check=True)


def one(words: list[str]) -> int:
    """Runs a command of the page, shortened, in this process."""
    import keras

    from sqsem_dsl.cli import main as sqsem

    keras.datasets.cifar10.load_data = paper_stand_ins.cifar10
    return sqsem([*words[1:], *SHORT, "--quiet"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", help="the searches with this in the name of their folder")
    parser.add_argument("--persons", type=int, default=6, help="persons with eight expressions each (default: 6)")
    parser.add_argument("--table", action="store_true", help="show what the compiler says of each; run nothing")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.exit(one(json.loads(given.one)))
    if given.table:
        print("\n".join(map(row, searches())))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, given.persons)
        for words in searches():
            if given.only and given.only not in words[-1]:
                continue
            began = time.perf_counter()
            command = [sys.executable, __file__, "--one", json.dumps(words)]
            done = subprocess.run(command, cwd=folder, text=True, capture_output=True)
            seconds = time.perf_counter() - began
            print(f"{words[-1]}: exit code {done.returncode}, {seconds:.0f} s", flush=True)
            if done.returncode:
                print(done.stderr[-2000:])
                continue
            study = sqs.load_study(folder / words[-1])
            for trial in study.trials:
                print(f"  trial {trial.number}, {trial.status}: {trial.params:,} parameters", flush=True)
            for trial in study.baselines:
                print(f"  baseline, {trial.status}: {trial.params:,} parameters", flush=True)


if __name__ == "__main__":
    main()

"""`sqsem trials DIR`: the trials of a study, for people and for programs."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from time import sleep
from typing import TYPE_CHECKING

from sqsem_dsl.cli.arguments import add_command, positive
from sqsem_dsl.diagnostics.errors import SqsError

if TYPE_CHECKING:
    from sqsem_dsl.study.journal.record import Epoch, Trial
    from sqsem_dsl.study.journal.study import Study

SHOWN = 10
SECONDS = 2.0
"""The time between two pages of `--watch`."""

DESCRIPTION = """Show the trials of a search, best first, while it runs or afterwards; with
several objectives the Pareto front comes first."""
EPILOG = """examples:
  sqsem trials runs/digits
  sqsem trials runs/digits --watch
  sqsem trials runs/digits --csv > trials.csv

exit codes: 0 fine, 1 the study cannot be read, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "trials", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="the folder of a study (the `-o` of `sqsem search`)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="write CSV: the finished trials, by number")
    form.add_argument("--json", action="store_true", help="write a JSON list of objects, by number, one in a line")
    form.add_argument("--watch", action="store_true", help="show them again every two seconds, until the search ends")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "-n", "--number", type=positive, metavar="N", help=f"only the N best (default of the table: {SHOWN})"
    )
    which.add_argument("--all", action="store_true", help="all trials, including those of earlier versions of the spec")
    parser.add_argument("--epochs", action="store_true", help="with --csv or --json: the metrics of each epoch")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Print the trials. Raises SqsError if there is no study, or if a part of it cannot be read; the rest is printed
    first."""
    if arguments.epochs and not (arguments.csv or arguments.json):
        arguments.parser.error("--epochs requires --csv or --json")
    from sqsem_dsl.api.study import load_study

    study: Study = load_study(arguments.folder, damaged=True)
    if arguments.watch:
        study = _watch(study, arguments)
    if arguments.csv:
        _print_csv(study, arguments)
    elif arguments.json:
        _print_json(study, arguments)
    else:
        print(_page(study, arguments))
    if study.damage is not None:
        sys.stdout.flush()
        raise SqsError([study.damage])
    return 0


def _watch(study: Study, arguments: Namespace) -> Study:
    """Print the page again until the search ends or is killed, on a terminal in the same place. Returns the study at
    the end."""
    from sqsem_dsl.study.lock import may_run

    gc.enable()  # which `cli.program` has disabled for commands that end soon
    begin = "\x1b[H\x1b[2J" if sys.stdout.isatty() else ""
    while not study.notes.get("ended") and may_run(str(study.notes.get("owner", ""))):
        print(begin + _page(study, arguments), flush=True)
        sleep(SECONDS)
        study = study.later()
    print(begin, end="")
    return study


def _wanted(study: Study, arguments: Namespace) -> list[Trial]:
    """The requested trials: the best, best first, or all valid ones, or all."""
    from sqsem_dsl.report.text.trials import in_order

    if arguments.number:
        completed = [trial for trial in study.trials if trial.status == "completed" and trial.valid]
        return in_order(completed, study.goals)[: arguments.number]
    return [trial for trial in study.trials if trial.valid or arguments.all]


def _print_csv(study: Study, arguments: Namespace) -> None:
    from sqsem_dsl.study.journal.study import seen_paths
    from sqsem_dsl.study.journal.table import write_csv, write_epochs_csv

    trials = _wanted(study, arguments)
    if arguments.epochs:
        write_epochs_csv(sys.stdout, _epochs(study, trials))
    else:
        paths = tuple(dict.fromkeys((*study.paths, *seen_paths(trials))))
        write_csv(sys.stdout, trials, paths, study.lower_bounds)


def _print_json(study: Study, arguments: Namespace) -> None:
    from sqsem_dsl.study.journal.table import epoch_json, trial_json

    trials = _wanted(study, arguments)
    if arguments.epochs:
        rows = [epoch_json(epoch) for epoch in _epochs(study, trials)]
    else:
        rows = [trial_json(trial, study.lower_bounds) for trial in trials]
    # A line for each: with `indent`, Python's encoder takes ten times as long.
    lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows]
    print("[\n" + ",\n".join(lines) + "\n]" if lines else "[]")


def _epochs(study: Study, trials: list[Trial]) -> list[Epoch]:
    """The epochs of some trials, in the order of the trials."""
    place = {trial.number: at for at, trial in enumerate(trials)}
    return sorted((epoch for epoch in study.epochs() if epoch.trial in place), key=lambda epoch: place[epoch.trial])


def _page(study: Study, arguments: Namespace) -> str:
    from sqsem_dsl.report.text.study_page import study_page

    limit = None if arguments.all else arguments.number or SHOWN
    return study_page(study, limit, shutil.get_terminal_size((100, 24)).columns)

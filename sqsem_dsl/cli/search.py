"""`sqsem search SPEC --data DATA`: run the search of a spec, or resume it."""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqsem_dsl.cli.arguments import (
    add_command,
    definition,
    definitions,
    natural,
    number,
    positive,
    positive_number,
    share,
)
from sqsem_dsl.cli.splitting_arguments import add_splitting, splitting_options
from sqsem_dsl.cli.table_arguments import add_table_arguments, table_options

if TYPE_CHECKING:
    from sqsem_dsl.data.dataset import Dataset
    from sqsem_dsl.study.executors import Executor
    from sqsem_dsl.study.progress.progress import Progress
    from sqsem_dsl.study.results import Result

EXITS = {"interrupted": 130, "terminated": 143}
DESCRIPTION = """Run the search that the spec's `search { }` names, train each trial as its
`train { }` says, and leave best.keras, best.json, trials.csv and spec.sqs in a
folder. If the folder holds the same study, interrupted in any way, the search
resumes. The same seed gives the same trials."""
EPILOG = """examples:
  sqsem search net.sqs --data digits -o runs/digits
  sqsem search net.sqs --data images:photos/ --trials 50 --hours 8 -o runs/photos

Run the same command again to resume a search.

exit codes: 0 done, 1 something is wrong, 2 usage, 130 after Ctrl-C, 143 after SIGTERM; finished trials are kept"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "search", DESCRIPTION, EPILOG)
    parser.add_argument("spec", metavar="SPEC", help="the .sqs file")
    parser.add_argument(
        "--data",
        required=True,
        nargs="+",
        metavar="DATA",
        help="`digits` or `faces` (built in); an .npz file with an array for each input and output by name; `cifar10` "
        "and others of keras.datasets; images:DIR, csv:FILE, python:module:function; for several inputs, "
        "NAME=SOURCE for each (docs/data.md)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="the study's folder, new or to resume (default: SPEC's name + -search)",
    )
    parser.add_argument("--space", metavar="NAME", help="the space to search, if the file has several")
    parser.add_argument(
        "--define",
        action="append",
        default=[],
        type=definition,
        metavar="NAME=VALUE",
        help="set a `const` of the space; repeatable",
    )
    parser.add_argument(
        "--allow-extern",
        action="store_true",
        help="allow `extern` and `python:` data, which run code outside the spec",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress, only the result")
    add_splitting(parser.add_argument_group("use of the data"))
    add_table_arguments(parser.add_argument_group("tables"))
    _add_search(parser.add_argument_group("the search (default: what the spec says)"))
    _add_machine(parser.add_argument_group("where trials run"))
    _add_results(parser.add_argument_group("results"))
    parser.set_defaults(run=run, parser=parser)


def _add_search(group: Any) -> None:
    group.add_argument("--trials", type=positive, metavar="N", help="how many trials")
    group.add_argument("--epochs", type=positive, metavar="N", help="epochs of each trial")
    group.add_argument("--seed", type=natural, metavar="N", help="for trials, weights and the split of the data")
    group.add_argument(
        "--hours", type=positive_number, metavar="H", help="start no trial after this many hours in total"
    )
    group.add_argument(
        "--target", type=number, metavar="SCORE", help="stop when the first objective reaches this score"
    )
    group.add_argument("--trial-minutes", type=positive_number, metavar="M", help="a trial that takes longer fails")
    group.add_argument(
        "--start-from",
        action="append",
        default=[],
        metavar="FILE|default|baseline",
        help="try these first: choices as JSON, a best.json, a study's folder, the default architecture, or the plain "
        "one without slots and bypasses; repeatable",
    )
    group.add_argument(
        "--baseline",
        action="append",
        default=[],
        metavar="SPEC[,NAME=VALUE…]",
        help="train this network first, with the same settings, to compare with: a spec at its default architecture, "
        "with constants set; repeatable",
    )
    group.add_argument(
        "--reuse",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="reuse the results of identical trainings from another study; repeatable",
    )


def _add_machine(group: Any) -> None:
    group.add_argument(
        "--workers",
        type=natural,
        metavar="N",
        help="worker processes, each with its share of the cores (default: as many as cores, memory and "
        "trials allow; 0: train in this process)",
    )
    group.add_argument(
        "--gpus",
        metavar="LIST",
        help="the GPUs to divide among workers, such as 0,1 (default: all; none: no GPU)",
    )
    group.add_argument("--ray", metavar="ADDRESS", help="run trials on a Ray cluster (`auto`, `local`, HOST:PORT)")
    group.add_argument("--cpus-per-trial", type=positive_number, metavar="N", help="with --ray (default: 1)")
    group.add_argument("--gpus-per-trial", type=share, metavar="X", help="with --ray, 0.25 for instance (default: 0)")


def _add_results(group: Any) -> None:
    group.add_argument(
        "--keep", type=positive, default=3, metavar="K", help="keep the models of the K best trials (default: 3)"
    )
    group.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs below the study's folder")
    group.add_argument(
        "--mlflow",
        nargs="?",
        const="",
        metavar="URI",
        help="log every trial to MLflow, at its default location or this one",
    )


def run(arguments: Namespace) -> int:
    """Search, print the best trials, and return the exit code: 0, or that of the signal that ended the search.

    Raises SqsError for any error in the spec, the data or the search.
    """
    _check(arguments)
    splitting = splitting_options(arguments)
    if not arguments.quiet:
        _say_start(arguments)
    from sqsem_dsl.study.options import SearchOptions
    from sqsem_dsl.study.search_function import search

    defines = definitions(arguments)
    folder = Path(arguments.output or f"{Path(arguments.spec).stem}-search")
    options = SearchOptions(
        trials=arguments.trials,
        epochs=arguments.epochs,
        seed=arguments.seed,
        hours=arguments.hours,
        target=arguments.target,
        trial_minutes=arguments.trial_minutes,
        keep=arguments.keep,
        reuse=tuple(arguments.reuse),
        tensorboard=arguments.tensorboard,
        facts={"defines": defines} if defines else None,
    )
    try:
        result = search(
            arguments.spec,
            arguments.data,
            folder,
            options,
            workers=arguments.workers,
            gpus=_cards(arguments),
            executor=_cluster(arguments),
            start_from=arguments.start_from,
            baselines=arguments.baseline,
            **splitting,
            table=table_options(arguments),
            space=arguments.space,
            define=defines,
            allow_extern=arguments.allow_extern,
            progress=_progress(arguments, folder),
        )
    except KeyboardInterrupt:
        print(f"stopped before the first trial finished: run the same command again to use {folder}", file=sys.stderr)
        return EXITS["interrupted"]
    return say_result(result)


def _say_start(arguments: Namespace) -> None:
    """The first line, before anything is imported that takes longer than a moment."""
    with suppress(OSError, ValueError):  # ValueError: the stream is closed
        print(f"checking {arguments.spec} with data {' '.join(arguments.data)}", file=sys.stderr, flush=True)


def say_result(result: Result) -> int:
    """Print the best trials and the end of a search; the exit code."""
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.report.text.trials import baselines_lines, summary, trials_table

    width = shutil.get_terminal_size((100, 24)).columns
    study = load_study(result.directory)
    print(trials_table(result.trials, result.goals, width=width, lower_bounds=study.lower_bounds))
    print()
    for line in baselines_lines(study.baselines, result.goals):
        print(line)
    print(summary(result.trials, result.goals, result.seconds, result.ended, result.test, result.directory))
    if result.interrupted is None:
        return 0
    print("run the same command again to resume", file=sys.stderr)
    return EXITS[result.interrupted]


def _check(arguments: Namespace) -> None:
    """Arguments that are invalid, or that exclude each other, end the program with exit code 2."""
    if arguments.ray is None:
        for name in ("cpus_per_trial", "gpus_per_trial"):
            if getattr(arguments, name) is not None:
                arguments.parser.error(f"--{name.replace('_', '-')} requires --ray")
    elif arguments.workers is not None or arguments.gpus is not None:
        arguments.parser.error("--workers and --gpus are for this machine, --ray is for a cluster")


def _cluster(arguments: Namespace) -> Callable[[Dataset], Executor] | None:
    """The executor for trials on the cluster that `--ray` names."""
    if arguments.ray is None:
        return None
    from sqsem_dsl.study.executors.ray_cluster import Share
    from sqsem_dsl.study.executors.ray_tasks import RayTasks

    needs = Share(arguments.cpus_per_trial or 1.0, arguments.gpus_per_trial or 0.0)
    return lambda dataset: RayTasks(dataset, arguments.ray, needs)


def _cards(arguments: Namespace) -> list[int] | None:
    """The GPUs that `--gpus` names."""
    if arguments.gpus is None:
        return None
    if arguments.gpus == "none":
        return []
    numbers = arguments.gpus.split(",")
    if not all(text.isdecimal() for text in numbers):
        arguments.parser.error(f"--gpus expects numbers like 0,1 or `none`, not {arguments.gpus!r}")
    return [int(text) for text in numbers]


def _progress(arguments: Namespace, folder: Path) -> Progress:
    """The display, and MLflow if requested."""
    from sqsem_dsl.study.progress import progress_on
    from sqsem_dsl.study.progress.progress import CompositeProgress, NullProgress

    shown = NullProgress() if arguments.quiet else progress_on()
    if arguments.mlflow is None:
        return shown
    from sqsem_dsl.study.progress.mlflow_log import MlflowLog

    return CompositeProgress([shown, MlflowLog(arguments.mlflow or None, folder, shown.remark)])

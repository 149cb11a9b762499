"""The arguments of a command for the use and the split of data."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sqsem_dsl.cli.arguments import folds, natural, portion, positive


def add_splitting(group: Any) -> None:
    """Add them to a group of a parser."""
    group.add_argument(
        "--fraction",
        type=portion,
        default=1.0,
        metavar="X",
        help="train and validate on this share of the data, each class in its proportion; the test set stays complete",
    )
    group.add_argument(
        "--folds",
        type=folds,
        default=0,
        metavar="K",
        help="train each trial K times, each time validating on another fold; its score is the mean",
    )
    group.add_argument(
        "--validation",
        nargs="+",
        metavar="DATA",
        help="the validation set, in the forms of --data; without --test there is then no test set",
    )
    group.add_argument("--test", nargs="+", metavar="DATA", help="the test set, in the forms of --data")
    group.add_argument(
        "--group",
        metavar="COLUMN",
        help="keep samples with the same value in this column (or array of an .npz file) in one set and one fold; "
        "`folder`: images in the same folder below that of their class",
    )
    group.add_argument(
        "--split",
        default="random",
        metavar="random|ordered|FILE.csv",
        help="random (default; each class in its proportion); ordered: the first samples train, the last test, as for "
        "time series; or a table with the columns `id` and `set` (train, validation, test)",
    )
    group.add_argument(
        "--gap", type=natural, default=0, metavar="N", help="with --split ordered: leave out N samples between sets"
    )
    group.add_argument(
        "--window",
        type=positive,
        metavar="N",
        help="with csv:FILE in the order of time: each sample has N rows, and predicts those after them",
    )
    group.add_argument("--horizon", type=positive, metavar="N", help="with --window: predict N rows (default: 1)")
    group.add_argument("--series", metavar="COLUMN", help="with --window: the column that tells several series apart")


def splitting_options(arguments: Namespace) -> dict[str, Any]:
    """The same as keywords of `search`. Options that need another one end the program with exit code 2."""
    windows = None
    if arguments.window is not None:
        from sqsem_dsl.data.windows import Windows

        windows = Windows(arguments.window, arguments.horizon or 1, arguments.series)
    elif arguments.horizon is not None or arguments.series is not None:
        arguments.parser.error(f"--{'series' if arguments.horizon is None else 'horizon'} requires --window")
    return {
        "fraction": arguments.fraction,
        "folds": arguments.folds,
        "validation_data": arguments.validation,
        "test_data": arguments.test,
        "group": arguments.group,
        "split": arguments.split,
        "gap": arguments.gap,
        "windows": windows,
    }

"""The arguments of a command for the columns of tables."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqsem_dsl.data.table_options import TableOptions


def add_table_arguments(group: Any) -> None:
    """Add them to a group of a parser."""
    group.add_argument(
        "--columns", type=_names, default=(), metavar="NAME,…", help="the columns that inputs take (default: all)"
    )
    group.add_argument("--drop", type=_names, default=(), metavar="NAME,…", help="columns to ignore")
    group.add_argument(
        "--categories",
        type=_names,
        default=(),
        metavar="NAME,…",
        help="columns of categories that look like numbers, or have many values",
    )
    group.add_argument(
        "--missing",
        choices=("mean", "indicator"),
        help="missing numbers become the mean of the training set (the default); "
        "`indicator` adds a value that is 1 for these",
    )
    group.add_argument(
        "--weight", metavar="NAME", help="the column (or the array of an .npz file) of the weights of the samples"
    )
    group.add_argument(
        "--labels",
        type=_labels,
        action="append",
        default=[],
        metavar="OUTPUT=NAME,…",
        help="the column of an output, or one for each of its units, if they are not named like it; repeatable",
    )


def table_options(arguments: Namespace) -> TableOptions:
    """The options that the arguments give."""
    from sqsem_dsl.data.table_options import TableOptions

    return TableOptions(**given_table_options(arguments))


def given_table_options(arguments: Namespace) -> dict[str, Any]:
    """The options that are given, by name."""
    every = {
        "columns": arguments.columns,
        "drop": arguments.drop,
        "categories": arguments.categories,
        "missing": arguments.missing,
        "weight": arguments.weight,
        "labels": dict(arguments.labels),
    }
    return {name: value for name, value in every.items() if value}


def _names(text: str) -> tuple[str, ...]:
    """Names of columns, separated by commas.

    >>> _names("age, fare")
    ('age', 'fare')
    """
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise ArgumentTypeError(f"expects names separated by commas, not {text!r}")
    return names


def _labels(text: str) -> tuple[str, tuple[str, ...]]:
    """An output and its columns.

    >>> _labels("tags=red,green")
    ('tags', ('red', 'green'))
    """
    output, equals, names = text.partition("=")
    if not equals or not output.strip():
        raise ArgumentTypeError(f"expects OUTPUT=NAME,NAME,…, not {text!r}")
    return output.strip(), _names(names)

"""`sqsem search SPEC --data DATA`: run the search that a spec names."""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from sqsem_dsl.cli.arguments import natural, positive

INTERRUPTED = 130


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "search",
        help="search a space on data and keep the best model",
        description=(
            "Run the search that the spec's `search { }` names, train each trial as its `train { }` says, and leave "
            "best.keras, best.json, trials.csv and spec.sqs in a folder. The same seed gives the same trials."
        ),
    )
    parser.add_argument("spec", metavar="SPEC", help="the .sqs file")
    parser.add_argument(
        "--data",
        required=True,
        metavar="DATA",
        help="`digits` (embedded), or an .npz file with an array for each input and output by name",
    )
    parser.add_argument("--trials", type=positive, metavar="N", help="how many trials (default: what the spec says)")
    parser.add_argument("--epochs", type=positive, metavar="N", help="epochs of each trial (default: the spec's)")
    parser.add_argument(
        "--seed", type=natural, metavar="N", help="for trials, weights and the split (default: the spec's)"
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="where the results go (default: SPEC's name with -search)"
    )
    parser.add_argument("--space", metavar="NAME", help="the space to search, where the file holds several")
    parser.add_argument(
        "--define", action="append", default=[], metavar="NAME=VALUE", help="set a `const` of the space; repeatable"
    )
    parser.add_argument("--allow-extern", action="store_true", help="let the spec name Keras layers of its own code")
    parser.add_argument("--quiet", action="store_true", help="show no progress, only the result")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Search, print the best trials, and give the exit code: 0, or 130 where Ctrl-C ended the search.

    Raises SqsError for whatever is wrong with the spec, the data or the search.
    """
    from sqsem_dsl.compiler import load
    from sqsem_dsl.study.backend import import_quietly, prepare_backend

    defines = dict(_definition(text) for text in arguments.define)
    space = load(arguments.spec, space=arguments.space, define=defines, allow_extern=arguments.allow_extern)
    space.check_outputs()
    prepare_backend()
    import_quietly()
    # From here on everything loads Keras: seconds that no wrong spec should cost.
    from sqsem_dsl.data.load import load_data
    from sqsem_dsl.report.trials import summary, trials_table
    from sqsem_dsl.study.progress import Silent, progress_on
    from sqsem_dsl.study.search import run_search

    seed = space.search.seed if arguments.seed is None else arguments.seed
    dataset = load_data(arguments.data, space.inputs, space.outputs, seed)
    folder = Path(arguments.output) if arguments.output else free_folder(Path(arguments.spec).stem + "-search")
    try:
        result = run_search(
            space,
            dataset,
            folder,
            trials=arguments.trials,
            epochs=arguments.epochs,
            seed=seed,
            spec=Path(arguments.spec).read_text(encoding="utf-8"),
            facts={"defines": defines} if defines else None,
            progress=Silent() if arguments.quiet else progress_on(),
        )
    except KeyboardInterrupt:
        print("interrupted before the first trial was over: there is no result", file=sys.stderr)
        return INTERRUPTED
    print(trials_table(result, width=shutil.get_terminal_size((100, 24)).columns))
    print()
    print(summary(result))
    return INTERRUPTED if result.interrupted else 0


def free_folder(name: str) -> Path:
    """The folder of that name, or the first of `name-2`, `name-3`, … where it holds an earlier search."""
    path, number = Path(name), 1
    while path.exists():
        number += 1
        path = Path(f"{name}-{number}")
    return path


def _definition(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value

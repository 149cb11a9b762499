"""`sqsem retrain DIR --data DATA -o NEW`: an architecture of a study, trained again."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from sqsem_dsl.cli.arguments import add_command, natural, positive
from sqsem_dsl.cli.search import EXITS, say_result
from sqsem_dsl.cli.splitting_arguments import add_splitting, splitting_options
from sqsem_dsl.cli.table_arguments import add_table_arguments, given_table_options

DESCRIPTION = """Train the best architecture of a study again, or that of a trial: longer, on
other data, or with another seed. The choices, training settings included, are those of
the trial. The result is a study of one trial in a new folder."""
EPILOG = """examples:
  sqsem retrain runs/digits --data digits --epochs 100 -o runs/digits-final
  sqsem retrain runs/photos --data images:more/ --trial 7 -o runs/photos-more

Run the same command again to resume.

exit codes: 0 done, 1 something is wrong, 2 usage, 130 after Ctrl-C, 143 after SIGTERM"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "retrain", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="the folder of a study (the `-o` of `sqsem search`)")
    parser.add_argument(
        "--data", required=True, nargs="+", metavar="DATA", help="samples, in the forms of `sqsem search --data`"
    )
    parser.add_argument("-o", "--output", required=True, metavar="NEW", help="the folder of the new study")
    parser.add_argument("--trial", type=positive, metavar="N", help="the trial (default: the best)")
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="epochs (default: those of a whole training of the study)"
    )
    parser.add_argument("--seed", type=natural, metavar="N", help="for weights and the split (default: of the study)")
    parser.add_argument("--workers", type=natural, metavar="N", help="0 trains in this process (default: one process)")
    parser.add_argument("--allow-extern", action="store_true", help="allow `extern` and `python:` data, which run code")
    add_splitting(parser.add_argument_group("use of the data"))
    add_table_arguments(
        parser.add_argument_group("tables (default: as in the study; each given option replaces that of the study)")
    )
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Train, print the result, and return the exit code. Raises SqsError for any error in the study or the data."""
    from sqsem_dsl.api.study import load_study

    splitting = splitting_options(arguments)
    study = load_study(arguments.folder, allow_extern=arguments.allow_extern)
    try:
        result = study.retrain(
            arguments.data,
            Path(arguments.output),
            trial=arguments.trial,
            epochs=arguments.epochs,
            seed=arguments.seed,
            workers=arguments.workers,
            **splitting,
            table=given_table_options(arguments),
        )
    except KeyboardInterrupt:
        print("stopped: run the same command again to resume", file=sys.stderr)
        return EXITS["interrupted"]
    return say_result(result)

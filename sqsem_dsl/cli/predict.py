"""`sqsem predict DIR DATA`: what the best model of a study says about samples."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from sqsem_dsl.cli.arguments import add_command, positive
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE

if TYPE_CHECKING:
    from sqsem_dsl.study.inference.predictions import Predictions

DESCRIPTION = """Let the best model of a study predict samples, and write a table: the class
of each sample with the probability of each class, or numbers. Labels in the data
are not needed."""
EPILOG = """examples:
  sqsem predict runs/photos images:new/ -o predictions.csv
  sqsem predict runs/segments photo=images:new/ -o masks.npz

exit codes: 0 fine, 1 something is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "predict", DESCRIPTION, EPILOG)
    add_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="a table (.csv) or arrays by the names of outputs (.npz); default: a table on standard output",
    )
    parser.set_defaults(run=run, parser=parser)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the study, the data and the trial."""
    parser.add_argument("folder", metavar="DIR", help="the folder of a study (the `-o` of `sqsem search`)")
    parser.add_argument("data", nargs="+", metavar="DATA", help="samples, in the forms of `sqsem search --data`")
    parser.add_argument("--trial", type=positive, metavar="N", help="the model of this trial (default: of the best)")
    parser.add_argument("--allow-extern", action="store_true", help="allow `extern` and `python:` data, which run code")


def run(arguments: Namespace) -> int:
    """Write the predictions. Raises SqsError for data that do not fit, and for a file that cannot be written."""
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.study.errors_inference import BadPredictionFile

    path = arguments.output
    if path is not None and Path(path).suffix.lower() not in (".csv", ".npz"):
        raise SqsError([BadPredictionFile(NOWHERE, path, "its ending is neither .csv nor .npz")])
    study = load_study(arguments.folder, allow_extern=arguments.allow_extern)
    predictions = study.predict(arguments.data, trial=arguments.trial)
    if path is None:
        predictions.write_csv(sys.stdout)
        return 0
    try:
        _write(predictions, path)
    except OSError as error:
        raise SqsError([BadPredictionFile(NOWHERE, path, (error.strerror or str(error)).lower())]) from error
    return 0


def _write(predictions: Predictions, path: str) -> None:
    if path.lower().endswith(".npz"):
        predictions.write_npz(path)
    else:
        text = StringIO()
        predictions.write_csv(text)  # before the file is opened: it may not fit into a table
        Path(path).write_text(text.getvalue(), encoding="utf-8", newline="")
    print(f"{len(predictions)} predictions in {path}", file=sys.stderr)

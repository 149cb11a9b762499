"""`sqsem export DIR DATA --to FORMAT …`: the best model of a study for other programs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction

from sqsem_dsl.cli.arguments import add_command, positive
from sqsem_dsl.study.export.formats import FORMATS

DESCRIPTION = """Export the best model of a study: to Keras, SavedModel, ONNX, LiteRT (TensorFlow
Lite), or to readable Python code for its architecture. Each exported model is run
beside the original on samples of the data, and refused if it differs. Prints sizes,
latencies and scores, and writes a model card (model-card.md) beside the files,
which lists all exports in their folder."""
EPILOG = """examples:
  sqsem export runs/photos images:new/ --to onnx
  sqsem export runs/photos images:new/ --to keras onnx litert -o models/
  sqsem export runs/photos images:new/ --to litert --int8
  sqsem export runs/photos --to python

exit codes: 0 fine, 1 something is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "export", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="the folder of a study (the `-o` of `sqsem search`)")
    parser.add_argument(
        "data", nargs="*", metavar="DATA", help="samples for the comparison, in the forms of `sqsem search --data`"
    )
    parser.add_argument(
        "--to", nargs="+", required=True, choices=FORMATS, metavar="FORMAT", help=f"one or more of {', '.join(FORMATS)}"
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="the folder for the files (default: `export` in the study)"
    )
    parser.add_argument("--int8", action="store_true", help="LiteRT with 8-bit integers, calibrated with the samples")
    parser.add_argument("--trial", type=positive, metavar="N", help="the model of this trial (default: of the best)")
    parser.add_argument("--allow-extern", action="store_true", help="allow `extern` and `python:` data, which run code")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Write the exports and print a table of them. Raises SqsError if one cannot be written, or differs."""
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.report.text.exports import exports_page

    if arguments.int8 and "litert" not in arguments.to:
        arguments.parser.error("`--int8` is for `--to litert`")
    study = load_study(arguments.folder, allow_extern=arguments.allow_extern)
    forms = tuple(dict.fromkeys(arguments.to))
    exports = study.export(
        *forms, data=arguments.data or None, folder=arguments.output, trial=arguments.trial, int8=arguments.int8
    )
    print(exports_page(exports))
    return 0

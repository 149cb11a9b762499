"""`sqsem evaluate DIR DATA`: the scores of a study's best model on labelled samples."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, _SubParsersAction

from sqsem_dsl.cli.arguments import add_command
from sqsem_dsl.cli.predict import add_arguments

DESCRIPTION = """Score the best model of a study on labelled samples: every metric with an
interval of 95 %, how well each class is recognized, which classes are confused,
and the samples that are predicted worst."""
EPILOG = """examples:
  sqsem evaluate runs/photos images:new/
  sqsem evaluate runs/prices csv:june.csv --json > june.json

exit codes: 0 fine, 1 something is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "evaluate", DESCRIPTION, EPILOG)
    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="write a JSON object")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Print the scores. Raises SqsError for data that do not fit."""
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.report.text.evaluation import evaluation_json, evaluation_page

    study = load_study(arguments.folder, allow_extern=arguments.allow_extern)
    evaluation = study.evaluate(arguments.data, trial=arguments.trial)
    if arguments.json:
        print(json.dumps(evaluation_json(evaluation), indent=2, ensure_ascii=False))
    else:
        print(evaluation_page(evaluation))
    return 0

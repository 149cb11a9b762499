"""`sqsem diff OLD NEW`: the effect of an edit on a space, and on the trials of a search."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from sqsem_dsl.cli.arguments import add_command, add_message_format, definition, natural, positive
from sqsem_dsl.cli.messages import say
from sqsem_dsl.cli.specs import compiled_file
from sqsem_dsl.compiler import Compilation

if TYPE_CHECKING:
    from sqsem_dsl.compare.difference import Difference
    from sqsem_dsl.network.architecture import Architecture
    from sqsem_dsl.report.text.difference import Verdicts

DESCRIPTION = """Show what an edit of a spec does to its space: choices, rules and settings
that changed, and how many architectures are kept, gained and lost."""
EPILOG = """examples:
  sqsem diff old.sqs new.sqs
  sqsem diff old.sqs new.sqs --trials runs/digits     which trials of OLD are valid in NEW

exit codes: 0 both specs are valid, 1 a spec or the trials have errors, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "diff", DESCRIPTION, EPILOG)
    parser.add_argument("old", metavar="OLD", help="a .sqs file, or a spec in JSON form")
    parser.add_argument("new", metavar="NEW", help="the same after an edit")
    parser.add_argument(
        "--trials", metavar="DIR", help="the folder of a search on OLD: show which of its trials are valid in NEW"
    )
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.add_argument(
        "--enumerate",
        type=natural,
        default=2_000,
        metavar="N",
        help="count architectures if both spaces have at most N assignments (default: 2000)",
    )
    parser.add_argument(
        "--samples",
        type=positive,
        default=200,
        metavar="N",
        help="assignments sampled from each space that is not counted (default: 200)",
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="seed of the samples (default: 0)")
    parser.add_argument("--space", metavar="NAME", help="the space, if a file has several")
    parser.add_argument(
        "--define",
        action="append",
        default=[],
        type=definition,
        metavar="NAME=VALUE",
        help="set a `const` of both spaces; repeatable",
    )
    parser.add_argument("--allow-extern", action="store_true", help="allow `extern`, which runs code outside the specs")
    add_message_format(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Compare and print; 0 if both specs are valid, with or without differences. Raises SqsError for trials of
    another space."""
    old, new = (_compiled(path, arguments) for path in (arguments.old, arguments.new))
    if old.failed or new.failed:
        return 1
    from sqsem_dsl.compare.difference import diff
    from sqsem_dsl.report.text.difference import difference_page, trials_section
    from sqsem_dsl.report.text.difference_json import difference_json
    from sqsem_dsl.study.journal.load_trials import read_trials

    recorded = read_trials(Path(arguments.trials), old.space) if arguments.trials else ()
    options = {"enumerate": arguments.enumerate, "samples": arguments.samples, "seed": arguments.seed}
    difference = diff(old.space, new.space, **options, watch=_watch)
    _watch(0, 0)
    verdicts = None
    if arguments.trials:
        verdicts = _verdicts(difference, {t.number: t.architecture for t in recorded if t.score is not None})
    if arguments.json:
        print(json.dumps(difference_json(difference, verdicts), indent=2, ensure_ascii=False))
        return 0
    print(difference_page(difference, arguments.old, arguments.new))
    if verdicts is not None:
        print()
        print(trials_section(verdicts, arguments.trials, len(recorded) - len(verdicts)))
    return 0


def _compiled(path: str, arguments: Namespace) -> Compilation:
    """A spec; its diagnostics are printed."""
    compilation = compiled_file(path, arguments)
    say(compilation.diagnostics, arguments.message_format)
    return compilation


def _verdicts(difference: Difference, trials: dict[int, Architecture]) -> Verdicts:
    from sqsem_dsl.compare.validity import Judge

    judge = Judge(difference.old, difference.new, difference.names)
    return {number: judge.verdict(architecture) for number, architecture in trials.items()}


def _watch(done: int, every: int) -> None:
    """Show the progress on a terminal; with (0, 0) clear it."""
    if sys.stderr.isatty():
        print(
            f"\r\033[K{f'architectures: {done:,} of {every:,}' if every else ''}", end="", file=sys.stderr, flush=True
        )

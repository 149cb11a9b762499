"""`sqsem report DIR`: the results of a search, as an HTML page and on the terminal."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from sqsem_dsl.cli.arguments import add_command, add_effort
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE

DESCRIPTION = """Show what a search found: the best trials, what each choice adds to the score
with its interval, which choices matter, and the best architecture. Prints a
summary and writes one HTML page that works offline. The search may still be
running; nothing in its folder except the page is changed."""
EPILOG = """examples:
  sqsem report runs/digits
  sqsem report runs/digits -o digits.html

exit codes: 0 fine, 1 the study cannot be read or the page not written, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "report", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="the folder of a study (the `-o` of `sqsem search`)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("-o", "--output", metavar="FILE", help="file for the page (default: DIR/report.html)")
    form.add_argument("--no-html", action="store_true", help="do not write the page")
    parser.add_argument("--allow-extern", action="store_true", help="allow `extern`, which runs code outside the spec")
    add_effort(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Print the summary and write the page.

    Raises SqsError if there is no study, if its space cannot be loaded, if the page cannot be written, if a package of
    the extra `report` is missing (without Jinja2 or matplotlib the summary is still printed), and at the end
    if a part of the study cannot be read.
    """
    from sqsem_dsl.api.study import load_study
    from sqsem_dsl.report.statistics.find_answers import find_answers
    from sqsem_dsl.report.text.answers_page import answers_page
    from sqsem_dsl.report.text.style import style_for

    study = load_study(arguments.folder, allow_extern=arguments.allow_extern, damaged=True, effort=arguments.effort)
    answers = find_answers(study)
    print(answers_page(study, answers, style_for(sys.stdout)))
    if not arguments.no_html:
        sys.stdout.flush()
        from sqsem_dsl.report.html.html_page import html_page

        path = Path(arguments.output) if arguments.output else study.folder / "report.html"
        _write(path, html_page(study, answers))
        print(f"\nthe report is in {path}")
    if study.damage is not None:
        sys.stdout.flush()
        raise SqsError([study.damage])
    return 0


def _write(path: Path, text: str) -> None:
    """Write the page in one step, so that a reader never sees half of it."""
    from sqsem_dsl.study.errors import CannotWrite
    from sqsem_dsl.utils.atomic_file import write_whole

    try:
        write_whole(path, text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SqsError([CannotWrite(NOWHERE, str(path), reason, "name another file with `-o`")]) from None

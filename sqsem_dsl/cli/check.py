"""`sqsem check SPEC…`: check whether each spec is valid."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction

from sqsem_dsl.cli.arguments import SPEC_HELP, add_command, add_compiling
from sqsem_dsl.cli.messages import say_as_asked
from sqsem_dsl.cli.specs import compiled
from sqsem_dsl.compiler import Compilation

DESCRIPTION = """Check specs: syntax, names, shapes, rules and settings, for every architecture of
a space. Errors and warnings go to standard error; without any, nothing is
printed. Warnings that need the costs of a whole space come from `sqsem show`."""
EPILOG = """examples:
  sqsem check net.sqs
  sqsem check --message-format short specs/*.sqs     a line a message, for editors and hooks
  cat net.sqs | sqsem check -

exit codes: 0 fine, 1 a spec is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "check", DESCRIPTION, EPILOG)
    parser.add_argument("specs", nargs="+", metavar="SPEC", help=SPEC_HELP)
    add_compiling(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Check every spec; the exit code."""
    return max([check(compiled(path, arguments), arguments, thorough=False) for path in arguments.specs])


def check(compilation: Compilation, arguments: Namespace, *, thorough: bool) -> int:
    """Report the errors and warnings of a spec; 1 if there is an error.

    Without `thorough`, warnings that need the costs of a whole space are skipped.
    """
    say_as_asked(compilation.findings(thorough), arguments)
    return 1 if compilation.failed else 0

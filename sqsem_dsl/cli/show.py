"""`sqsem show SPEC`: the page of a space, or the number of its assignments that meet a condition."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction

from sqsem_dsl.cli.arguments import SPEC_HELP, add_command, add_compiling
from sqsem_dsl.cli.check import check
from sqsem_dsl.cli.specs import compiled, shown
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.space.space import Space

DESCRIPTION = """Check a spec and show its spaces: inputs and outputs, how many architectures
there are and how many are within the budgets, their parameters and
multiply-accumulates, and what each choice adds to them."""
EPILOG = """examples:
  sqsem show net.sqs
  sqsem show net.sqs --define classes=100
  sqsem show net.sqs --where "params <= 800K and macs <= 20M"

exit codes: 0 fine, 1 the spec is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "show", DESCRIPTION, EPILOG)
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--all", action="store_true", help="a line for each option of each choice")
    form.add_argument("--where", metavar="CONDITION", help="only count the assignments that meet a condition on costs")
    add_compiling(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Print the page, or the counts; the exit code. Raises SqsError if `--where` is not a condition."""
    compilation = compiled(arguments.spec, arguments)
    code = check(compilation, arguments, thorough=True)
    if code == 0 and arguments.where is not None:
        say_within(compilation, arguments.where)
    elif code == 0:
        say_known(shown(arguments.spec), compilation, arguments.all)
    return code


def say_known(path: str, compilation: Compilation, every: bool) -> None:
    """Print the page of each space of a file, section by section, or the blocks of a library."""
    from sqsem_dsl.report.text.space_page import space_page
    from sqsem_dsl.report.text.style import style_for
    from sqsem_dsl.report.text.summary import library_summary

    if not compilation.spaces:
        print(library_summary(path, compilation))
        return
    style = style_for(sys.stdout)
    parts = (part for space in _spaces(compilation) for part in space_page(path, space, style, every))
    for number, section in enumerate(parts):
        print(f"\n{section}" if number else section, flush=True)


def say_within(compilation: Compilation, where: str) -> None:
    """Print how many assignments of each space meet a condition, and how many of these are within its budgets.

    Raises SqsError if it is not a condition.
    """
    from sqsem_dsl.elaborate.condition import read_where
    from sqsem_dsl.report.text.summary import share
    from sqsem_dsl.report.text.table import table
    from sqsem_dsl.utils.numbers import whole

    for space in _spaces(compilation):
        facts, asked = space.analysis, read_where(where)
        counts = [(where, share(facts.share(where)))]
        if space.budgets and (both := facts.within((*space.budgets, *asked))) is not None:
            counts.append((f"and {', '.join(budget.text for budget in space.budgets)}", share(both)))
        many = facts.assignments
        total = "" if many is None else f"  {whole(many)} assignment{'' if many == 1 else 's'}"
        lines = [f"{space.name}{total}", *table((f"  {name}", count) for name, count in counts)]
        print("\n".join([*lines, *(f"  {what}: {why}" for what, why in facts.limits.items())]))


def _spaces(compilation: Compilation) -> list[Space]:
    """The chosen space, or all spaces of the file."""
    chosen = compilation.chosen
    return [compilation.built[chosen.name]] if chosen is not None else list(compilation.built.values())

"""`sqsem-compile SPEC…`: `check`, `show`, `emit`, `sample`, `fix` and `verify` as options of one command."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Mapping

from sqsem_dsl.cli.arguments import add_command, add_compiling, natural, positive
from sqsem_dsl.cli.check import check
from sqsem_dsl.cli.emit import KINDS, Kind, add_at, emit
from sqsem_dsl.cli.sample import NUMBER, samples
from sqsem_dsl.cli.show import say_known, say_within
from sqsem_dsl.cli.specs import compiled_file, write
from sqsem_dsl.compiler import Compilation

FORMATTER = RawDescriptionHelpFormatter
DESCRIPTION = "Check .sqs specs and summarize their spaces."
EPILOG = """examples:
  sqsem-compile net.sqs                                   a summary of the space
  sqsem-compile --check --message-format short *.sqs      only errors and warnings, for editors and hooks
  sqsem-compile net.sqs --emit architecture --at 17       architecture number 17 as JSON
  sqsem-compile net.sqs --emit architecture --at '{"depth": 3}'
  sqsem-compile net.sqs --define classes=100 --emit choices
  sqsem-compile net.sqs --where "params <= 800K"          how many assignments meet a condition
  sqsem-compile net.sqs --emit sample --count 20 --where "macs <= 20M"
  sqsem-compile net.sqs --emit analysis -o net.json       all facts about the space as JSON
  sqsem-compile net.sqs --validate 50                     50 architectures built in Keras and compared
  sqsem-compile --fix net.sqs                             apply safe fixes in the file

exit codes: 0 fine, 1 the spec is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add `sqsem compile` to the program's parser."""
    parser = add_command(subparsers, "compile", DESCRIPTION, EPILOG)
    add_arguments(parser)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a .sqs file, or a spec in JSON form")
    parser.add_argument("--check", action="store_true", help="only report errors and warnings")
    parser.add_argument("--fix", action="store_true", help="apply safe fixes in the files first")
    parser.add_argument("--emit", choices=tuple(TARGETS), metavar="TARGET", help=f"write one of: {', '.join(TARGETS)}")
    parser.add_argument("-o", "--output", metavar="FILE", help="where --emit writes (default: standard output)")
    add_at(parser, "the architecture to emit")
    parser.add_argument(
        "--where",
        metavar="CONDITION",
        help="how many assignments meet a condition on costs; with --emit sample: only such",
    )
    parser.add_argument(
        "--count",
        type=positive,
        metavar="N",
        help=f"architectures that --emit sample writes (default: {NUMBER})",
    )
    parser.add_argument("--all", action="store_true", help="a line for each option of each choice")
    parser.add_argument(
        "--validate",
        type=positive,
        metavar="N",
        help="build N architectures in Keras, compare every layer, and run each forward and backward",
    )
    parser.add_argument("--seed", type=natural, metavar="N", help="seed of --validate and --emit sample (default: 0)")
    add_compiling(parser)
    parser.set_defaults(run=run, parser=parser, fixer="sqsem-compile --fix")


def run(arguments: Namespace) -> int:
    """Compile; returns the exit code."""
    if arguments.emit == "schema":
        write(TARGETS["schema"](None, arguments), arguments.output)
        return 0
    _refuse(arguments)
    code = 0
    for number, path in enumerate(arguments.specs):
        if arguments.fix:
            from sqsem_dsl.cli.fix import fix_file

            fix_file(path, arguments.message_format, arguments.allow_extern)
        compilation = compiled_file(path, arguments)
        if arguments.emit:
            return emit(arguments.emit, TARGETS[arguments.emit], compilation, arguments)
        if check(compilation, arguments, thorough=not arguments.check):
            code = max(code, 1)
        elif arguments.validate:
            from sqsem_dsl.cli.verify import verify

            seed = arguments.seed or 0
            code = max(code, verify(compilation.space, arguments.validate, seed, arguments.message_format))
        elif arguments.where is not None:
            say_within(compilation, arguments.where)
        elif not arguments.check:
            if number:
                print()
            say_known(path, compilation, arguments.all)
    return code


def _refuse(arguments: Namespace) -> None:
    """Options that exclude each other end the program with exit code 2."""
    parser: ArgumentParser = arguments.parser
    if not arguments.specs:
        parser.error("name at least one SPEC")
    if arguments.emit and len(arguments.specs) > 1:
        parser.error("--emit requires exactly one SPEC")
    if arguments.emit and arguments.check:
        parser.error("--check excludes --emit")
    if arguments.at != "default" and arguments.emit not in ("architecture", "python"):
        parser.error("--at requires --emit architecture or python")
    if arguments.output and not arguments.emit:
        parser.error("-o requires --emit")
    if arguments.validate and (arguments.emit or arguments.check):
        parser.error("--validate excludes --check and --emit")
    if arguments.seed is not None and not arguments.validate and arguments.emit != "sample":
        parser.error("--seed requires --validate or --emit sample")
    if arguments.count is not None and arguments.emit != "sample":
        parser.error("--count requires --emit sample")
    if arguments.where is not None and (
        arguments.check or arguments.validate or arguments.emit not in (None, "sample")
    ):
        parser.error("--where excludes --check, --validate and --emit, except --emit sample")
    if arguments.all and (arguments.check or arguments.emit or arguments.validate or arguments.where is not None):
        parser.error("--all excludes --check, --emit, --validate and --where")
    if arguments.fix and (arguments.emit or arguments.define or arguments.space):
        parser.error("--fix excludes --emit, --define and --space: it fixes whole files as they are")


def _sample(compilation: Compilation | None, arguments: Namespace) -> str:
    assert compilation is not None
    number, seed = arguments.count or NUMBER, arguments.seed or 0
    return "\n".join(samples(compilation.space, number, seed, arguments.where))


TARGETS: Mapping[str, Kind] = {**KINDS, "sample": _sample}
"""The kinds of output of `--emit`."""

"""`sqsem-compile SPEC…`: check specs, say what is in them, write what is asked for."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable, Mapping
from pathlib import Path

from sqsem_dsl.cli import known, validate
from sqsem_dsl.cli.arguments import positive
from sqsem_dsl.cli.messages import say
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.choices import BadPlace
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space

FORMATTER = RawDescriptionHelpFormatter
DESCRIPTION = "Check .sqs specs and say what is in them."
EPILOG = """examples:
  sqsem-compile net.sqs                                   what the space holds
  sqsem-compile --check --message-format short *.sqs      the verdict alone, for editors and hooks
  sqsem-compile net.sqs --emit architecture --at 17       architecture number 17 as JSON
  sqsem-compile net.sqs --emit architecture --at '{"depth": 3}'
  sqsem-compile net.sqs --define classes=100 --emit choices
  sqsem-compile net.sqs --where "params <= 800K"          how many assignments that leaves
  sqsem-compile net.sqs --emit sample --count 20 --where "macs <= 20M"
  sqsem-compile net.sqs --emit analysis -o net.json       all that is known of the space as JSON
  sqsem-compile net.sqs --validate 50                     50 architectures built in Keras and compared
  sqsem-compile --fix net.sqs                             mend in the file what can be mended with certainty

exit codes: 0 fine, 1 the spec is wrong, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add `sqsem compile` to the program's parser."""
    parser = subparsers.add_parser(
        "compile",
        help="check specs and say what is in them",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=FORMATTER,
    )
    add_arguments(parser)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a .sqs file, or a spec in JSON form")
    parser.add_argument("--check", action="store_true", help="only say whether the specs are right")
    parser.add_argument("--fix", action="store_true", help="first mend in the files what can be mended with certainty")
    parser.add_argument("--emit", choices=tuple(TARGETS), metavar="TARGET", help=f"write one of: {', '.join(TARGETS)}")
    parser.add_argument("-o", "--output", metavar="FILE", help="where --emit writes (default: standard output)")
    parser.add_argument(
        "--at",
        default="default",
        metavar="WHICH",
        help="the architecture to emit: `default`, a number, or a JSON object of choices (default: default)",
    )
    parser.add_argument(
        "--where", metavar="CONDITION", help="how many assignments meet a condition on costs; with --emit sample: these"
    )
    parser.add_argument(
        "--count",
        type=positive,
        metavar="N",
        help=f"architectures that --emit sample writes (default: {known.SAMPLED})",
    )
    parser.add_argument("--all", action="store_true", help="every option of every choice in a line of its own")
    validate.add_arguments(parser)
    parser.add_argument("--space", metavar="NAME", help="the space meant, where the file holds several")
    parser.add_argument(
        "--define", action="append", default=[], metavar="NAME=VALUE", help="set a `const` of the space; repeatable"
    )
    parser.add_argument("--allow-extern", action="store_true", help="let the spec name Keras layers of its own code")
    parser.add_argument(
        "--message-format", choices=("text", "short", "json"), default="text", help="how diagnostics are written"
    )
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Compile; gives the exit code."""
    parser: ArgumentParser = arguments.parser
    for text in arguments.define:
        if "=" not in text:
            parser.error(f"--define takes NAME=VALUE, not {text!r}")
    if arguments.emit == "schema":
        return _write(arguments, TARGETS["schema"](None, arguments))
    if not arguments.specs:
        parser.error("name at least one SPEC")
    if arguments.emit and len(arguments.specs) > 1:
        parser.error("--emit takes one SPEC")
    if arguments.emit and arguments.check:
        parser.error("--check and --emit exclude each other")
    if arguments.at != "default" and arguments.emit != "architecture":
        parser.error("--at goes with --emit architecture")
    if arguments.output and not arguments.emit:
        parser.error("-o goes with --emit")
    if arguments.validate and (arguments.emit or arguments.check):
        parser.error("--validate excludes --check and --emit")
    if arguments.seed is not None and not arguments.validate and arguments.emit != "sample":
        parser.error("--seed goes with --validate and --emit sample")
    if arguments.count is not None and arguments.emit != "sample":
        parser.error("--count goes with --emit sample")
    if arguments.where is not None and (
        arguments.check or arguments.validate or arguments.emit not in (None, "sample")
    ):
        parser.error("--where goes with --emit sample, or alone")
    if arguments.all and (arguments.check or arguments.emit or arguments.validate or arguments.where is not None):
        parser.error("--all goes with the page alone")
    if arguments.fix and (arguments.emit or arguments.define or arguments.space):
        parser.error("--fix excludes --emit, --define and --space: it mends whole files as they are")
    code = 0
    for number, path in enumerate(arguments.specs):
        if arguments.fix:
            from sqsem_dsl.cli import fix

            fix.run(path, arguments.message_format, arguments.allow_extern)
        compilation = Compilation.from_file(
            path, space=arguments.space, define=_defines(arguments), allow_extern=arguments.allow_extern
        )
        if arguments.emit in ("spec", "text") and compilation.read.spec is not None:
            say(compilation.read.diagnostics, arguments.message_format)
            return _write(arguments, TARGETS[arguments.emit](compilation, arguments))
        say(compilation.findings(thorough=not arguments.check), arguments.message_format)
        if compilation.failed:
            code = max(code, 1)
            continue
        if arguments.emit:
            return _write(arguments, TARGETS[arguments.emit](compilation, arguments))
        if arguments.validate:
            style = arguments.message_format
            code = max(code, validate.run(compilation.space, arguments.validate, arguments.seed or 0, style))
        elif arguments.where is not None:
            known.say_within(compilation, arguments.where)
        elif not arguments.check:
            if number:
                print()
            known.say_known(path, compilation, arguments.all)
    return code


def _defines(arguments: Namespace) -> Mapping[str, str]:
    return dict(text.split("=", 1) for text in arguments.define)


def _write(arguments: Namespace, text: str) -> int:
    text = text if text.endswith("\n") else text + "\n"
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        try:
            Path(arguments.output).write_text(text, encoding="utf-8")
        except OSError as error:
            from sqsem_dsl.study.errors import CannotWrite

            reason = (error.strerror or str(error)).lower()
            raise SqsError([CannotWrite(NOWHERE, arguments.output, reason, "name another file with `-o`")]) from None
    return 0


# ---- what can be emitted


def _spec(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.format.json_form import spec_json

    assert compilation is not None
    assert compilation.read.spec is not None
    return spec_json(compilation.read.spec)


def _schema(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.format.json_form import spec_schema

    return spec_schema()


def _text(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.format.printer import print_spec

    assert compilation is not None
    assert compilation.read.spec is not None
    return print_spec(compilation.read.spec, compilation.read.comments)


def _choices(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.export.architecture_json import choice_json

    assert compilation is not None
    return json.dumps([choice_json(choice) for choice in compilation.space.choices], indent=2)


def _architecture(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.export.architecture_json import architecture_json

    assert compilation is not None
    return json.dumps(architecture_json(_at(compilation.space, arguments.at)), indent=2)


def _analysis(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.export.analysis_json import analysis_json

    assert compilation is not None
    return json.dumps(analysis_json(compilation.space), indent=2)


def _sample(compilation: Compilation | None, arguments: Namespace) -> str:
    assert compilation is not None
    lines = known.samples(compilation.space, arguments.count or known.SAMPLED, arguments.seed or 0, arguments.where)
    return "\n".join(lines)


def _at(space: Space, which: str) -> Architecture:
    """The architecture that `--at` names. Raises SqsError where it names none."""
    if which == "default":
        return space.default()
    try:
        value = json.loads(which)
    except ValueError:
        value = None
    if isinstance(value, dict) or (isinstance(value, int) and not isinstance(value, bool)):
        return space.at(value)
    raise SqsError([BadPlace(NOWHERE, which)])


TARGETS: Mapping[str, Callable[[Compilation | None, Namespace], str]] = {
    "spec": _spec,
    "schema": _schema,
    "text": _text,
    "choices": _choices,
    "architecture": _architecture,
    "analysis": _analysis,
    "sample": _sample,
}
"""What `--emit` writes: the models as JSON, their JSON Schema, the formatted text, the choices, one architecture, all
that is known of the space, a sample of it."""

"""`sqsem emit KIND SPEC`: export a spec, its space or one of its architectures."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable, Mapping

from sqsem_dsl.cli.arguments import SPEC_HELP, add_command, add_compiling
from sqsem_dsl.cli.check import check
from sqsem_dsl.cli.messages import say_as_asked
from sqsem_dsl.cli.specs import compiled, write
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.choices import BadPlace
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space

DESCRIPTION = """Write a spec, its space or one of its architectures in a form for other
programs. `sqsem sample` writes random architectures."""
EPILOG = """examples:
  sqsem emit choices net.sqs
  sqsem emit architecture net.sqs --at 17
  sqsem emit python net.sqs --at 17 -o net.py
  sqsem emit hypermodel net.sqs -o net.py
  sqsem emit analysis net.sqs -o net.json
  sqsem emit KIND --help                  the options of one kind

exit codes: 0 fine, 1 the spec is wrong, 2 usage, 70 a bug in sqsem"""
HELP = {
    "spec": "the spec as JSON",
    "schema": "the JSON Schema of specs in JSON form; takes no SPEC",
    "text": "the spec as formatted text",
    "choices": "the choices of the space as a JSON list",
    "architecture": "one architecture as JSON: its layers, parameters and multiply-accumulates",
    "python": "one architecture as Python code that builds its Keras model",
    "hypermodel": "the whole space as Python code for KerasTuner, which needs no sqsem",
    "analysis": "all facts about the space as JSON",
}
Kind = Callable[[Compilation | None, Namespace], str]


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    kinds = add_command(subparsers, "emit", DESCRIPTION, EPILOG).add_subparsers(metavar="KIND", required=True)
    for kind, line in HELP.items():
        parser = kinds.add_parser(
            kind, help=line, description=f"Write {line}.", epilog=EPILOG, formatter_class=RawDescriptionHelpFormatter
        )
        if kind != "schema":
            parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
        if kind in ("architecture", "python"):
            add_at(parser, "which architecture")
        parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")
        if kind != "schema":
            add_compiling(parser)
        parser.set_defaults(run=run, parser=parser, kind=kind)


def add_at(parser: ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--at",
        default="default",
        metavar="WHICH",
        help=f"{what}: `default`, a number, or a JSON object of choices (default: default)",
    )


def run(arguments: Namespace) -> int:
    """Write one kind; the exit code."""
    if arguments.kind == "schema":
        write(KINDS["schema"](None, arguments), arguments.output)
        return 0
    return emit(arguments.kind, KINDS[arguments.kind], compiled(arguments.spec, arguments), arguments)


def emit(kind: str, text_of: Kind, compilation: Compilation, arguments: Namespace) -> int:
    """Write the output of `text_of` for a valid spec; the spec itself can be written if it parses."""
    if kind in ("spec", "text") and compilation.read.spec is not None:
        say_as_asked(compilation.read.diagnostics, arguments)
    elif check(compilation, arguments, thorough=True):
        return 1
    write(text_of(compilation, arguments), arguments.output)
    return 0


# ---- the kinds


def _spec(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.format.json_form import spec_json

    assert compilation is not None
    assert compilation.read.spec is not None
    return spec_json(compilation.read.spec)


def _schema(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.format.json_form import spec_schema

    return spec_schema()


def _text(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.format.format import format_read

    assert compilation is not None
    return format_read(compilation.read)


def _choices(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.export.architecture_json import choice_json

    assert compilation is not None
    return json.dumps([choice_json(choice) for choice in compilation.space.choices], indent=2)


def _architecture(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.export.architecture_json import architecture_json

    assert compilation is not None
    return json.dumps(architecture_json(_at(compilation.space, arguments.at)), indent=2)


def _python(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.study.backend import BUILDING, prepare_backend

    assert compilation is not None
    prepare_backend("a model", BUILDING)
    from sqsem_dsl.backends.keras.model_code import architecture_code

    return architecture_code(_at(compilation.space, arguments.at))


def _hypermodel(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.hypermodel.module import space_code

    assert compilation is not None
    compilation.space.check_outputs()
    return space_code(compilation.space)


def _analysis(compilation: Compilation | None, arguments: Namespace) -> str:
    from sqsem_dsl.backends.export.analysis_json import analysis_json

    assert compilation is not None
    return json.dumps(analysis_json(compilation.space), indent=2)


def _at(space: Space, which: str) -> Architecture:
    """The architecture that `--at` names. Raises SqsError if there is none."""
    if which == "default":
        return space.default()
    try:
        value = json.loads(which)
    except ValueError:
        value = None
    if isinstance(value, dict) or (isinstance(value, int) and not isinstance(value, bool)):
        return space.at(value)
    raise SqsError([BadPlace(NOWHERE, which)])


KINDS: Mapping[str, Kind] = {
    "spec": _spec,
    "schema": _schema,
    "text": _text,
    "choices": _choices,
    "architecture": _architecture,
    "python": _python,
    "hypermodel": _hypermodel,
    "analysis": _analysis,
}

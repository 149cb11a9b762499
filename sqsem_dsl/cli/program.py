"""The two programs: their parsers, and the handling of a command's exceptions."""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module

from sqsem_dsl.cli.arguments import Parser
from sqsem_dsl.cli.messages import BUG, say_as_asked
from sqsem_dsl.cli.terminal import terminal
from sqsem_dsl.diagnostics.errors import SqsError

COMMANDS = {
    "check": "check specs",
    "show": "show what a space holds",
    "emit": "write a spec, its space or an architecture for other programs",
    "sample": "write random architectures",
    "fmt": "format specs",
    "fix": "apply safe fixes",
    "measure": "measure the layers of a space, for its latency",
    "verify": "build architectures in Keras and compare",
    "diff": "compare the spaces of two specs",
    "search": "search a space on data; the same command resumes a search",
    "trials": "show the trials of a search",
    "predict": "predict samples with the best model of a search",
    "evaluate": "score the best model of a search on labelled samples",
    "retrain": "train an architecture of a search longer, or on other data",
    "export": "export the best model of a search to ONNX, LiteRT and others",
    "dashboard": "follow a search in the browser",
    "report": "write what a search found as a page",
    "compile": "the same as `sqsem-compile`: most of the above as options",
}
"""Each command is a module of this folder, and only the module of the running command is imported."""
SHORT = {"check", "show", "emit", "sample", "fmt", "fix", "verify", "trials"}
"""Commands that run without garbage collection: it takes an eighth of their time, and they end before there is much
garbage."""


def sqsem(argv: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    """`sqsem COMMAND …`."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--"]:
        del words[0]
    name = words[0] if words else None
    parser = Parser(
        prog="sqsem",
        description="Define neural architecture search spaces in .sqs files; check, count and search them.",
        epilog="`sqsem COMMAND --help` has examples. "
        "Exit codes: 0 fine, 1 the spec or the data is wrong, 2 usage, 70 a bug in sqsem, 130 interrupted.",
    )
    parser.add_argument("-V", "--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, line in COMMANDS.items():
        if command == name:
            import_module(f"sqsem_dsl.cli.{command}").add_parser(commands)
        else:
            commands.add_parser(command, help=line)
    with _uncollected(argv is None) if name in SHORT else nullcontext():
        return _run(parser, words, interrupted)


def sqsem_compile(argv: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    """`sqsem-compile SPEC …`, the same as `sqsem compile SPEC …`."""
    with _uncollected(argv is None):
        from sqsem_dsl.cli import compile

        parser = Parser(prog="sqsem-compile", description=compile.DESCRIPTION, epilog=compile.EPILOG)
        parser.formatter_class = compile.FORMATTER
        parser.add_argument("--version", action="version", version=_version())
        compile.add_arguments(parser)
        return _run(parser, argv, interrupted)


@contextmanager
def _uncollected(ends: bool) -> Iterator[None]:
    """Code that runs without garbage collection. `ends`: the process ends after it, and need not collect either, which
    takes another fifteenth of a check."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ends:
            gc.freeze()
        if collects:
            gc.enable()


def _run(parser: ArgumentParser, argv: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    with terminal():
        arguments = parser.parse_args(argv)
        return _done(arguments, interrupted)


def _done(arguments: Namespace, interrupted: Callable[[], bool]) -> int:
    """Run a command; its exit code for any exception. Raises KeyboardInterrupt if Ctrl-C was pressed."""
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except Exception as error:
        if interrupted():
            raise KeyboardInterrupt from error  # a library turned it into another exception while loading
        return _failed(error, arguments)


def _failed(error: Exception, arguments: Namespace) -> int:
    """Report the error; returns the exit code."""
    match error:
        case SqsError():
            say_as_asked(error.diagnostics, arguments)
            return 1
        case ModuleNotFoundError() if error.name is None or not error.name.startswith("sqsem_dsl"):
            print(f"error: {error}", file=sys.stderr)
            return 1
        case BrokenPipeError():
            # The reader has closed our output: no further output is possible or necessary.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        case OSError():
            print(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
            return 1
        case _:
            return _bug(error)


def _bug(error: Exception) -> int:
    """Report an unexpected exception as a bug, not as the user's error, with the facts that a bug report needs."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    print(
        f"sqsem has a bug: {type(error).__name__}: {error}\n"
        f"  at {os.path.basename(last.filename)}:{last.lineno} in {last.name}; version {_version()}\n"
        "  Please report it with the spec that shows it. SQSEM_DEBUG=1 shows the whole trace.",
        file=sys.stderr,
    )
    if os.environ.get("SQSEM_DEBUG"):
        traceback.print_exception(error)
    return BUG


def _version() -> str:
    from sqsem_dsl import __version__

    return f"sqsem {__version__}"

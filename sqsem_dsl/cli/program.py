"""The two programs: their parsers, and what becomes of a command's exceptions."""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence

from sqsem_dsl.cli.messages import BUG, say
from sqsem_dsl.cli.terminal import terminal
from sqsem_dsl.diagnostics.errors import SqsError


def sqsem(argv: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    """`sqsem COMMAND …`."""
    from sqsem_dsl.cli import compile, diff, report, search, trials

    parser = ArgumentParser(
        prog="sqsem",
        description="Describe spaces of neural network architectures in .sqs files; check, count and search them.",
        epilog="Exit codes: 0 fine, 1 the spec or the data is wrong, 2 usage, 70 a bug in sqsem.",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    compile.add_parser(commands)
    diff.add_parser(commands)
    search.add_parser(commands)
    report.add_parser(commands)
    trials.add_parser(commands)
    return _run(parser, argv, interrupted)


def sqsem_compile(argv: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    """`sqsem-compile SPEC …`, the same as `sqsem compile SPEC …`."""
    gc.disable()  # looking for garbage is an eighth of its time, and the process ends before there is any to speak of
    from sqsem_dsl.cli import compile

    parser = ArgumentParser(prog="sqsem-compile", description=compile.DESCRIPTION, epilog=compile.EPILOG)
    parser.formatter_class = compile.FORMATTER
    parser.add_argument("--version", action="version", version=_version())
    compile.add_arguments(parser)
    return _run(parser, argv, interrupted)


def _run(parser: ArgumentParser, argv: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    with terminal():
        arguments = parser.parse_args(argv)
        return _done(arguments, interrupted)


def _done(arguments: Namespace, interrupted: Callable[[], bool]) -> int:
    """Run a command; its exit code, whatever it raises. Raises KeyboardInterrupt where Ctrl-C was pressed."""
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except Exception as error:
        if interrupted():
            raise KeyboardInterrupt from error  # a library that was loading made another exception of it
        return _failed(error, getattr(arguments, "message_format", "text"))


def _failed(error: Exception, style: str) -> int:
    """Say what went wrong; gives the exit code."""
    match error:
        case SqsError():
            say(error.diagnostics, style)
            return 1
        case ModuleNotFoundError() if error.name is None or not error.name.startswith("sqsem_dsl"):
            print(f"error: {error}", file=sys.stderr)
            return 1
        case BrokenPipeError():
            # Whoever read our output has closed it; nothing more can be said, nor need be.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        case OSError():
            print(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
            return 1
        case _:
            return _bug(error)


def _bug(error: Exception) -> int:
    """Something that cannot happen did: say so, with what a report needs, and never as the user's mistake."""
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

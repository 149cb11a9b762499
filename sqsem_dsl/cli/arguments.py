"""The parsers of commands, and the arguments that several commands share."""

from __future__ import annotations

from argparse import (
    Action,
    ArgumentError,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
    _SubParsersAction,
)
from math import isfinite
from typing import Any

from sqsem_dsl.utils.effort import LEVEL_NAMES

SPEC_HELP = "a .sqs file, or a spec in JSON form; - reads standard input"


class Parser(ArgumentParser):
    """A parser whose message for an unknown command names the nearest one."""

    def _check_value(self, action: Action, value: Any) -> None:
        # From Python 3.14 on argparse has `suggest_on_error`; older versions reject a value in this method.
        if not isinstance(action, _SubParsersAction) or value in action.choices:
            super()._check_value(action, value)
            return
        from sqsem_dsl.diagnostics.diagnostic import closest

        near = closest(str(value), action.choices)
        remedy = f"did you mean `{near}`?" if near else f"choose from {', '.join(action.choices)}"
        raise ArgumentError(None, f"unknown {str(action.metavar).lower()} `{value}`: {remedy}")


def add_command(
    subparsers: _SubParsersAction[ArgumentParser], name: str, description: str, epilog: str
) -> ArgumentParser:
    """The parser of a command, with unchanged line breaks in its help."""
    return subparsers.add_parser(
        name, description=description, epilog=epilog, formatter_class=RawDescriptionHelpFormatter
    )


def add_compiling(parser: ArgumentParser) -> None:
    """The options of every command that compiles specs."""
    parser.add_argument("--space", metavar="NAME", help="the space, if the file has several")
    parser.add_argument(
        "--define",
        action="append",
        default=[],
        type=definition,
        metavar="NAME=VALUE",
        help="set a `const` of the space; repeatable",
    )
    add_extern(parser)
    add_effort(parser)
    add_message_format(parser)


def add_effort(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--effort",
        choices=LEVEL_NAMES,
        default="normal",
        help="how much work the analysis of a whole space may be: quick a tenth of normal, thorough 20 times as much",
    )


def add_extern(parser: ArgumentParser) -> None:
    parser.add_argument("--allow-extern", action="store_true", help="allow `extern`, which runs code outside the spec")


def add_message_format(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--message-format", choices=("text", "short", "json"), default="text", help="how diagnostics are written"
    )


def definitions(arguments: Namespace) -> dict[str, str]:
    """The constants that `--define` sets, with their values as text."""
    return dict(text.split("=", 1) for text in getattr(arguments, "define", ()))


# ---- types


def definition(text: str) -> str:
    """A constant and its value: NAME=VALUE."""
    if "=" not in text:
        raise ArgumentTypeError(f"--define expects NAME=VALUE, not {text!r}")
    return text


def natural(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is not a whole number")
    return int(text)


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    number = natural(text)
    if number == 0:
        raise ArgumentTypeError("must be at least 1")
    return number


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"`{text}` is not a number") from None
    if not isfinite(value):
        raise ArgumentTypeError("must be finite")
    return value


def share(text: str) -> float:
    """A finite number, 0 or more."""
    value = number(text)
    if value < 0:
        raise ArgumentTypeError("must not be below 0")
    return value


def positive_number(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if value <= 0:
        raise ArgumentTypeError("must be above 0")
    return value


def portion(text: str) -> float:
    """A number above 0 and at most 1."""
    value = positive_number(text)
    if value > 1:
        raise ArgumentTypeError("must be at most 1")
    return value


def folds(text: str) -> int:
    """A number of folds: 2 or more."""
    value = natural(text)
    if value < 2:
        raise ArgumentTypeError("must be at least 2")
    return value

"""The parsers of commands, and the arguments that several commands share."""

from __future__ import annotations

import sys
from argparse import (
    Action,
    ArgumentError,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
    _SubParsersAction,
)
from collections.abc import Collection
from math import isfinite
from typing import Any, NoReturn

from sqsem_dsl.utils.effort import LEVEL_NAMES

OTHER_NAMES = {
    "format": "fmt",
    "lint": "check",
    "list": "trials",
    "run": "search",
    "status": "trials",
    "tflite": "litert",
    "train": "search",
    "tune": "search",
}
"""What other tools call a command or a value, and its name here."""
SPEC_HELP = "a .sqs file, or a spec in JSON form; - reads standard input"


class Parser(ArgumentParser):
    """A parser whose messages name the nearest command, option or value, and lead to the help of the command."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse, but what a parser does not know is an error of this parser, and not of the one around it.
        Without any argument, a parser of commands prints them all and exits with 2."""
        if not (sys.argv[1:] if args is None else args) and self._subparsers is not None:
            self.exit(2, self.format_help())
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown[0]))
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Prints the message, without the usage, which has dozens of lines for some commands, and exits with 2."""
        self.exit(2, f"{self.prog}: error: {message}\n  `{self.prog} --help` shows what it takes\n")

    def _unknown(self, argument: str) -> str:
        if not argument.startswith("-"):
            return f"unexpected argument `{argument}`"
        option = argument.partition("=")[0]
        return f"unknown option `{option}`{_did_you_mean(option, self._option_string_actions)}"

    def _check_value(self, action: Action, value: Any) -> None:
        # From Python 3.14 on argparse has `suggest_on_error`; older versions reject a value in this method.
        if action.choices is None or value in action.choices:
            return
        known = [str(each) for each in action.choices]
        near = _did_you_mean(str(value), known) or f": choose from {', '.join(known)}"
        if isinstance(action, _SubParsersAction):
            raise ArgumentError(None, f"unknown {str(action.metavar).lower()} `{value}`{near}")
        raise ArgumentError(action, f"unknown value `{value}`{near}")


def _did_you_mean(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name; empty if no known one is near."""
    from sqsem_dsl.diagnostics.diagnostic import closest

    near = closest(name, known)
    if (other := OTHER_NAMES.get(name)) in known:
        near = other
    return f": did you mean `{near}`?" if near else ""


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


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"`{text}` is not a whole number") from None


def natural(text: str) -> int:
    """A whole number, 0 or more."""
    value = whole(text)
    if value < 0:
        raise ArgumentTypeError("must not be below 0")
    return value


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    value = whole(text)
    if value < 1:
        raise ArgumentTypeError("must be at least 1")
    return value


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
    value = whole(text)
    if value < 2:
        raise ArgumentTypeError("must be at least 2")
    return value

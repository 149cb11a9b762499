"""`sqsem fmt SPEC…`: format specs in their files, or report which are not formatted."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from difflib import unified_diff

from sqsem_dsl.ast.read import Read, read
from sqsem_dsl.cli.arguments import add_command, add_message_format
from sqsem_dsl.cli.messages import say_as_asked
from sqsem_dsl.cli.specs import STANDARD_INPUT, rewrite, shown, source_of
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.format import format_read
from sqsem_dsl.format.read_file import is_json

DESCRIPTION = """Format specs: one canonical layout, with comments kept. Files are changed in
place, whole or not at all; line ends and file modes stay, and files that are
formatted already are not touched, nor are files with syntax errors. With -, the
spec is read from standard input and written to standard output."""
EPILOG = """examples:
  sqsem fmt net.sqs
  sqsem fmt --check specs/*.sqs       change nothing; exit code 1 if a file is not formatted
  sqsem fmt --diff net.sqs            change nothing; show what would change
  sqsem fmt - < net.sqs               for editors

exit codes: 0 fine, 1 a syntax error, or with --check a file that is not formatted, 2 usage, 70 a bug in sqsem"""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "fmt", DESCRIPTION, EPILOG)
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a .sqs file; - reads standard input")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="change nothing; print a unified diff")
    add_message_format(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Format every file; the exit code. Raises SqsError if one cannot be written."""
    loaded = [(path, source_of(path)) for path in arguments.specs]
    for path, source in loaded:
        if isinstance(source, Source) and is_json(source):
            arguments.parser.error(
                f"`{shown(path)}` is JSON: `sqsem emit text {path} -o FILE.sqs` writes it as formatted text"
            )
    return max([_format(path, source, arguments) for path, source in loaded])


def _format(path: str, source: Source | Read, arguments: Namespace) -> int:
    result = read(source) if isinstance(source, Source) else source
    if result.spec is None:
        say_as_asked(result.diagnostics, arguments)
        return 1
    before, after = result.source.text, formatted(result)
    if arguments.diff:
        for line in _changes(shown(path), before, after):
            print(line)
    if arguments.check:
        return _say("would format", path, arguments) if after != before else 0
    if arguments.diff:
        return 0
    if path == STANDARD_INPUT:
        _print(after)
    elif after != before:
        rewrite(path, after)
        _say("formatted", path, arguments)
    return 0


def formatted(result: Read) -> str:
    """The text of a spec in the canonical layout, with the line ends of the original text.

    Raises InternalError if it would be another spec, or lack a comment.
    """
    before = result.source.text
    text = format_read(result)
    if text != before:
        again = read(Source(result.source.name, text))
        old, new = (sorted(comment.text for comment in each.tokens.comments) for each in (result, again))
        if again.spec != result.spec or old != new:
            raise InternalError(f"the formatter would change the meaning of `{result.source.name}`")
    first = before.find("\n")
    return text.replace("\n", "\r\n") if first > 0 and before[first - 1] == "\r" else text


def _changes(name: str, before: str, after: str) -> Iterator[str]:
    """A unified diff, line by line without line ends."""
    old, new = (text.split("\n") for text in (before, after))
    for lines in (old, new):
        if lines[-1] == "":
            lines.pop()
        else:
            lines[-1] += "\n\\ No newline at end of file"
    for line in unified_diff(old, new, name, f"{name} (formatted)", lineterm=""):
        yield line.removesuffix("\r")


def _say(what: str, path: str, arguments: Namespace) -> int:
    if arguments.message_format != "json":
        print(f"{what} {shown(path)}", file=sys.stderr)
    return 1


def _print(text: str) -> None:
    """Write a spec to standard output: unchanged to a program, in displayable characters to a terminal."""
    buffer = None if sys.stdout.isatty() else getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        buffer.write(text.encode("utf-8"))
        buffer.flush()

"""`sqsem fix SPEC…`: apply safe fixes in the files, and change nothing else.

It works in rounds: all edits of the findings that do not overlap are applied, and the text is compiled again. A round
that would leave the spec with more errors is reverted.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from sqsem_dsl.ast.read import load, read
from sqsem_dsl.cli.arguments import add_command, add_extern, add_message_format
from sqsem_dsl.cli.check import check
from sqsem_dsl.cli.specs import STANDARD_INPUT, compiled, rewrite
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Fix
from sqsem_dsl.diagnostics.render import render_json, render_short
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.read_file import is_json

DESCRIPTION = """Apply safe fixes in the files: remove unused imports, constants and bindings,
write `bias = false` where a bias has no effect, correct some syntax errors.
Comments are kept. Every change is shown on standard error, then the errors and
warnings that remain. A change that would leave a spec with more errors is
reverted."""
EPILOG = """examples:
  sqsem fix net.sqs
  sqsem fix --message-format short specs/*.sqs

exit codes: 0 fine, 1 an error remains, 2 usage, 70 a bug in sqsem"""
MAX_ROUNDS = 100
Edit = tuple[Diagnostic, Fix]


@dataclass(frozen=True)
class Fixed:
    """A text after all rounds, with the fixes of each round and the text before and after it."""

    text: str
    rounds: tuple[tuple[tuple[Diagnostic, ...], str, str], ...]


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = add_command(subparsers, "fix", DESCRIPTION, EPILOG)
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a .sqs file")
    add_extern(parser)
    add_message_format(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: Namespace) -> int:
    """Fix every file and report what remains. Raises SqsError if one cannot be written."""
    if STANDARD_INPUT in arguments.specs:
        arguments.parser.error("fixes are applied to files: name a file instead of -")
    code = 0
    for path in arguments.specs:
        fix_file(path, arguments.message_format, arguments.allow_extern)
        code = max(code, check(compiled(path, arguments), arguments, thorough=True))
    return code


def fix_file(path: str, style: str, allow_extern: bool) -> None:
    """Fix a file and report the changes. For a file that cannot be read, the compiler prints the message later.

    Raises SqsError if it cannot be written.
    """
    source = load(Path(path), path)
    if not isinstance(source, Source) or is_json(source):
        return
    fixed = apply_fixes(source, Path(path).resolve(), allow_extern)
    if fixed.text != source.text:
        rewrite(path, fixed.text)
    for diagnostics, before, after in fixed.rounds:
        _say(diagnostics, before, after, style)


def apply_fixes(source: Source, path: Path | None, allow_extern: bool = False) -> Fixed:
    """The text with the edits of its findings, applied in rounds until none is left."""
    text, rounds = source.text, []
    compilation = _recompiled(source, path, allow_extern)
    for _ in range(MAX_ROUNDS):
        edits = _offered(compilation)
        for chosen in (edits, *([edit] for edit in edits)) if len(edits) > 1 else [edits]:
            fixed = _edited(text, [fix for _, fix in chosen])
            after = _recompiled(Source(source.name, fixed), path, allow_extern)
            if chosen and fixed != text and _standing(after) >= _standing(compilation):
                break
        else:
            break
        rounds.append((tuple(diagnostic for diagnostic, _ in chosen), text, fixed))
        text, compilation = fixed, after
    return Fixed(text, tuple(rounds))


def _recompiled(source: Source, path: Path | None, allow_extern: bool) -> Compilation:
    return Compilation(read(source), path, allow_extern=allow_extern)


def _standing(compilation: Compilation) -> tuple[bool, int]:
    """How well a text compiles: whether it parses, and how few errors it has. If it does not parse, only syntax errors
    count: fixing one error may reveal others."""
    parses = compilation.read.spec is not None
    found = compilation.diagnostics if parses else compilation.read.diagnostics
    return parses, -sum(diagnostic.severity == "error" for diagnostic in found)


def _offered(compilation: Compilation) -> list[Edit]:
    """The edits of this text, in its order, without those that overlap an earlier one."""
    source = compilation.read.source
    found = [(d, d.fix) for d in compilation.findings() if d.fix is not None and d.fix.span.source is source]
    kept: list[Edit] = []
    for diagnostic, fix in sorted(found, key=lambda edit: (edit[1].span.start, edit[1].span.end)):
        if not kept or fix.span.start > kept[-1][1].span.end:
            kept.append((diagnostic, fix))
    return kept


def _edited(text: str, fixes: Sequence[Fix]) -> str:
    for fix in reversed(fixes):
        text = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
    return text


def _say(diagnostics: Sequence[Diagnostic], before: str, after: str, style: str) -> None:
    """Print the fixes of a round and, in text form, the changed lines."""
    for diagnostic in diagnostics:
        if style == "json":
            print(f'{{"fixed": {render_json(diagnostic)}}}', file=sys.stderr)
        else:
            print(f"fixed {render_short(diagnostic)}", file=sys.stderr)
    if style == "text":
        print("\n".join(_changes(before, after)) + "\n", file=sys.stderr)


def _changes(before: str, after: str) -> Iterator[str]:
    lines = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    for line in list(lines)[2:]:
        if not line.startswith("@@"):
            yield f"  {line[0]} {line[1:]}"

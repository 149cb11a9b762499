"""Diagnostics on standard error, in one of three forms."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.render import render_json, render_short, render_text

BUG = 70
"""The exit code of a bug in the program."""
FIXER = "sqsem fix"
"""The command that applies the fixes of diagnostics."""


def say_as_asked(diagnostics: Iterable[Diagnostic], arguments: Namespace) -> None:
    """Print diagnostics in the form that a command's arguments select, and name its command for fixes."""
    say(diagnostics, getattr(arguments, "message_format", "text"), getattr(arguments, "fixer", FIXER))


def say(diagnostics: Iterable[Diagnostic], style: str = "text", fixer: str = FIXER) -> None:
    """Print diagnostics: `text` with frames (colored on a terminal), `short` a line each, `json` an object a line."""
    several = list(diagnostics)
    color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in several:
        match style:
            case "json":
                print(render_json(diagnostic), file=sys.stderr)
            case "short":
                print(render_short(diagnostic), file=sys.stderr)
            case _:
                print(render_text(diagnostic, color=color) + "\n", file=sys.stderr)
    errors = sum(d.severity == "error" for d in several)
    if style == "text" and errors:
        print(f"{errors} error{'s' if errors > 1 else ''}", file=sys.stderr)
    fixable = sum(d.fix is not None for d in several)
    if style == "text" and fixable:
        what = "this" if len(several) == 1 else f"{fixable} of these"
        print(f"`{fixer}` fixes {what}", file=sys.stderr)

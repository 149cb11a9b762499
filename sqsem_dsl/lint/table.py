"""All lints, with those that are fast enough for every check, and the comments that silence a warning: `# sqs: allow
SQS825` on its line, or on separate lines directly above it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.lint.choices import check_alike, check_small, check_unused_values
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.names import check_names
from sqsem_dsl.lint.operators import check_attention, check_biases, check_bypasses, check_windows
from sqsem_dsl.lint.outputs import check_reached
from sqsem_dsl.lint.sequences import check_sequences
from sqsem_dsl.lint.training import check_settings
from sqsem_dsl.syntax.tokens import Tokens
from sqsem_dsl.utils.recursion import with_recursion_limit

Check = Callable[[LintContext], Iterator[Diagnostic]]
QUICK: tuple[Check, ...] = (
    check_alike,
    check_unused_values,
    check_bypasses,
    check_windows,
    check_attention,
    check_biases,
    check_sequences,
    check_reached,
    check_settings,
    check_names,
)
"""Lints that need only the proof of shapes, or the text."""


def _thorough() -> tuple[Check, ...]:
    """Lints that need more: the costs of all networks, or all networks of a small space."""
    from sqsem_dsl.lint.outputs import check_fed
    from sqsem_dsl.lint.requires import check_budgets

    return check_budgets, check_fed, check_small


@with_recursion_limit
def lint(subject: LintContext, thorough: bool) -> list[Diagnostic]:
    """The findings of all lints; without `thorough`, those of the fast ones."""
    return [found for check in (*QUICK, *(_thorough() if thorough else ())) for found in check(subject)]


# ---- comments that silence a warning

_ALLOW = re.compile(r"\bsqs:\s*allow\s+(SQS\d{3}(?:\s*,\s*SQS\d{3})*)")


def not_allowed(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics without the warnings that a comment of the text allows. Errors cannot be allowed."""
    return [d for d in diagnostics if d.severity == "error" or not _allows(d)]


def _allows(diagnostic: Diagnostic) -> bool:
    span = diagnostic.span
    line, _ = span.source.line_col(span.start)
    return diagnostic.code in _allowed(span.source).get(line, frozenset())


@lru_cache(maxsize=8)
def _allowed(source: Source) -> dict[int, frozenset[str]]:
    """For each line, the codes that are allowed on it."""
    found: dict[int, set[str]] = {}
    alone: set[int] = set()
    for comment in Tokens(source).comments:
        line, _ = source.line_col(comment.span.start)
        if comment.own_line:
            alone.add(line)
        match = _ALLOW.search(comment.text)
        if match is not None:
            found.setdefault(line, set()).update(code.strip() for code in match.group(1).split(","))
    for line in sorted(alone):  # a comment on its own line refers to the next code line
        found.setdefault(line + 1, set()).update(found.get(line, ()))
    return {line: frozenset(codes) for line, codes in found.items()}

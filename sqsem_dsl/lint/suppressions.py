"""Comments that silence a warning: `# sqs: allow SQS825` on its line, or on separate lines directly above it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax.tokens import Tokens

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

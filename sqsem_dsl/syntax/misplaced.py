"""Errors at statements in an invalid place."""

from __future__ import annotations

from lark import Token

from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.failure import Failure, after
from sqsem_dsl.syntax.finding import Finding
from sqsem_dsl.syntax.hint import hint
from sqsem_dsl.syntax.missing import missing, unclosed
from sqsem_dsl.syntax.words import LOCALS, OPENERS, STATEMENTS, expected

_COMPLETE = STATEMENTS | {"_RBRACE", "$END"}
"""What may follow a complete statement."""


def misplaced_statement(failure: Failure) -> Finding | None:
    """A statement in an invalid place: something is missing before it, a bracket is open, or it is in the wrong
    braces."""
    if failure.type not in STATEMENTS or "_DOTS" in failure.accepts:
        return None
    absent = missing(failure)
    if absent is not None and not (failure.previous is not None and failure.previous.type in OPENERS):
        return absent
    innermost = failure.innermost
    if innermost is not None and (innermost.type != "_LBRACE" or _outdented(failure, innermost)):
        return unclosed(failure, failure.found)
    if not failure.accepts & _COMPLETE:
        what = expected(failure.accepts)
        return Finding(errors.Missing(failure.gap, what, after(failure.previous), hint(failure)))
    word = str(failure.token)
    if innermost is None:
        around = failure.previous if failure.previous is not None and failure.previous.type == "_RBRACE" else None
        hints = {
            "USE": "`use` comes before every `space` and `block`",
            "SQS": "the version is the first line of a file",
        }
        inside = "statements are in the braces of a space: `space NAME { … }`"
        if around is not None:
            inside = "remove the `}` before it, if that is one too many"
        return Finding(
            errors.Misplaced(
                failure.span,
                word,
                "here" if failure.type in hints else "outside a `space` or a `block`",
                hints.get(failure.type, inside),
                failure.place(around) if around is not None and failure.type not in hints else None,
                "the braces around it end here",
            )
        )
    return _misplaced(failure, innermost, word)


def _misplaced(failure: Failure, innermost: Token, word: str) -> Finding:
    owner = failure.stack.opened_by(failure.stack.open[-1][0])
    remedy = None
    if failure.type in LOCALS and owner not in ("TRAIN", "SEARCH", "META", "CHOOSE", "PICK"):
        where = "after the stages" if owner not in ("SPACE", "BLOCK") else "here"
        remedy = "in braces, statements come first and `out` with the stages last"
    elif owner == "SPACE":
        where = "in a `space`"
        remedy = "the result of a space is an `output NAME = …`" if failure.type == "OUT" else None
    elif owner == "BLOCK":
        where = "in a `block`"
        remedy = "a block ends with `out` and its result" if failure.type == "OUTPUT" else None
        remedy = "a block has one `out`, at its end" if failure.type == "OUT" else remedy
        remedy = "the inputs of a block are written in its parentheses" if failure.type == "INPUT" else remedy
    elif owner in ("TRAIN", "SEARCH", "META"):
        where = f"in `{owner.lower()}`"
        remedy = "settings are written `name = value`"
    elif owner in ("CHOOSE", "PICK"):
        where = f"in `{owner.lower()}`"
        remedy = "alternatives are written `name: stages`"
    else:
        where = "in the braces of a structure"
        remedy = "braces end with stages, or with `out` after statements" if failure.type == "OUT" else None
    return Finding(errors.Misplaced(failure.span, word, where, remedy, failure.place(innermost), "inside these braces"))


def _outdented(failure: Failure, bracket: Token) -> bool:
    """Whether the failing token begins a line that is indented no further than the line on which a bracket was
    opened."""
    text = failure.source.text
    if not failure.first_on_line(failure.start):
        return False
    here = failure.start - (text.rfind("\n", 0, failure.start) + 1)
    line_start = text.rfind("\n", 0, int(bracket.start_pos or 0)) + 1
    line = text[line_start:]
    return here <= len(line) - len(line.lstrip()) and line_start < failure.start - here

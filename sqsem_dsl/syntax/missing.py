"""Errors where something is missing: a value, a stage, a name, or one bracket of a pair."""

from __future__ import annotations

from sqsem_dsl.diagnostics.hints.searched import DOMAIN
from sqsem_dsl.diagnostics.hints.structures import FORMS, LAYERS
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.failure import Failure, after
from sqsem_dsl.syntax.finding import Finding, Repair
from sqsem_dsl.syntax.words import CLOSERS, KEYWORDS, OPENERS, OPERATORS, PUNCTUATION, STRUCTURES, expected, wanted

CARRIED = "each carried tensor has a name and a first value: `carry previous = x, current = y`"
ARGUMENTS = (
    "a block names its arguments, and first the tensor that flows into it: `block NAME(x, filters) { out x -> … }`"
)
_OPERANDS_WANTED = OPERATORS | {
    "_EQUAL",
    "_COMMA",
    "_ARROW",
    "_COLON",
    "_DOTS",
    "NOT",
    "ANY",
    "STEP",
    "PRIOR",
    "BELOW",
    "REQUIRE",
    "OUT",
    "IF",
    "_LPAR",
    "_LSQB",
}


def missing(failure: Failure) -> Finding | None:
    """A missing value, stage or name: after `=`, `->`, an operator, an opening bracket."""
    previous = failure.previous
    if previous is None:
        return None
    what = wanted(failure.accepts)
    if what is None and failure.accepts == {"NAME"}:
        what = "a name"
    if what is None or previous.type not in _OPERANDS_WANTED | {"_LBRACE"} | KEYWORDS:
        return None
    hint = DOMAIN if what == "a list or range" else None
    if previous.type == "PRIOR":
        what, hint = "a value", "name a value of the domain, or list a weight for each: `prior 32`, `prior [1, 3]`"
    if previous.type == "CARRY":
        hint = CARRIED
    if previous.type == "_LPAR" and [token.type for token in failure.before[-3:-1]] == ["BLOCK", "NAME"]:
        hint = ARGUMENTS
    if previous.type == "_COLON" and failure.last_keyword == "INPUT":
        hint = "a shape is a list in square brackets: `[height, width, channels]`"
    if previous.type in STRUCTURES:
        hint = FORMS[str(previous)]
    if previous.type == "_ARROW" and failure.type == "_LSQB":
        hint = LAYERS
    if failure.type == "_LBRACE" and previous.type in ("_COLON", "_LBRACE") and failure.last_keyword != "INPUT":
        what, hint = "a stage", "stages do not begin with braces: leave these out"
    elif previous.type == "_LBRACE":
        what, hint = "a stage", "braces hold at least one stage; to pass the tensor on, write `identity`"
    diagnostic = errors.Missing(failure.gap, what.removeprefix("a "), after(previous), hint)
    return Finding(diagnostic, (Repair(("NAME",), failure.start),))


def missing_before_sign(failure: Failure) -> Finding | None:
    """`let = 3`, `f(, 2)`, `x -> -> y`."""
    return missing(failure) if failure.type in OPERATORS or failure.type in PUNCTUATION else None


def unexpected_end(failure: Failure) -> Finding | None:
    """The file ends in the middle of a construct; an open bracket is the more helpful message."""
    if failure.type != "$END":
        return None
    absent = missing(failure)
    if absent is not None:
        return absent
    if failure.stack.open:
        return unclosed(failure, "the end of the file")
    return Finding(errors.UnexpectedEnd(failure.gap, expected(failure.accepts)))


def unclosed(failure: Failure, found: str) -> Finding:
    """The innermost open bracket is not closed before `found`."""
    *outer, (_, bracket) = failure.stack.open
    place = failure.place(bracket)
    closer = OPENERS[bracket.type]
    at_end = failure.type == "$END"
    diagnostic = errors.Unclosed(
        place,
        PUNCTUATION[bracket.type],
        PUNCTUATION[closer],
        failure.gap if at_end else failure.span,
        found,
        tuple(failure.place(token) for _, token in outer) if at_end else (),
    )
    return Finding(diagnostic, (Repair((closer,), failure.start),))


def unexpected_closer(failure: Failure) -> Finding | None:
    """An unexpected closing bracket: nothing to close, another one to close first, or something missing before it."""
    if failure.type not in CLOSERS:
        return None
    text = PUNCTUATION[failure.type]
    innermost = failure.innermost
    skip = Repair((), failure.end)
    if innermost is None:
        return Finding(errors.StrayCloser(failure.span, text), (skip,))
    if innermost.type == CLOSERS[failure.type]:
        absent = missing(failure)
        if absent is not None:
            return absent
        if "OUT" in failure.accepts:
            hint = "a block, or braces with statements, end with `out` and their result"
            diagnostic = errors.Missing(failure.gap, "`out`", after(failure.previous), hint)
            return Finding(diagnostic, (Repair(("OUT", "NAME"), failure.start),))
        return None
    if any(token.type == CLOSERS[failure.type] for _, token in failure.stack.open):
        absent = missing(failure)
        return absent if absent is not None else unclosed(failure, failure.found)
    absent = missing(failure)
    if absent is not None and failure.previous is not None and failure.previous.type not in OPENERS:
        return absent
    open_text = PUNCTUATION[innermost.type]
    stray = errors.StrayCloser(failure.span, text, open_text, failure.place(innermost))
    return Finding(stray, (skip, Repair((OPENERS[innermost.type],), failure.end)))

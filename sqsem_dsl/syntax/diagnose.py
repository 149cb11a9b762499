"""From the place where the parser stopped to a helpful diagnostic, and to a repair with which parsing may continue."""

from __future__ import annotations

from collections.abc import Callable

from lark import Token

from sqsem_dsl.diagnostics.diagnostic import closest
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.characters import characters, number_with_point
from sqsem_dsl.syntax.failure import Failure, after, shorten
from sqsem_dsl.syntax.finding import Finding, Repair
from sqsem_dsl.syntax.words import (
    CLOSERS,
    KEYWORDS,
    LOCALS,
    OPENERS,
    OPERATORS,
    PUNCTUATION,
    STATEMENTS,
    STRUCTURES,
    expected,
    wanted,
)


def diagnose(failure: Failure) -> Finding:
    """The finding for a failure: the first special case that fits, otherwise the found token and the expected ones."""
    for case in _CASES:
        finding = case(failure)
        if finding is not None:
            return finding
    hint = _hint(failure)
    diagnostic = errors.Unexpected(failure.span, failure.found, expected(failure.accepts), hint)
    terminals = ["NAME", "_EQUAL", "IN", "_COLON", "_COMMA"]
    if wanted(failure.accepts) is None:
        terminals.append("_LBRACE")
    inserts = [Repair((t,), failure.start) for t in terminals if t in failure.accepts]
    if hint == _CHOICE:
        inserts.insert(0, Repair(("IN",), failure.end, True))
    return Finding(diagnostic, (*inserts, Repair(("NAME",), failure.end), Repair((), failure.end)))


_CHOICE = "a choice is written `param NAME in [16, 32]`; a fixed value is a `const`"


def _hint(failure: Failure) -> str | None:
    previous = failure.before[-2] if len(failure.before) > 1 else None
    if failure.type == "_EQUAL" and failure.accepts == {"IN"} and previous is not None and previous.type == "PARAM":
        return _CHOICE
    if failure.type == "MULTIPLY" and str(failure.token) == "//":
        return "a comment begins with `#`"
    if failure.type == "NUMBER" and wanted(failure.accepts) == "a stage":
        return "a tensor flows into operators, blocks and structures"
    if failure.type == "_EQUAL" and "_COLON" in failure.accepts and previous is not None and previous.type == "INPUT":
        return "an input is written `input NAME: [height, width, channels]`"
    if failure.type == "_DOTS" and previous is not None:
        return "a range is allowed after `in` or `any`"
    return None


# ---- brackets and ends


_OPERANDS_WANTED = OPERATORS | {
    "_EQUAL",
    "_COMMA",
    "_ARROW",
    "_COLON",
    "_DOTS",
    "NOT",
    "ANY",
    "STEP",
    "REQUIRE",
    "OUT",
    "IF",
    "_LPAR",
    "_LSQB",
}


def _end(failure: Failure) -> Finding | None:
    """The file ends in the middle of a construct; an open bracket is the more helpful message."""
    if failure.type != "$END":
        return None
    missing = _missing(failure)
    if missing is not None:
        return missing
    if failure.stack.open:
        return _unclosed(failure, "the end of the file")
    return Finding(errors.UnexpectedEnd(failure.gap, expected(failure.accepts)))


def _unclosed(failure: Failure, found: str) -> Finding:
    *outer, (_, bracket) = failure.stack.open
    place = _of(failure, bracket)
    closer = OPENERS[bracket.type]
    at_end = failure.type == "$END"
    diagnostic = errors.Unclosed(
        place,
        PUNCTUATION[bracket.type],
        PUNCTUATION[closer],
        failure.gap if at_end else failure.span,
        found,
        tuple(_of(failure, token) for _, token in outer) if at_end else (),
    )
    return Finding(diagnostic, (Repair((closer,), failure.start),))


def _of(failure: Failure, token: Token) -> Span:
    return Span(failure.source, int(token.start_pos or 0), int(token.end_pos or 0))


def _closer(failure: Failure) -> Finding | None:
    """An unexpected closing bracket: nothing to close, another one to close first, or something missing before it."""
    if failure.type not in CLOSERS:
        return None
    text = PUNCTUATION[failure.type]
    innermost = failure.innermost
    skip = Repair((), failure.end)
    if innermost is None:
        return Finding(errors.StrayCloser(failure.span, text), (skip,))
    if innermost.type == CLOSERS[failure.type]:
        missing = _missing(failure)
        if missing is not None:
            return missing
        if "OUT" in failure.accepts:
            hint = "a block, or braces with statements, end with `out` and their result"
            diagnostic = errors.Missing(failure.gap, "`out`", after(failure.previous), hint)
            return Finding(diagnostic, (Repair(("OUT", "NAME"), failure.start),))
        return None
    if any(token.type == CLOSERS[failure.type] for _, token in failure.stack.open):
        missing = _missing(failure)
        return missing if missing is not None else _unclosed(failure, failure.found)
    missing = _missing(failure)
    if missing is not None and failure.previous is not None and failure.previous.type not in OPENERS:
        return missing
    open_text = PUNCTUATION[innermost.type]
    stray = errors.StrayCloser(failure.span, text, open_text, _of(failure, innermost))
    return Finding(stray, (skip, Repair((OPENERS[innermost.type],), failure.end)))


# ---- statements and names


def _missing(failure: Failure) -> Finding | None:
    """A missing value, stage or name: after `=`, `->`, an operator, an opening bracket."""
    previous = failure.previous
    if previous is None:
        return None
    what = wanted(failure.accepts)
    if what is None and failure.accepts == {"NAME"}:
        what = "a name"
    if what is None or previous.type not in _OPERANDS_WANTED | {"_LBRACE"} | KEYWORDS:
        return None
    hint = None
    if previous.type == "_LBRACE":
        what, hint = "a stage", "braces hold at least one stage; to pass the tensor on, write `identity`"
    diagnostic = errors.Missing(failure.gap, what.removeprefix("a "), after(previous), hint)
    return Finding(diagnostic, (Repair(("NAME",), failure.start),))


def _keyword_as_name(failure: Failure) -> Finding | None:
    """`let repeat = …`: a keyword in place of a name. A keyword that begins a line starts a statement and is not a
    name."""
    if failure.type not in KEYWORDS or "NAME" not in failure.accepts:
        return None
    if failure.type in STATEMENTS and failure.first_on_line(failure.start):
        return None
    if failure.type == "ANY":
        return None
    what = wanted(failure.accepts)
    if what is None and len(failure.accepts) > 2:
        return None
    diagnostic = errors.KeywordAsName(failure.span, str(failure.token), what or "a name")
    return Finding(diagnostic, (Repair(("NAME",), failure.end),))


def _statement(failure: Failure) -> Finding | None:
    """A statement in an invalid place: something is missing before it, a bracket is open, or it is in the wrong
    braces."""
    if failure.type not in STATEMENTS:
        return None
    missing = _missing(failure)
    if missing is not None and not (failure.previous is not None and failure.previous.type in OPENERS):
        return missing
    innermost = failure.innermost
    if innermost is not None and (innermost.type != "_LBRACE" or _outdented(failure, innermost)):
        return _unclosed(failure, failure.found)
    word = str(failure.token)
    if innermost is None:
        around = failure.previous if failure.previous is not None and failure.previous.type == "_RBRACE" else None
        hints = {
            "USE": "`use` comes before every `space` and `block`",
            "SQS": "the version is the first line of a file",
        }
        return Finding(
            errors.Misplaced(
                failure.span,
                word,
                "here" if failure.type in hints else "outside a `space` or a `block`",
                hints.get(failure.type),
                _of(failure, around) if around is not None and failure.type not in hints else None,
                "the braces around it end here",
            )
        )
    return _misplaced(failure, innermost, word)


def _misplaced(failure: Failure, innermost: Token, word: str) -> Finding:
    owner = failure.stack.opened_by(failure.stack.open[-1][0])
    hint = None
    if failure.type in LOCALS and owner not in ("TRAIN", "SEARCH", "META", "CHOOSE", "PICK"):
        where = "after the stages" if owner not in ("SPACE", "BLOCK") else "here"
        hint = "in braces, statements come first and `out` with the stages last"
    elif owner == "SPACE":
        where = "in a `space`"
        hint = "the result of a space is an `output NAME = …`" if failure.type == "OUT" else None
    elif owner == "BLOCK":
        where = "in a `block`"
        hint = "a block ends with `out` and its result" if failure.type == "OUTPUT" else None
        hint = "the inputs of a block are written in its parentheses" if failure.type == "INPUT" else hint
    elif owner in ("TRAIN", "SEARCH", "META"):
        where = f"in `{owner.lower()}`"
        hint = "settings are written `name = value`"
    elif owner in ("CHOOSE", "PICK"):
        where = f"in `{owner.lower()}`"
        hint = "alternatives are written `name: stages`"
    else:
        where = "in the braces of a structure"
        hint = "braces end with stages, or with `out` after statements" if failure.type == "OUT" else None
    return Finding(errors.Misplaced(failure.span, word, where, hint, _of(failure, innermost), "inside these braces"))


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


def _equals(failure: Failure) -> Finding | None:
    """`=` instead of `==`, or the reverse."""
    if failure.type == "COMPARE" and str(failure.token) == "==" and "_EQUAL" in failure.accepts:
        return Finding(errors.EqualsConfusion(failure.span, compares=False), (Repair(("_EQUAL",), failure.end, True),))
    in_call = failure.innermost is not None and failure.innermost.type != "_LBRACE"
    if failure.type == "_EQUAL" and "COMPARE" in failure.accepts and not in_call:
        repair = Repair(("COMPARE",), failure.end, _in_condition(failure))
        return Finding(errors.EqualsConfusion(failure.span, compares=True), (repair,))
    return None


def _in_condition(failure: Failure) -> bool:
    """Whether the last keyword before the place begins a condition."""
    words = (value.type for value in reversed(failure.stack.values) if isinstance(value, Token))
    return next((word for word in words if word in KEYWORDS), None) in ("REQUIRE", "IF")


def _chained(failure: Failure) -> Finding | None:
    if failure.type != "COMPARE" or "COMPARE" in failure.accepts or "AND" not in failure.accepts:
        return None
    return Finding(errors.ChainedComparison(failure.span, str(failure.token)), (Repair(("AND",), failure.end),))


def _no_value(failure: Failure) -> Finding | None:
    """`any` or a list in an expression."""
    if wanted(failure.accepts) != "a value" or failure.type not in ("ANY", "_LSQB"):
        return None
    what = errors.NotAValueHere(failure.span, "any" if failure.type == "ANY" else "list")
    return Finding(what)


def _misspelled(failure: Failure) -> Finding | None:
    """A misspelled keyword: the failing word, or the name before it."""
    if failure.type == "NAME":
        finding = _nearly(failure, failure.token, failure.accepts, failure.end)
        if finding is not None:
            return finding
    return None


def _nearly(failure: Failure, token: Token, accepts: frozenset[str], resume: int) -> Finding | None:
    keywords = {t.lower() for t in accepts & KEYWORDS} - {"in", "as", "or", "and", "not"}
    near = closest(str(token), keywords)
    if near is None:
        return None
    wide = accepts | {"NAME"} if accepts >= STRUCTURES else accepts
    diagnostic = errors.Misspelled(_of(failure, token), shorten(str(token)), near, expected(wide))
    return Finding(diagnostic, (Repair((near.upper(),), resume, True),))


_BEGINS = STRUCTURES | {"NAME", "NUMBER", "STRING", "_LPAR", "_LBRACE"}
_ENDS = frozenset({"NAME", "NUMBER", "STRING", "_RPAR", "_RSQB", "_RBRACE"})


def _separator(failure: Failure) -> Finding | None:
    """Two consecutive values."""
    previous = failure.previous
    if failure.type not in _BEGINS or previous is None or previous.type not in _ENDS:
        return None
    options = [t for t in ("_COMMA", "_ARROW") if t in failure.accepts]
    if failure.type in ("NUMBER", "STRING", "_LPAR"):
        options = [t for t in options if t == "_COMMA"]
    if not options or wanted(failure.accepts) is not None:
        return None
    if previous.type not in ("NAME", "_RPAR", "_RBRACE", "_RSQB") and "_COMMA" not in options:
        return None
    left, right = f"`{shorten(str(previous))}`", failure.found
    diagnostic = errors.MissingSeparator(failure.span, left, right, tuple(PUNCTUATION[t] for t in options))
    order = options if failure.innermost is None or failure.innermost.type == "_LBRACE" else options[:1]
    return Finding(diagnostic, tuple(Repair((t,), failure.start) for t in order))


def _missing_before_sign(failure: Failure) -> Finding | None:
    """`let = 3`, `f(, 2)`, `x -> -> y`."""
    return _missing(failure) if failure.type in OPERATORS or failure.type in PUNCTUATION else None


_CASES: tuple[Callable[[Failure], Finding | None], ...] = (
    characters,
    number_with_point,
    _end,
    _closer,
    _no_value,
    _keyword_as_name,
    _statement,
    _equals,
    _chained,
    _misspelled,
    _separator,
    _missing_before_sign,
)

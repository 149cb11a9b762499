"""From the place where the parser stopped to a helpful diagnostic, and to a repair with which parsing may continue."""

from __future__ import annotations

import re
from collections.abc import Callable

from lark import Token

from sqsem_dsl.diagnostics.diagnostic import closest
from sqsem_dsl.diagnostics.hints.structures import ARROW, structure_hint
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.characters import characters, number_with_point
from sqsem_dsl.syntax.failure import Failure, shorten
from sqsem_dsl.syntax.finding import Finding, Repair
from sqsem_dsl.syntax.foreign_statements import foreign_statement
from sqsem_dsl.syntax.foreign_values import foreign_value
from sqsem_dsl.syntax.hint import BARE, CHOICE, HEADS, hint
from sqsem_dsl.syntax.misplaced import misplaced_statement
from sqsem_dsl.syntax.missing import missing_before_sign, unexpected_closer, unexpected_end
from sqsem_dsl.syntax.words import (
    KEYWORDS,
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
    remedy = hint(failure)
    diagnostic = errors.Unexpected(failure.span, failure.found, expected(failure.accepts), remedy)
    terminals = ["NAME", "_EQUAL", "IN", "_COLON", "_COMMA"]
    if wanted(failure.accepts) is None:
        terminals.append("_LBRACE")
    inserts = [Repair((t,), failure.start) for t in terminals if t in failure.accepts]
    if remedy == CHOICE and failure.type == "_EQUAL":
        inserts.insert(0, Repair(("IN",), failure.end, True))
    if remedy == BARE:
        inserts.insert(0, Repair((), failure.end, True))
    return Finding(diagnostic, (*inserts, Repair(("NAME",), failure.end), Repair((), failure.end)))


def _keyword_as_name(failure: Failure) -> Finding | None:
    """`let repeat = …`: a keyword in place of a name. A keyword that begins a line starts a statement and is not a
    name."""
    if failure.type not in KEYWORDS or "NAME" not in failure.accepts:
        return None
    if failure.type in STATEMENTS and failure.first_on_line(failure.start):
        return None
    if failure.type in ("ANY", "PRIOR"):
        return None
    what = wanted(failure.accepts)
    if what is None and len(failure.accepts) > 2:
        return None
    diagnostic = errors.KeywordAsName(failure.span, str(failure.token), what or "a name")
    return Finding(diagnostic, (Repair(("NAME",), failure.end),))


def _equals(failure: Failure) -> Finding | None:
    """`=` instead of `==`, or the reverse."""
    if failure.type == "COMPARE" and str(failure.token) == "==" and "_EQUAL" in failure.accepts:
        return Finding(errors.EqualsConfusion(failure.span, compares=False), (Repair(("_EQUAL",), failure.end, True),))
    both = Span(failure.source, failure.start, failure.start + 2)
    if both.text in ("=>", "=<") and failure.in_condition and "COMPARE" in failure.accepts:
        meant = {"=>": ">=", "=<": "<="}[both.text]
        compared = errors.Unexpected(both, f"`{both.text}`", f"`{meant}`")
        return Finding(compared, (Repair(("COMPARE",), both.end, True),))
    if both.text == "=>" and "_ARROW" in failure.accepts:
        arrow = errors.Unexpected(both, "`=>`", "`->`", ARROW)
        return Finding(arrow, (Repair(("_ARROW",), both.end, True),))
    if failure.type == "_EQUAL" and "COMPARE" in failure.accepts and not failure.in_brackets:
        sure = failure.in_condition
        diagnostic = errors.EqualsConfusion(failure.span, compares=True, sure=sure)
        return Finding(diagnostic, (Repair(("COMPARE",), failure.end, sure),))
    return None


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
    if near == str(token) and near.upper() not in STATEMENTS:
        return None
    if near == str(token):  # `train: { … }`, `output = …`: the `:` or `=` makes a name of it
        place = _next_character(failure, int(token.end_pos or 0))
        after_it = "`{`" if near in ("train", "search", "meta") else "a name"
        unexpected = errors.Unexpected(place, f"`{place.text}` after `{near}`", after_it, HEADS.get(near))
        if after_it == "`{`":
            resume = place.end
        return Finding(unexpected, (Repair((near.upper(),), resume, True),))
    wide = accepts | {"NAME"} if accepts >= STRUCTURES else accepts
    diagnostic = errors.Misspelled(failure.place(token), shorten(str(token)), near, expected(wide))
    return Finding(diagnostic, (Repair((near.upper(),), resume, True),))


def _next_character(failure: Failure, offset: int) -> Span:
    """The first character after an offset that is not blank."""
    text = failure.source.text
    start = len(text) - len(text[offset:].lstrip())
    return Span(failure.source, start, min(start + 1, len(text)))


_BEGINS = STRUCTURES | {"NAME", "NUMBER", "STRING", "_LPAR", "_LBRACE"}
_ENDS = frozenset({"NAME", "NUMBER", "STRING", "_RPAR", "_RSQB", "_RBRACE"})


def _objective(failure: Failure) -> Finding | None:
    """`objective = max val_auc`: the metric is found to be the next setting, or a second value."""
    tokens = (*failure.before[-3:], failure.token)
    for before, word, metric in (tokens[:3], tokens[1:]) if len(tokens) == 4 else ():
        types = before.type, word.type, metric.type
        way = {"max": "maximize", "min": "minimize"}.get(str(word)[:3])
        if (
            types[0] in ("_EQUAL", "_LSQB", "_COMMA")
            and types[1:] == ("NAME", "NAME")
            and way
            and _is_objective(failure)
        ):
            inserts = [Repair((t,), failure.start) for t in ("_COMMA",) if metric is failure.token]
            diagnostic = errors.Unexpected(
                failure.place(metric), f"`{shorten(str(metric))}`", "`(`", f"write `{way}({shorten(str(metric))})`"
            )
            return Finding(diagnostic, (*inserts, Repair(("_EQUAL", "NAME"), failure.start)))
    return None


def _is_objective(failure: Failure) -> bool:
    """Whether the place is in the value of `objective`."""
    return re.search(r"\bobjective\s*=[^={}]*$", failure.source.text[: failure.start]) is not None


def _separator(failure: Failure) -> Finding | None:
    """Two consecutive values."""
    previous = failure.previous
    if failure.type not in _BEGINS or previous is None or previous.type not in _ENDS:
        return None
    options = [t for t in ("_COMMA", "_ARROW") if t in failure.accepts]
    if failure.type in ("NUMBER", "STRING", "_LPAR"):
        options = [t for t in options if t == "_COMMA"]
    if not options or wanted(failure.accepts) is not None or failure.accepts == {"_COMMA", "_EQUAL"}:
        return None  # after `let x`, the `=` is more likely
    if previous.type not in ("NAME", "_RPAR", "_RBRACE", "_RSQB") and "_COMMA" not in options:
        return None
    left, right = f"`{shorten(str(previous))}`", failure.found
    remedy = structure_hint(previous) if "_ARROW" in options and not _bound(failure, previous) else None
    diagnostic = errors.MissingSeparator(failure.span, left, right, tuple(PUNCTUATION[t] for t in options), remedy)
    order = options if failure.innermost is None or failure.innermost.type == "_LBRACE" else options[:1]
    return Finding(diagnostic, tuple(Repair((t,), failure.start) for t in order))


def _bound(failure: Failure, word: Token) -> bool:
    """Whether a word is no name, or one that the text binds or imports."""
    statement = rf"\b(?:use|block|let|input|param|const)\b[^\n={{]*?\b{re.escape(str(word))}\b"
    return word.type != "NAME" or re.search(statement, failure.source.text) is not None


_CASES: tuple[Callable[[Failure], Finding | None], ...] = (
    foreign_value,
    characters,
    number_with_point,
    unexpected_end,
    unexpected_closer,
    _no_value,
    foreign_statement,
    _keyword_as_name,
    misplaced_statement,
    _equals,
    _chained,
    _misspelled,
    _objective,
    _separator,
    missing_before_sign,
)

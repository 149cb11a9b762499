"""Statements as other languages write them: `x = …`, `return x`, `output y: [10]`, `epochs: 10`, `def f(x) { … }`."""

from __future__ import annotations

import re

from sqsem_dsl.diagnostics.hints.structures import structure_hint
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.failure import Failure, shorten
from sqsem_dsl.syntax.finding import Finding, Repair
from sqsem_dsl.syntax.words import KEYWORDS, LOCALS, STATEMENTS, expected

LET = "a tensor or a value gets a name with `let NAME = …`"
RESULT = "a result is written `output NAME = image -> …`, and any other tensor gets a name with `let NAME = …`"
OUT = "a block ends with `out` and its result: `out x -> conv(16, 3)`"
OUTPUT = "a result is written `output NAME = image -> …`, without a shape: that of its last layer counts"
SETTING = "a setting is written `NAME = value`, and the next one follows without a comma"
SPACE = "a space has a name, and its statements are in braces: `space NAME { … }`"
BLOCK = "a block is written `block NAME(x) { out x -> … }`"
USE = "blocks are imported with `use se from std`"
FILE = "a file begins with `sqs 1`, and then with `space NAME { … }`"
_CHANGED = re.compile(r"(?:[+\-*/@]|//|\*\*)=(?!=)")
_RESULT = re.compile(r"[^\n{}]*->\s*out(?:put)?\b[^\n{}]*")
_DEFINES = frozenset({"class", "def", "fn", "func", "function", "fun"})
_RETURNS = frozenset({"return", "yield", "output", "result"})
_SETTINGS = frozenset({"TRAIN", "SEARCH", "META"})


def foreign_statement(failure: Failure) -> Finding | None:
    """The finding for a statement of another language at this place."""
    for case in (_of_a_file, _head, _setting, _statement):
        finding = case(failure)
        if finding is not None:
            return finding
    return None


def _of_a_file(failure: Failure) -> Finding | None:
    """Outside all braces: `def b(x) { … }`, `import x`, and files in other forms."""
    if failure.innermost is not None or "SPACE" not in failure.accepts:
        return None
    word = str(failure.token)
    if word == "from":
        return _unexpected(failure, USE, Repair((), _line_end(failure)))
    if word.upper() in KEYWORDS:
        return None
    if word in _DEFINES:
        hint, repairs = (SPACE, ("SPACE",)) if word == "class" else (BLOCK, ("BLOCK",))
        return _unexpected(failure, hint, Repair(repairs, failure.end, True))
    if word in ("import", "include") and "USE" in failure.accepts:
        return _unexpected(failure, USE, Repair(("USE",), failure.end), Repair((), _line_end(failure)))
    if not failure.before and failure.type in ("NAME", "_LBRACE", "_LSQB", "STRING", "NUMBER"):
        return _unexpected(failure, FILE, Repair(("SPACE",), failure.start))
    return None


def _head(failure: Failure) -> Finding | None:
    """The wrong sign after the name of a statement: `let x: …`, `output y: [10]`, `space s:`."""
    head = [token.type for token in failure.before[-2:]]
    match head, failure.type:
        case ["LET" | "CONST", "NAME"], "_COLON":
            hint = LET if head[0] == "LET" else "a constant is written `const NAME = value`"
            return _unexpected(failure, hint, Repair(("_EQUAL",), failure.end, True))
        case ["LET", "NAME"], "NAME" if "_EQUAL" in failure.accepts:
            return _unexpected(failure, LET, Repair(("_EQUAL",), failure.start, True))
        case ["OUTPUT", "NAME"], "_COLON":
            equal = re.compile(r"[^\n={}]*(?<![<>=!])(?==(?!=))").match(failure.source.text, failure.end)
            if equal is not None:
                return _unexpected(failure, OUTPUT, Repair((), equal.end()))
            return _unexpected(failure, OUTPUT, Repair(("_EQUAL", "NAME"), _line_end(failure)))
        case ["SPACE", "NAME"], "_COLON":
            return _unexpected(failure, SPACE, Repair(("_LBRACE",), failure.end))
        case _:
            pass
    if failure.accepts == {"_LBRACE"} and failure.last_keyword == "BLOCK" and failure.type in ("_ARROW", "_COLON"):
        brace = failure.source.text.find("{", failure.start, _whole_line_end(failure))
        if brace >= 0:
            return _unexpected(failure, BLOCK, Repair((), brace))
        return _unexpected(failure, BLOCK, Repair(("_LBRACE",), failure.end))
    if head[-1:] == ["SPACE"] and failure.type in ("_LBRACE", "STRING", "_COLON"):
        end = failure.end if failure.type == "STRING" else failure.start
        return _unexpected(failure, SPACE, Repair(("NAME",), end))
    return None


def _setting(failure: Failure) -> Finding | None:
    """`epochs: 10`, `epochs 10`, `epochs = 10, …` in `train`, `search` and `meta`."""
    opened = failure.stack.open
    if not opened or failure.stack.opened_by(opened[-1][0]) not in _SETTINGS or failure.in_brackets:
        return None
    if failure.type == "_COMMA" and "NAME" in failure.accepts:
        return _unexpected(failure, SETTING, Repair((), failure.end, True))
    previous = failure.previous
    if previous is None or previous.type != "NAME" or "_EQUAL" not in failure.accepts:
        return None
    if failure.type == "_COLON":
        return _unexpected(failure, SETTING, Repair(("_EQUAL",), failure.end, True))
    if failure.type in ("NUMBER", "STRING", "_LSQB"):
        return _unexpected(failure, SETTING, Repair(("_EQUAL",), failure.start, True))
    return None


def _statement(failure: Failure) -> Finding | None:
    """A chain or an assignment where a statement begins."""
    if failure.type != "NAME" or not failure.accepts >= LOCALS or not _begins(failure):
        return None
    text, word = failure.source.text, shorten(str(failure.token))
    if word.upper() in KEYWORDS:
        return None
    rest = text[failure.end :].lstrip(" \t")
    at = len(text) - len(text[failure.end :].lstrip(" \t"))
    changed = _CHANGED.match(rest)
    if changed is not None:
        sign = Span(failure.source, at, at + changed.end())
        hint = f"a name keeps its value: give the new one a name of its own, `let {word}_2 = …`"
        found = errors.Unexpected(sign, f"`{changed.group()}`", "a statement", hint)
        return Finding(found, (Repair(("LET", "NAME", "_EQUAL"), at + changed.end()),))
    if rest.startswith("=") and not rest.startswith(("==", "=>")):
        return _unexpected(failure, f"{LET}: `let {word} = …`", Repair(("LET",), failure.start, True))
    structure = structure_hint(word)
    if structure is not None and "{" in text[failure.end : _whole_line_end(failure)]:
        return _unexpected(failure, structure)
    if "OUT" in failure.accepts:
        end = failure.end if str(failure.token) in _RETURNS else failure.start
        return _unexpected(failure, OUT, Repair(("OUT",), end, True))
    result = _RESULT.match(text, failure.end)
    if result is not None:
        return _unexpected(failure, RESULT, Repair(("LET", "NAME", "_EQUAL", "NAME"), result.end()))
    if rest.startswith(("->", "|", "=>", "~>", "(", ".")):
        return _unexpected(failure, RESULT, Repair(("LET", "NAME", "_EQUAL"), failure.start))
    return None


def _begins(failure: Failure) -> bool:
    """Whether the token is the first one of its line or of its braces."""
    previous = failure.previous
    return failure.first_on_line(failure.start) or (previous is not None and previous.type in ("_LBRACE", "_RBRACE"))


def _line_end(failure: Failure) -> int:
    """The end of the line, or an earlier statement or closing brace on it."""
    words = "|".join(sorted(STATEMENTS)).lower()
    found = re.compile(rf"[^\n}}]*?(?=\n|}}|\b(?:{words})\b|$)").match(failure.source.text, failure.end)
    return found.end() if found is not None else failure.end


def _whole_line_end(failure: Failure) -> int:
    end = failure.source.text.find("\n", failure.start)
    return len(failure.source.text) if end < 0 else end


def _unexpected(failure: Failure, hint: str, *repairs: Repair) -> Finding:
    found = errors.Unexpected(failure.span, failure.found, expected(failure.accepts), hint)
    return Finding(found, (*repairs, Repair((), failure.end)))

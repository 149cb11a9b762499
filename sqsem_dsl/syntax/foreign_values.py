"""Values and structures as other languages write them: `range(1, 4)`, `1...4`, `1,000,000`, `a ? b : c`, `elif`."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqsem_dsl.diagnostics.hints.searched import DOMAIN
from sqsem_dsl.diagnostics.hints.structures import CONDITIONAL, FORMS
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.failure import Failure
from sqsem_dsl.syntax.finding import Finding, Repair
from sqsem_dsl.syntax.words import CLOSERS, LOCALS, PUNCTUATION, STATEMENTS, expected

LIST = "several numbers are a list in square brackets: `[3, 3]`"
STEP = "the step of a range is written `1..9 step 2`"
RULE = "a rule about choices is a statement of its own: `require k > 1`"
DEFAULT = "the first value is the default; `prior 32` says which value a search tries first"
RULES = "each rule has a `require` of its own, or `and` joins them"
RANGE = "a range is written with two dots, and holds both ends: `1..4`"
ELSE_IF = "a further condition is written `else if width > 16 { … }`"
COMMENT = "a comment begins with `#`, on each of its lines"
ALTERNATIVE = "each alternative has a name and a `:`, without commas: `choose NAME { a: conv(16, 3)  b: maxpool(3) }`"
_CALL = re.compile(r"\b(?:in|any)\s+([A-Za-z_][\w.]*)\s*\((?:[^()]|\([^()]*\))*\)\s*$")
_CALLED = re.compile(r"\s*[A-Za-z_][\w.]*\s*(?=\()")
_INLINE_IF = re.compile(r"if\b[^{}\n]*?\belse\s+-?[\w.]+")
_THOUSANDS = re.compile(r"(?:,[0-9]{3})+(?![0-9])")
_COMPARED = re.compile(r"[^{}\n?]*\?[^{}\n:]*:\s*-?[\w.]+")


def foreign_value(failure: Failure) -> Finding | None:
    """The finding for a value or a structure of another language at this place."""
    for case in _CASES:
        finding = case(failure)
        if finding is not None:
            return finding
    return None


def _comment(failure: Failure) -> Finding | None:
    text = failure.source.text
    if not text.startswith("/*", failure.start):
        return None
    end = text.find("*/", failure.start)
    end = len(text) if end < 0 else end + 2
    found = errors.Unexpected(Span(failure.source, failure.start, failure.start + 2), "`/*`", "a statement", COMMENT)
    return Finding(found, (Repair((), end, True),))


def _dots(failure: Failure) -> Finding | None:
    """`1...4` and `1..=4`."""
    previous = failure.previous
    if previous is None or previous.type != "_DOTS" or previous.end_pos != failure.start:
        return None
    text = failure.source.text
    if text[failure.start] not in ".=":
        return None
    end = failure.start + 1
    place = Span(failure.source, int(previous.start_pos or 0), end)
    return Finding(errors.Unexpected(place, f"`{place.text}`", "`..`", RANGE), (Repair((), end, True),))


def _domain_call(failure: Failure) -> Finding | None:
    """`param k in range(1, 4)`: noticed at the next statement, where the range would end."""
    ends = failure.type in STATEMENTS or failure.type in CLOSERS or failure.type in ("_COMMA", "$END")
    if not ends or "_DOTS" not in failure.accepts:
        return None
    call = _CALL.search(failure.source.text, 0, failure.start)
    if call is not None:
        place, called = Span(failure.source, *call.span(1)), "(…)"
    elif failure.type != "_COMMA" and len(failure.before) > 1 and failure.before[-2].type in ("IN", "ANY"):
        place, called = failure.place(failure.before[-1]), ""
    else:
        return None
    found = errors.Unexpected(place, f"`{place.text}{called}`", "a list or range", DOMAIN)
    return Finding(found, (Repair(("_DOTS", "NUMBER"), failure.start),))


def _domain_parentheses(failure: Failure) -> Finding | None:
    """`param k in (3, 5)`, and `param k = oneof([3, 5])`."""
    types = [token.type for token in failure.before]
    if failure.type == "_COMMA" and types[-3:-1] in (["IN", "_LPAR"], ["ANY", "_LPAR"]):
        opened = failure.before[-2]
        end = _closed(failure.source.text, int(opened.start_pos or 0))
        found = errors.Unexpected(failure.place(opened), "`(`", "a list or range", DOMAIN)
        return Finding(found, (Repair(("_RPAR", "_DOTS", "NUMBER"), end),))
    call = _CALLED.match(failure.source.text, failure.end)
    if failure.type in ("_EQUAL", "_COLON") and types[-2:] == ["PARAM", "NAME"] and call is not None:
        end = _closed(failure.source.text, call.end())
        hint = f"a choice is written `param {failure.previous} in …`; {DOMAIN}"
        found = errors.Unexpected(failure.span, failure.found, "`in`", hint)
        return Finding(found, (Repair(("IN", "_LSQB", "NAME", "_RSQB"), end),))
    return None


def _after_domain(failure: Failure) -> Finding | None:
    """`1..10 by 2`, `1..10, step = 2`, `[3, 5] default 3`, `[1, 2] where k > 1`: what other tools say of a choice."""
    if failure.last_keyword not in ("PARAM", "IN", "STEP", "LOG", "PRIOR") or failure.in_brackets:
        return None
    if failure.type in STATEMENTS:
        return None
    word, text = str(failure.token), failure.source.text
    step = re.compile(r",?\s*(?:by|every|stride|step|\.\.)\s*=?\s*[0-9.]+").match(text, failure.start)
    default = re.compile(r",?\s*(?:default\s*=?|=)\s*[\w.\"-]+").match(text, failure.start)
    if step is not None and failure.type != "STEP":
        return Finding(_unexpected(failure, STEP), (Repair((), step.end()),))
    if default is not None and failure.accepts >= LOCALS:
        return Finding(_unexpected(failure, DEFAULT), (Repair((), default.end()),))
    if word == "where" and failure.accepts >= LOCALS:
        return Finding(_unexpected(failure, RULE), (Repair(("REQUIRE",), failure.end),))
    prior = re.compile(r"prior\s*=").match(text, failure.start)
    if prior is not None:
        sign = Span(failure.source, prior.end() - 1, prior.end())
        found = errors.Unexpected(sign, "`=`", "a value", "it is written without `=`: `prior 32`")
        return Finding(found, (Repair(("PRIOR",), prior.end(), True),))
    return None


def _any_in(failure: Failure) -> Finding | None:
    """`any in [3, 5]`"""
    if failure.type != "IN" or failure.previous is None or failure.previous.type != "ANY":
        return None
    hint = "an unnamed choice is written `any [3, 5]`, without `in`"
    return Finding(errors.Unexpected(failure.span, "`in`", "a list or range", hint), (Repair((), failure.end, True),))


def _repeated(failure: Failure) -> Finding | None:
    """`repeat any 1..3 { … }`"""
    if failure.type != "ANY" or failure.previous is None or failure.previous.type != "REPEAT":
        return None
    domain = re.compile(r"any\b[^{}\n]*").match(failure.source.text, failure.start)
    end = domain.end() if domain is not None else failure.end
    return Finding(_unexpected(failure, FORMS["repeat"]), (Repair(("NUMBER",), end),))


def _parentheses(failure: Failure) -> Finding | None:
    """`conv(8, (3, 3))`"""
    if failure.type != "_COMMA" or "_RPAR" not in failure.accepts or not failure.stack.open:
        return None
    at, bracket = failure.stack.open[-1]
    before = failure.stack.values[at - 1] if at else None
    called = getattr(before, "type", getattr(before, "data", None)) not in ("_COMMA", "_EQUAL", "_LPAR", "_LSQB", "IN")
    if bracket.type != "_LPAR" or called:
        return None
    end = _closed(failure.source.text, int(bracket.start_pos or 0))
    found = errors.Unexpected(failure.place(bracket), "`(`", "`[`", LIST)
    return Finding(found, (Repair(("_RPAR",), end),))


def _rules(failure: Failure) -> Finding | None:
    """`require a < 1, b < 2`, `require k is 1`, `require k not in [1, 2]`"""
    if failure.last_keyword != "REQUIRE" or failure.in_brackets:
        return None
    if failure.type == "_COMMA" and "AND" in failure.accepts:
        return Finding(_unexpected(failure, RULES), (Repair(("AND",), failure.end, True),))
    same_line = not failure.first_on_line(failure.start)
    if str(failure.token) == "is" and "COMPARE" in failure.accepts and same_line:
        return Finding(_unexpected(failure, "write `==` to compare two values"), (Repair(("COMPARE",), failure.end),))
    if failure.type == "NOT" or str(failure.token) == "not":
        inside = re.compile(r"not\s+in\b").match(failure.source.text, failure.start)
        if inside is not None and "IN" in failure.accepts and same_line:
            return Finding(
                _unexpected(failure, f"write `not {failure.previous} in […]`"), (Repair(("IN",), inside.end()),)
            )
    return None


def _list_without_in(failure: Failure) -> Finding | None:
    """`param k [3, 5]`"""
    types = [token.type for token in failure.before[-3:]]
    if types != ["PARAM", "NAME", "_LSQB"] or failure.type not in ("NUMBER", "STRING", "MINUS"):
        return None
    name, bracket = failure.before[-2:]
    end = _closed(failure.source.text, int(bracket.start_pos or 0))
    if re.compile(r"\s*in\b").match(failure.source.text, end):
        return None  # these are indices
    gap = Span(failure.source, int(name.end_pos or 0), int(name.end_pos or 0))
    found = errors.Missing(gap, "`in`", f"`{name}`", f"a choice is written `param {name} in [16, 32]`")
    indices = ("NAME", "IN", "NUMBER", "_DOTS", "NUMBER", "_RSQB", "IN", "_LSQB")
    return Finding(found, (Repair(indices, int(bracket.end_pos or 0)),))


def _unexpected(failure: Failure, hint: str) -> errors.Unexpected:
    return errors.Unexpected(failure.span, failure.found, expected(failure.accepts), hint)


def _thousands(failure: Failure) -> Finding | None:
    """`1,000,000`"""
    previous = failure.previous
    if failure.type != "_COMMA" or previous is None or previous.type != "NUMBER" or previous.end_pos != failure.start:
        return None
    digits = _THOUSANDS.match(failure.source.text, failure.start)
    if digits is None:
        return None
    place = Span(failure.source, int(previous.start_pos or 0), digits.end())
    hint = f"digits are not grouped by commas: write `{place.text.replace(',', '_')}`"
    return Finding(errors.MalformedNumber(place, place.text, hint), (Repair((), digits.end()),))


def _conditional(failure: Failure) -> Finding | None:
    """`8 if k == 1 else 16`"""
    if failure.type != "IF" or failure.previous is None or failure.previous.type not in ("NUMBER", "NAME", "_RPAR"):
        return None
    inline = _INLINE_IF.match(failure.source.text, failure.start)
    return None if inline is None else Finding(_unexpected(failure, CONDITIONAL), (Repair((), inline.end()),))


def _question_mark(failure: Failure) -> Finding | None:
    """`k == 1 ? 8 : 16`, `batchnorm?`, and a size that is not known."""
    text, start = failure.source.text, failure.start
    if failure.type != "?" or text[start] != "?":
        return None
    compared = _COMPARED.match(text, start)
    hint: str | None = None
    repair = Repair((), start + 1)
    if failure.last_keyword == "INPUT":
        hint, repair = "every size of an input is a number", Repair(("NUMBER",), start + 1)
    elif failure.previous is not None and failure.previous.end_pos == start:
        hint = FORMS["slot"]
    elif compared is not None:
        hint, repair = CONDITIONAL, Repair((), compared.end())
    mark = Span(failure.source, start, start + 1)
    return Finding(errors.UnexpectedCharacter(mark, "character `?`", hint), (repair,))


def _else_if(failure: Failure) -> Finding | None:
    """`elif`, and `elseif`"""
    previous = failure.previous
    if str(failure.token) not in ("elif", "elsif", "elseif") or previous is None or previous.type != "_RBRACE":
        return None
    found = errors.Unexpected(failure.span, failure.found, "`else`", ELSE_IF)
    return Finding(found, (Repair(("ELSE", "IF"), failure.end, True),))


def _alternatives(failure: Failure) -> Finding | None:
    """`choose { conv(8, 3), conv(8, 5) }`, and the same with a name or in square brackets."""
    text, previous = failure.source.text, failure.previous
    words = ("CHOOSE", "PICK")
    if previous is not None and previous.type in words and failure.type in ("_LBRACE", "_LSQB", "_LPAR"):
        if re.compile(r"[{\[(]\s*[A-Za-z_]\w*\s*:").match(text, failure.start):
            return None  # only its own name is missing
        found = errors.Missing(failure.gap, "name", f"`{previous}`", FORMS[str(previous)])
        insert = ("NAME", "_LBRACE", "NAME", "_COLON", "NAME", "_RBRACE")
        return Finding(found, (Repair(insert, _closed(text, failure.start)),))
    opened = failure.stack.open
    if not opened or failure.accepts != {"_COLON"} or failure.stack.opened_by(opened[-1][0]) not in words:
        return None
    place = failure.place(previous) if previous is not None else failure.span
    found_name = errors.Unexpected(place, f"`{place.text}`", f"`NAME: {place.text}`", ALTERNATIVE)
    end = _closed(text, int(opened[-1][1].start_pos or 0)) - 1
    return Finding(found_name, (Repair(("_COLON", "NAME"), end),))


_CASES: tuple[Callable[[Failure], Finding | None], ...] = (
    _comment,
    _dots,
    _domain_call,
    _domain_parentheses,
    _thousands,
    _after_domain,
    _any_in,
    _repeated,
    _parentheses,
    _rules,
    _list_without_in,
    _conditional,
    _question_mark,
    _else_if,
    _alternatives,
)


def _closed(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`; the end of the line if none does."""
    pairs = {PUNCTUATION[opener]: PUNCTUATION[closer] for closer, opener in CLOSERS.items()}
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in pairs) - (text[at] in pairs.values())
        if depth == 0:
            return at + 1
    end = text.find("\n", start)
    return len(text) if end < 0 else end

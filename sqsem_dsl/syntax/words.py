"""The grammar's terminals in words for the author of a spec."""

from __future__ import annotations

from collections.abc import Iterable

KEYWORDS = {
    "SQS", "USE", "FROM", "SPACE", "INPUT", "CONST", "PARAM", "LET", "OUTPUT", "REQUIRE", "TRAIN", "SEARCH", "META",
    "SHARED", "TIED", "BLOCK", "OUT", "SLOT", "OPTIONAL", "CHOOSE", "PICK", "REPEAT", "BYPASS", "AS", "IF", "ELSE",
    "ANY", "IN", "STEP", "LOG", "PRIOR", "BELOW", "PADDED", "CARRY", "WHERE", "OR", "AND", "NOT",
}  # fmt: skip
"""Terminals that are words; each is written as its name in lower case."""

PUNCTUATION = {
    "_ARROW": "->", "_DOTS": "..", "_DOT": ".", "_LBRACE": "{", "_RBRACE": "}", "_LPAR": "(", "_RPAR": ")",
    "_LSQB": "[", "_RSQB": "]", "_COMMA": ",", "_COLON": ":", "_EQUAL": "=", "_AT": "@", "MINUS": "-", "POWER": "**",
    "EVERY": "*",
}  # fmt: skip

NAMED = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "COMPARE": "a comparison",
    "ADD": "`+` or `-`",
    "MULTIPLY": "`*` or `/`",
    "COMMENT": "a comment",
    "BLANKS": "blanks",
    "$END": "the end of the file",
}

STRUCTURES = frozenset({"SLOT", "OPTIONAL", "CHOOSE", "PICK", "REPEAT", "BYPASS", "IF"})
LOCALS = frozenset({"CONST", "PARAM", "LET", "REQUIRE"})
ITEMS = LOCALS | {"INPUT", "OUTPUT", "BLOCK", "SHARED", "TIED", "TRAIN", "SEARCH", "META"}
STATEMENTS = ITEMS | {"OUT", "SPACE", "USE", "SQS"}
"""Keywords that begin a statement."""
OPERATORS = frozenset({"ADD", "MULTIPLY", "POWER", "COMPARE", "OR", "AND", "IN", "MINUS"})
CLOSERS = {"_RBRACE": "_LBRACE", "_RPAR": "_LPAR", "_RSQB": "_LSQB"}
OPENERS = {opener: closer for closer, opener in CLOSERS.items()}
_FILE = frozenset({"SPACE", "BLOCK", "SHARED", "TIED"})
_FOLLOWS = OPERATORS | {
    "_ARROW", "_AT", "_DOT", "_LSQB", "_LPAR", "STEP", "LOG", "PRIOR", "BELOW", "PADDED", "CARRY", "WHERE", "_DOTS",
}  # fmt: skip
_EXPRESSION = STRUCTURES | {"NUMBER", "STRING", "NAME", "_LPAR", "MINUS", "NOT"}


def spelled(terminal: str) -> str:
    """One terminal, for a sentence: "`repeat`", "`->`", "a name"."""
    if terminal in KEYWORDS:
        return f"`{terminal.lower()}`"
    if terminal in PUNCTUATION:
        return f"`{PUNCTUATION[terminal]}`"
    return NAMED[terminal]


def expected(accepts: Iterable[str]) -> str:
    """The expected terminals as a phrase: "a value", "`,` or `)`", "a statement or `}`".

    Terminals that can always follow a value (operators, a label) are named only if nothing else fits.
    """
    left = set(accepts)
    if left == {"IN", "_LSQB"}:
        left.discard("_LSQB")  # the indices of a `param` are rarely what is missing
    words: list[str] = []
    kind = wanted(left)
    if kind is not None:
        words.append(kind)
        left -= _EXPRESSION | {"ANY", "_LSQB", "_LBRACE"}
    if left >= ITEMS:
        left.discard("STRING")
    for group, phrase in ((ITEMS, "a statement"), (LOCALS, "a statement"), (_FILE, "`space` or `block`")):
        if left >= group:
            words.append(phrase)
            left -= ITEMS | _FILE
    if words or left - _FOLLOWS:
        left -= _FOLLOWS
    words += [spelled(terminal) for terminal in sorted(left - {"$END"}, key=_order)]
    if not words and "$END" in left:
        words.append(spelled("$END"))
    shown = words[:6]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown) or "something else"


def wanted(accepts: Iterable[str]) -> str | None:
    """The kind of construct that is expected: a value, a list, a stage; None if there is none."""
    here = set(accepts)
    if {"NUMBER", "NAME"} <= here:
        return "a list or range" if "_LSQB" in here and "NOT" not in here else "a value"
    if {"NAME", "SLOT"} <= here:
        return "a stage"
    return "a list" if here == {"_LSQB"} else None


def _order(terminal: str) -> tuple[bool, str]:
    return terminal in OPENERS or terminal in CLOSERS, terminal

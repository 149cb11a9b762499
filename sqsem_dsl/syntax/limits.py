"""Size limits: a text beyond them is rejected at once with a reason, so that later stages may recurse and count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token, Tree

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax import errors
from sqsem_dsl.syntax.tokens import MAX_PIECES, Tokens

MAX_CHARACTERS = 4 * 2**20
DEEPEST_BRACKETS = 100
DEEPEST_EXPRESSION = 200
MAX_DIGITS = 60

_DEEPENS = frozenset({
    "binary", "compare", "either", "both", "invert", "negate", "member", "call", "when", "slot", "optional", "choose",
    "pick", "repeat", "bypass", "group", "any", "list", "item_of", "choice",
})  # fmt: skip
"""Rules that add a level to the tree of an expression for recursive functions; a pipe is flat."""


def text_limits(tokens: Tokens) -> Iterator[Diagnostic]:
    """Errors of a text that are found before parsing: its size, the depth of its brackets, an unsupported version."""
    source = tokens.source
    if len(source.text) > MAX_CHARACTERS:
        yield errors.TooLong(Span(source, MAX_CHARACTERS, MAX_CHARACTERS), "characters", MAX_CHARACTERS)
        return
    pieces = tokens.pieces
    if len(pieces) > MAX_PIECES:
        yield errors.TooLong(Span(source, pieces[-1].start, pieces[-1].end), "words and signs", MAX_PIECES)
        return
    depth = 0
    for piece in pieces:
        if piece.kind == "open":
            depth += 1
            if depth > DEEPEST_BRACKETS:
                yield errors.TooDeep(Span(source, piece.start, piece.end), "brackets", DEEPEST_BRACKETS)
                return
        elif piece.kind == "close":
            depth = max(depth - 1, 0)
        elif piece.kind == "number" and len(piece.text) > MAX_DIGITS:
            yield errors.HugeNumber(Span(source, piece.start, piece.end), MAX_DIGITS)
            return
    first = [piece for piece in pieces[:16] if piece.kind != "comment"][:2]
    if len(first) == 2 and first[0].text == "sqs" and first[1].kind == "number" and first[1].text != "1":
        yield errors.UnknownVersion(Span(source, first[1].start, first[1].end), first[1].text[:20])


def tree_limits(tree: Tree[Token], source: Source) -> Iterator[Diagnostic]:
    """The first expression that is too deep, and numbers that are too long, found without recursion."""
    pending: list[tuple[Tree[Token] | Token, int]] = [(tree, 0)]
    deep = False
    while pending:
        part, depth = pending.pop()
        if isinstance(part, Token):
            if part.type == "NUMBER" and _is_huge(part):
                yield errors.HugeNumber(Span(source, part.start_pos or 0, part.end_pos or 0), MAX_DIGITS)
            continue
        if part.data in _DEEPENS:
            depth += 1
            if depth > DEEPEST_EXPRESSION:
                if not deep:
                    yield errors.TooDeep(
                        Span(source, part.meta.start_pos, part.meta.start_pos + 1), "expressions", DEEPEST_EXPRESSION
                    )
                deep = True
                continue
        pending += [(child, depth) for child in reversed(part.children)]


_EXPONENT = re.compile(r"[eE][+-]?([0-9]+)")


def _is_huge(number: str) -> bool:
    """Whether a number has more digits than `MAX_DIGITS`, written out."""
    exponent = _EXPONENT.search(number)
    digits = exponent.group(1).lstrip("0") if exponent else ""
    return len(number) > MAX_DIGITS or len(digits) > 3 or int(digits or "0") > MAX_DIGITS

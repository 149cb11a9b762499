"""The valid parts of a text with syntax errors: its tree with holes at the damage, and names that may be bound there.

The recovery returns the words of the text as interpreted: those in the text, and those that it inserted. They parse.
Their tree is valid except around inserted words and skipped text. There it gets holes: a stage, a value or a body that
is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lark import Token, Tree

from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax.grammar import parser
from sqsem_dsl.syntax.holes import Holes
from sqsem_dsl.syntax.limits import tree_limits
from sqsem_dsl.syntax.maybe import HOLE, MaybeDefined
from sqsem_dsl.syntax.reader import Word
from sqsem_dsl.syntax.tree_places import Damage

_NO_CODE = re.compile(r"#[^\n]*|[\s;]+")
"""Text between two words that is not a damage; a `;` is reported, and ends the same construct anyway."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMELESS_VALUE = re.compile(r"\b(?:let|const|input|param|as) *(?![A-Za-z_ ])|\b(?:param|repeat) (?=in\b)")
_NAMELESS_BLOCK = re.compile(r"\bblock *(?![A-Za-z_ ])")
"""Definitions without a name, in code with a single blank between words."""


@dataclass(frozen=True, eq=False)
class Remains:
    """A tree with holes, and the words of the damaged text, including the hole: any of them may be a name that is bound
    there."""

    tree: Tree[Token]
    maybe: MaybeDefined


def remains(source: Source, words: Sequence[Word] | None) -> Remains | None:
    """The valid parts of a text, given the words as interpreted by the recovery; None if it failed, or if the tree is
    too deep."""
    if not words:
        return None
    tree = _parsed(words)
    if any(tree_limits(tree, source)):
        return None
    holes = Holes(tree, words, source.text)
    for damage in _damages(source.text, words):
        holes.cut(damage)
    lost = [_NO_CODE.sub(" ", source.text[a:b]).strip() for a, b in (*holes.cut_out, *_gaps(source.text, words))]
    names = {HOLE, *holes.names, *(name for text in lost for name in _NAME.findall(text))}
    code = _NO_CODE.sub(" ", source.text)
    return Remains(
        holes.applied(),
        MaybeDefined(
            frozenset(names),
            any_value=_NAMELESS_VALUE.search(code) is not None or any(text.startswith(("->", "=")) for text in lost),
            any_block=_NAMELESS_BLOCK.search(code) is not None or not names.isdisjoint(("use", "from")),
        ),
    )


def _parsed(words: Sequence[Word]) -> Tree[Token]:
    """The tree of the words. The line numbers of its nodes are the numbers of their first and last words."""
    state = parser().parse_interactive("").parser_state
    for number, word in enumerate(words):
        text = HOLE if word.made_up and word.type == "NAME" else word.text
        place = {"start_pos": word.start, "end_pos": word.end, "column": 1, "end_column": 1}
        state.feed_token(Token(word.type, text, line=number, end_line=number, **place))
    tree = state.feed_token(Token("$END", "", start_pos=0, end_pos=0), is_end=True)
    assert isinstance(tree, Tree)
    return tree


def _damages(text: str, words: Sequence[Word]) -> Iterator[Damage]:
    """Inserted words, and places between words where text was skipped."""
    for number, word in enumerate(words):
        if word.made_up:
            yield Damage(number, number)
    for number, (left, right) in enumerate(pairwise(words)):
        skipped = _NO_CODE.sub(" ", text[left.end : right.start]).strip()
        if skipped:
            yield Damage(number, number + 1, skipped)


def _gaps(text: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """The text between words, and the text that inserted words replace."""
    end = 0
    for word in words:
        yield end, word.start
        if word.made_up:
            yield word.start, word.end
        end = word.end
    yield end, len(text)

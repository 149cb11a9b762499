"""From text to lark's tree, and every syntax error on the way as a diagnostic."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax.grammar import parser
from sqsem_dsl.syntax.limits import MAX_CHARACTERS, text_limits, tree_limits
from sqsem_dsl.syntax.recovery import recover
from sqsem_dsl.syntax.remains import Remains, remains
from sqsem_dsl.syntax.scanner import Comment, Scanned

__all__ = ["Parsed", "Token", "Tree", "parse"]


@dataclass(frozen=True, eq=False)
class Parsed:
    """What a text is: lark's tree (None exactly where there are diagnostics), its comments, and what is wrong with
    it; of a text with syntax errors also what `remains` of it.
    """

    source: Source
    tree: Tree[Token] | None
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]
    remains: Remains | None = None


def parse(source: Source) -> Parsed:
    """Parse a source. Never raises, for any text; errors are found within seconds.

    A tree that it returns is within the limits of `limits`: walking it may recurse.
    """
    scanned = Scanned(source)
    found: list[Diagnostic] = list(text_limits(scanned))
    if found:
        return Parsed(source, None, () if len(source.text) > MAX_CHARACTERS else scanned.comments, tuple(found))
    try:
        tree = parser().parse(source.text)
    except UnexpectedInput:
        recovered = recover(source, scanned)
        return Parsed(source, None, scanned.comments, tuple(recovered.errors), remains(source, recovered.words))
    found = list(tree_limits(tree, source))
    return Parsed(source, None if found else tree, scanned.comments, tuple(found))

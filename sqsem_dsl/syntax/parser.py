"""From a text to lark's tree, with all syntax errors as diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.syntax.grammar import parser
from sqsem_dsl.syntax.limits import text_limits, tree_limits
from sqsem_dsl.syntax.tokens import Tokens

if TYPE_CHECKING:
    from sqsem_dsl.syntax.remains import Remains

__all__ = ["Parsed", "Token", "Tree", "parse"]


@dataclass(frozen=True, eq=False)
class Parsed:
    """The result of parsing: lark's tree (None exactly if there are diagnostics), the tokens, and the errors. For a
    text with syntax errors, also the part of it that `remains`."""

    tokens: Tokens
    tree: Tree[Token] | None
    diagnostics: tuple[Diagnostic, ...]
    remains: Remains | None = None


def parse(source: Source) -> Parsed:
    """Parses a source. Never raises; errors are found within seconds.

    A returned tree is within the limits of `limits`: functions on it may recurse.
    """
    tokens = Tokens(source)
    found: list[Diagnostic] = list(text_limits(tokens))
    if found:
        return Parsed(tokens, None, tuple(found))
    try:
        tree = parser().parse(source.text)
    except UnexpectedInput:
        # Ten modules that a correct text does not need.
        from sqsem_dsl.syntax.recovery import recover
        from sqsem_dsl.syntax.remains import remains

        recovered = recover(tokens)
        return Parsed(tokens, None, tuple(recovered.errors), remains(source, recovered.words))
    found = list(tree_limits(tree, source))
    return Parsed(tokens, None if found else tree, tuple(found))

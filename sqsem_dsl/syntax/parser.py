"""From text to lark's tree, and every syntax error on the way as a diagnostic."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from sqsem_dsl.diagnostics import Diagnostic
from sqsem_dsl.source import Source, Span
from sqsem_dsl.syntax.errors import Unexpected
from sqsem_dsl.syntax.grammar import parser
from sqsem_dsl.syntax.scanner import Comment, Scanned

__all__ = ["Parsed", "Token", "Tree", "parse"]


@dataclass(frozen=True, eq=False)
class Parsed:
    """What a text is: lark's tree (None where there were errors), its comments, and what is wrong with it."""

    source: Source
    tree: Tree[Token] | None
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """Parse a source. Raises nothing, whatever the text is."""
    scanned = Scanned(source)
    try:
        return Parsed(source, parser().parse(source.text), scanned.comments, ())
    except UnexpectedInput as error:
        place = min(max(error.pos_in_stream or 0, 0), len(source.text))
        found = Unexpected(Span(source, place, place + 1), "text", "something else")
        return Parsed(source, None, scanned.comments, (found,))

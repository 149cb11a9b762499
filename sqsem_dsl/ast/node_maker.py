"""Makes nodes from the parts of lark's tree, each by the function of its rule of the grammar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.parser import Token, Tree

Part = Tree[Token] | Token


class _Places(TypedDict):
    span: Span
    whole: Span


@dataclass(frozen=True, eq=False, slots=True)
class NodeMaker:
    """The text of a tree, and for each rule of the grammar the function that makes the node of its trees."""

    source: Source
    rules: Mapping[str, Rule]

    def of_tree(self, tree: Tree[Token]) -> Span:
        """The place of a tree."""
        meta = tree.meta
        return Span(self.source, meta.start_pos, meta.end_pos)

    def of_token(self, part: Part) -> Span:
        """The place of a token."""
        found = token(part)
        return Span(self.source, found.start_pos or 0, found.end_pos or 0)

    def places(self, tree: Tree[Token], name: Part | None = None) -> _Places:
        """The places of a node: `span` is its name if it has one, otherwise all of it."""
        whole = self.of_tree(tree)
        return {"span": whole if name is None else self.of_token(name), "whole": whole}

    def node(self, part: Part) -> Any:
        """The node of any part of an expression, a statement or a body."""
        if isinstance(part, Token):
            span = self.of_token(part)
            if part.type == "NUMBER":
                return m.Number.model_construct(text=str(part), span=span, whole=span)
            if part.type == "STRING":
                return m.Text.model_construct(value=part[1:-1], span=span, whole=span)
            raise InternalError(f"no node for token {part!r}")
        rule = self.rules.get(part.data)
        if rule is None:
            raise InternalError(f"no node for rule {part.data}")
        return rule(self, part)


Rule = Callable[[NodeMaker, Tree[Token]], Any]


def token(part: Part) -> Token:
    """A part that is a token."""
    assert isinstance(part, Token)
    return part


def is_token(part: Part, *types: str) -> bool:
    """Whether a part is a token of one of the types."""
    return isinstance(part, Token) and part.type in types

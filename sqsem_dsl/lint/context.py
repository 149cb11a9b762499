"""The input of the lints: a file with the facts of its spaces, and the parts of its text by place.

One place in the text may be instantiated many times: in a repeat, in each use of a block, in several spaces. A finding
must hold for all instances, so the lints iterate over places rather than items. Places in other files are skipped: a
fact about this use of a library need not hold for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Fix
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import ChoiceId, ItemId, Merge, Op, Residual, Switch
from sqsem_dsl.lint.space_index import SpaceIndex
from sqsem_dsl.space.space import Space
from sqsem_dsl.syntax.tokens import Tokens

T = TypeVar("T", Op, Switch, Residual, Merge)
N = TypeVar("N", bound=nodes.Node)


class Editor:
    """Makes edits that fix the text that has these tokens: add an argument, remove a name or a statement. None if a
    comment would be lost."""

    def __init__(self, tokens: Tokens) -> None:
        self.source, self.tokens = tokens.source, tokens

    def with_argument(self, callee: Span, written: str) -> Fix | None:
        """`f(a)` with one more argument at the end."""
        opening = self.tokens.after(callee.start)
        if opening is None or opening.text != "(":
            return None
        last = self.tokens.code[self.tokens.at(self.tokens.partners[opening.start]) - 1]
        comma = "" if last is opening else " " if last.text == "," else ", "
        return Fix(Span(self.source, last.end, last.end), comma + written)

    def without_name(self, use: outline.Use, position: int) -> Fix | None:
        """`use a, b from …` without one of the names; without the statement if it is the only one."""
        names = use.name_spans
        if len(names) == 1:
            return self.without_statement(use)
        if position + 1 < len(names):
            return self._removal(names[position].start, names[position + 1].start)
        return self._removal(names[position - 1].end, names[position].end)

    def without_statement(self, node: nodes.Node) -> Fix | None:
        """The text without a statement, and without its lines if nothing else is on them."""
        before, after = self.tokens.around(node.whole)
        first, last = self.tokens.line(node.whole.start), self.tokens.line(node.whole.end)
        begins_line = before is None or self.tokens.line(before.start) < first
        ends_line = after is None or self.tokens.line(after.start) > last
        start, end = node.whole.start, node.whole.end
        if begins_line and ends_line:
            start, end = self.source.line_start(first), self.source.line_start(last + 1)
        elif before is not None and (after is None or ends_line or after.text == "}"):
            start = before.end
        elif after is not None:
            end = after.start
        return self._removal(start, end)

    def without_out(self, statement: nodes.Node, out: nodes.Node) -> Fix | None:
        """A body without its only statement, and therefore without `out`."""
        keyword = self.tokens.code[self.tokens.before(out.whole.start)]
        following = self.tokens.after(keyword.start)
        return self._removal(statement.whole.start, following.start if following is not None else keyword.end)

    def _removal(self, start: int, end: int) -> Fix | None:
        return None if self.tokens.commented(start, end) else Fix(Span(self.source, start, end), "")


class LintContext:
    """A file without errors. `spaces` are its spaces with their facts; empty if not all are proved."""

    def __init__(self, tokens: Tokens, spec: outline.Spec, spaces: tuple[tuple[Space, SpaceIndex], ...]) -> None:
        self.source, self.tokens, self.spec, self.spaces = tokens.source, tokens, spec, spaces

    def items(self, kind: type[T]) -> Mapping[Span, list[tuple[SpaceIndex, ItemId, T]]]:
        """The reachable tensors of a kind, by their place in this file."""
        found: dict[Span, list[tuple[SpaceIndex, ItemId, T]]] = {}
        for _, facts in self.spaces:
            for item in facts.tensors:
                node = facts.items[item]
                if isinstance(node, kind) and node.span.source is self.source:
                    found.setdefault(node.span, []).append((facts, item, node))
        return found

    @cached_property
    def choices(self) -> Mapping[Span, tuple[tuple[SpaceIndex, ChoiceId], ...]]:
        """The value choices of networks that are active in some architecture, by their place in this file."""
        found: dict[Span, list[tuple[SpaceIndex, ChoiceId]]] = {}
        for _, facts in self.spaces:
            for number in sorted(facts.draws):
                declared = facts.graph.choices[number]
                if declared.span.source is self.source and isinstance(declared.domain, Categorical):
                    found.setdefault(declared.span, []).append((facts, number))
        return {span: tuple(several) for span, several in found.items()}

    # ---- the text

    @cached_property
    def editor(self) -> Editor:
        """Makes edits of the text."""
        return Editor(self.tokens)

    @cached_property
    def parts(self) -> tuple[nodes.Node, ...]:
        """All nodes of the text."""
        return tuple(walked(self.spec))

    @cached_property
    def by_start(self) -> Mapping[int, tuple[nodes.Node, ...]]:
        """The nodes of the text by the start of their places."""
        found: dict[int, list[nodes.Node]] = {}
        for node in self.parts:
            found.setdefault(node.span.start, []).append(node)
        return {start: tuple(several) for start, several in found.items()}

    def node(self, span: Span, kind: type[N]) -> N | None:
        """The node of a kind whose place starts as a span does."""
        return next((node for node in self.by_start.get(span.start, ()) if isinstance(node, kind)), None)

    def domain(self, span: Span) -> nodes.ListOf | nodes.Range | None:
        """The domain of the choice at a place."""
        for node in self.by_start.get(span.start, ()):
            if isinstance(node, nodes.AnyOf | nodes.Param | nodes.Repeat | nodes.Bypass):
                return node.domain
        return None

    def in_block(self, span: Span) -> bool:
        """Whether a place is in a block, which may have other uses than those in this file."""
        bodies = (node.body.span for node in self.parts if isinstance(node, outline.Block))
        return any(body.start <= span.start < body.end for body in bodies)


def walked(node: object) -> Iterator[nodes.Node]:
    """A part of a spec and all its descendants."""
    pending: list[object] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, tuple):
            pending.extend(reversed(each))
        elif isinstance(each, nodes.Node):
            yield each
            pending.extend(reversed(each.parts()))

"""Edits that fix a text: add an argument, remove a name or a statement. None if a comment would be lost."""

from __future__ import annotations

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Fix
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax.tokens import Tokens


class Editor:
    """Makes edits of the text that has these tokens."""

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

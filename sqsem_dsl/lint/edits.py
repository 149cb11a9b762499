"""Edits that fix a text: add an argument, remove a name or a statement. None if a comment would be lost."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import Fix
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.scanner import Scanned

_BEFORE_BLOCK = frozenset(["shared", "tied"])


class Editor:
    """Makes edits of one text. A place is an index of its pieces."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._pieces = Scanned(source).pieces
        self._at = {piece.start: i for i, piece in enumerate(self._pieces)}

    def with_argument(self, callee: Span, written: str) -> Fix | None:
        """`f(a)` with one more argument, the last one."""
        opening = self._at[callee.start] + 1
        if opening >= len(self._pieces) or self._pieces[opening].text != "(":
            return None
        last = self._code_before(self._closing(opening))
        comma = "" if last == opening else " " if self._pieces[last].text == "," else ", "
        end = self._pieces[last].end
        return Fix(Span(self.source, end, end), comma + written)

    def without_name(self, use: nodes.Use, position: int) -> Fix | None:
        """`use a, b from …` without one of the names; without the statement where it is the only one."""
        first = self._at[use.span.start]
        if len(use.names) == 1:
            return self._statement(first - 1, first + 2)
        names = [first]
        while len(names) < len(use.names):
            names.append(next(i for i in range(names[-1] + 2, len(self._pieces)) if self._pieces[i].kind == "word"))
        if position + 1 < len(names):
            return self._removal(names[position], names[position + 1] - 1, to=names[position + 1])
        return self._removal(names[position - 1] + 1, names[position])

    def without_statement(self, node: nodes.Node, following: nodes.Node | None) -> Fix | None:
        """The text without a statement. `following` is the next one in its braces, or what stands behind `out`; None
        where the braces end."""
        start = self._keyword(node)
        if following is not None:
            return self._statement(start, self._code_before(self._keyword(following)))
        depth, end = 0, start
        for end in range(start, len(self._pieces)):
            kind = self._pieces[end].kind
            depth += (kind == "open") - (kind == "close")
            if depth < 0:
                return self._statement(start, self._code_before(end))
        return self._statement(start, self._code_before(len(self._pieces)))

    def without_out(self, statement: nodes.Node, out: nodes.Node) -> Fix | None:
        """A body without its only statement, and so without `out`."""
        keyword = self._keyword(out)
        return self._removal(self._keyword(statement), keyword, to=keyword + 1)

    # ---- pieces

    def _keyword(self, node: nodes.Node) -> int:
        """Where a statement begins, or the `out` before an expression."""
        at = self._at[node.span.start]
        match node:
            case nodes.Settings():
                return at
            case nodes.Block():
                return at - 2 if self._pieces[at - 2].text in _BEFORE_BLOCK else at - 1
            case nodes.Const() | nodes.Let() | nodes.Param() | nodes.Input() | nodes.Output() | nodes.Space():
                return at - 1
            case nodes.Use():
                return at - 1
            case _:  # a condition or an expression, perhaps in parentheses
                return next(i for i in range(at, -1, -1) if self._pieces[i].text in ("require", "out"))

    def _closing(self, opening: int) -> int:
        depth = 0
        for i in range(opening, len(self._pieces)):
            kind = self._pieces[i].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                return i
        return len(self._pieces) - 1

    def _code_before(self, place: int) -> int:
        """The last piece before a place that is no comment."""
        return next(i for i in range(place - 1, -1, -1) if self._pieces[i].kind != "comment")

    # ---- removals

    def _removal(self, first: int, last: int, to: int | None = None) -> Fix | None:
        """Without the pieces from `first` to `last`, and the blanks up to the piece `to`, or else those before."""
        if self._comments(first, last if to is None else to - 1):
            return None
        start, end = self._pieces[first].start, self._pieces[last].end
        if to is not None:
            end = self._pieces[to].start
        else:
            start = self._pieces[first - 1].end if self._pieces[first - 1].kind != "comment" else start
        return Fix(Span(self.source, start, end), "")

    def _statement(self, first: int, last: int) -> Fix | None:
        """Without a statement; its lines go with it where nothing else stands on them."""
        if self._comments(first, last):
            return None
        text = self.source.text
        start, end = self._pieces[first].start, self._pieces[last].end
        line = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end)
        after = len(text) if after < 0 else after + 1
        before_is_blank, behind_is_blank = not text[line:start].strip(), not text[end:after].strip()
        if before_is_blank and behind_is_blank:
            start, end = line, after
        elif behind_is_blank or self.source.text[end:after].lstrip().startswith("}"):
            start = self._pieces[first - 1].end
        else:
            end += len(text[end:after]) - len(text[end:after].lstrip())
        return Fix(Span(self.source, start, end), "")

    def _comments(self, first: int, last: int) -> Sequence[int]:
        return [i for i in range(first, last + 1) if self._pieces[i].kind == "comment"]

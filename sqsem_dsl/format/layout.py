"""The formatter's knowledge of the original text, and the insertion of comments and empty lines into its lines."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.syntax.tokens import Comment, Tokens

UNKNOWN = -1
"""The offset of items that have no place in a text."""


@dataclass(slots=True)
class Line:
    """A line of output. `anchor` is the offset in the old text of the first item on it; `start` says whether a
    statement (or another item with its own line) begins on it; `wants_gap` says whether an empty line comes before it
    by default."""

    indent: int
    text: str
    anchor: int = UNKNOWN
    start: bool = False
    wants_gap: bool = False


Lines = list[Line]


def hang(prefix: str, lines: Lines, indent: int, anchor: int, start: bool = False) -> Lines:
    """Lines with a prefix before the first, which moves to `indent`."""
    first = lines[0]
    first.text, first.indent, first.start = prefix + first.text, indent, first.start or start
    first.anchor = min(anchor, first.anchor) if first.anchor >= 0 and anchor >= 0 else max(anchor, first.anchor)
    return lines


def suffix(lines: Lines, text: str) -> Lines:
    lines[-1].text += text
    return lines


def joined(left: Lines, between: str, right: Lines) -> Lines:
    left[-1].text += between + right[0].text
    return left + right[1:]


class Places:
    """Places in the old text and its author's line breaks, by offset. Without a text, every answer is "no"."""

    def __init__(self, tokens: Tokens | None) -> None:
        self.known = tokens is not None
        self.tokens = tokens if tokens is not None else Tokens(NOWHERE.source)

    # ---- places

    def start(self, node: m.Node) -> int:
        """The start of a node's text, including its keyword."""
        return node.whole.start if self.known else UNKNOWN

    def end(self, node: m.Node) -> int:
        """The end of a node's text, including its closing brace."""
        return node.whole.end if self.known else UNKNOWN

    def closing(self, node: m.Node) -> int:
        """The bracket at the end of a node."""
        return node.whole.end - 1 if self.known else UNKNOWN

    def partner(self, bracket: int) -> int:
        """The other bracket of a pair."""
        return self.tokens.partners.get(bracket, UNKNOWN)

    def opening(self, node: m.Node) -> int:
        """The opening bracket that matches the one at the end of a node."""
        return self.partner(self.closing(node))

    def before(self, node: m.Node) -> int:
        """The token before an expression or a body, and before the parentheses around it: `out`, or the opening
        brace."""
        return self.tokens.code[self.tokens.before(node.whole.start)].start if self.known else UNKNOWN

    def after(self, offset: int) -> int:
        """The token after the one at an offset."""
        following = self.tokens.after(offset) if offset >= 0 else None
        return following.start if following is not None else UNKNOWN

    # ---- comments and breaks

    def broken(self, opener: int) -> bool:
        """Whether the author began a new line after an opening brace."""
        return opener >= 0 and self.tokens.line(opener) < self.tokens.line(self.after(opener))

    def breaks_before(self, stage: m.Node) -> bool:
        """Whether the author began a new line at the arrow before a stage."""
        if not self.known:
            return False
        last = self.tokens.code[self.tokens.before(stage.whole.start) - 1]
        return self.tokens.line(last.start) < self.tokens.line(stage.whole.start)

    def commented(self, start: int, end: int) -> bool:
        """Whether a comment stands between two offsets."""
        return start >= 0 and end >= 0 and self.tokens.commented(start, end)

    def gap(self, offset: int) -> bool:
        """Whether the item at an offset begins its line, and the line before it is empty."""
        return offset >= 0 and self.tokens.follows_empty_line(offset)


def finish(lines: list[Line], places: Places) -> str:
    """The text of the lines, with the comments and the empty lines of the old text between them."""
    rows: list[Row] = []
    remaining = deque(places.tokens.comments)
    for line in lines:
        while remaining and line.anchor >= 0 and remaining[0].span.start < line.anchor:
            _place(rows, remaining.popleft(), line, places)
        gap = places.gap(line.anchor) if line.anchor >= 0 else line.wants_gap
        rows.append(Row(" " * line.indent + line.text, line.indent, gap and line.start))
    for comment in remaining:
        _place(rows, comment, None, places)
    return _aligned(rows)


@dataclass(slots=True)
class Row:
    text: str
    indent: int
    gap: bool = False
    comment: str = ""
    own: bool = False


def _place(rows: list[Row], comment: Comment, following: Line | None, places: Places) -> None:
    """Puts a comment after the last line, or on a separate line before the following one."""
    if not comment.own_line and rows and not rows[-1].own:
        if not rows[-1].comment:
            rows[-1].comment = comment.text
            return
        first = rows.pop()
        rows.append(Row(" " * first.indent + first.comment, first.indent, first.gap, own=True))
        rows.append(Row(first.text, first.indent, False, comment.text))
        return
    indent = 0 if following is None else following.indent
    if following is not None and following.text.startswith(("}", ")", "]")):
        indent += 2
    rows.append(Row(" " * indent + comment.text, indent, places.gap(comment.span.start), own=True))


def _aligned(rows: list[Row]) -> str:
    """The rows as text: comments after neighboring lines in one column, no empty line after an opening bracket."""
    out: list[str] = []
    index = 0
    while index < len(rows):
        run = index
        while run < len(rows) and rows[run].comment and (run == index or not rows[run].gap):
            run += 1
        column = max((len(row.text) for row in rows[index:run]), default=0)
        for row in rows[index : max(run, index + 1)]:
            if row.gap and out and not out[-1].split("#")[0].rstrip().endswith(("{", "(", "[")) and out[-1]:
                out.append("")
            out.append(f"{row.text:{column}}  {row.comment}" if row.comment else row.text)
        index = max(run, index + 1)
    return "\n".join(out) + "\n" if out else ""

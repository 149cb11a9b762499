"""A place where the parser could not continue, with its state there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lark import Token

from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.syntax.words import CLOSERS, KEYWORDS, OPENERS, spelled

Table = Mapping[int, Mapping[str, tuple[Any, Any]]]
"""The parser's table: state and symbol to an action (lark's `Shift` or `Reduce`) and its target."""


@dataclass(frozen=True, eq=False)
class Stack:
    """The parser's states and the values that it has pushed; `states` has one more entry than `values`."""

    table: Table
    states: Sequence[int]
    values: Sequence[Any]

    def cut(self, length: int) -> Stack:
        """The stack at the time when only `length` values were on it."""
        return Stack(self.table, self.states[: length + 1], self.values[:length])

    def takes(self, terminals: Iterable[str]) -> bool:
        """Whether the parser could read these terminals in order from here."""
        states = list(self.states)
        return all(_feed(self.table, states, terminal) for terminal in terminals)

    @cached_property
    def accepts(self) -> frozenset[str]:
        """The terminals that may come next."""
        return frozenset(t for t in self.table[self.states[-1]] if (t.isupper() or t == "$END") and self.takes([t]))

    @cached_property
    def open(self) -> tuple[tuple[int, Token], ...]:
        """The open brackets, outermost first, each with its index among the values."""
        found: list[tuple[int, Token]] = []
        for index, value in enumerate(self.values):
            if isinstance(value, Token):
                if value.type in OPENERS:
                    found.append((index, value))
                elif value.type in CLOSERS and found:
                    found.pop()
        return tuple(found)

    def opened_by(self, index: int) -> str:
        """The construct of the bracket at an index of the values: the nearest keyword before it, or `CALL`."""
        closed = 0
        for value in reversed(self.values[:index]):
            if isinstance(value, Token):
                if value.type in CLOSERS:
                    closed += 1
                elif value.type in OPENERS:
                    if not closed:
                        break
                    closed -= 1
                elif value.type in _HEADS and not closed:
                    return str(value.type)
        return "CALL" if self.values[index].type == "_LPAR" else "GROUP"


_HEADS = frozenset(
    [
        "SPACE",
        "BLOCK",
        "TRAIN",
        "SEARCH",
        "META",
        "SLOT",
        "OPTIONAL",
        "CHOOSE",
        "PICK",
        "REPEAT",
        "BYPASS",
        "IF",
        "ELSE",
    ]
)


def _feed(table: Table, states: list[int], terminal: str) -> bool:
    """Changes the states as reading a terminal does; False if it cannot be read."""
    while True:
        action = table[states[-1]].get(terminal)
        if action is None:
            return False
        kind, target = action
        if kind.name == "Shift":
            states.append(target)
            return True
        if target.expansion:
            del states[-len(target.expansion) :]
        if not states:
            return False
        state = table[states[-1]].get(target.origin.name)
        if state is None:
            return False
        if terminal == "$END" and target.origin.name == "start":
            return True
        states.append(state[1])


@dataclass(frozen=True, eq=False)
class Failure:
    """The place and the token at which the parser stopped.

    `token` is the unexpected token (of type `$END` at the end of the file, of type `?` for characters that begin no
    token), `before` the last tokens read before it, `stack` the parser's stack before it.
    """

    source: Source
    token: Token
    before: Sequence[Token]
    stack: Stack

    @property
    def type(self) -> str:
        return str(self.token.type)

    @property
    def start(self) -> int:
        return int(self.token.start_pos or 0)

    @property
    def end(self) -> int:
        return int(self.token.end_pos or self.start)

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)

    def place(self, token: Token) -> Span:
        """The place of a token in the text."""
        return Span(self.source, int(token.start_pos or 0), int(token.end_pos or 0))

    @property
    def previous(self) -> Token | None:
        return self.before[-1] if self.before else None

    @property
    def accepts(self) -> frozenset[str]:
        return self.stack.accepts

    @property
    def innermost(self) -> Token | None:
        """The innermost open bracket."""
        return self.stack.open[-1][1] if self.stack.open else None

    @property
    def in_brackets(self) -> bool:
        """Whether the innermost open bracket is not a brace."""
        return self.innermost is not None and self.innermost.type != "_LBRACE"

    @property
    def last_keyword(self) -> str | None:
        """The last keyword before the place of those whose construct is not complete."""
        words = (value.type for value in reversed(self.stack.values) if isinstance(value, Token))
        return next((word for word in words if word in KEYWORDS), None)

    @property
    def in_condition(self) -> bool:
        """Whether the place is in the condition of a `require`, an `if`, or the indices of a family."""
        words = (value.type for value in reversed(self.stack.values) if isinstance(value, Token))
        keywords = (word for word in words if word in KEYWORDS - {"AND", "OR", "NOT", "IN"})
        return next(keywords, None) in ("REQUIRE", "IF", "WHERE")

    @property
    def found(self) -> str:
        """The token, for a sentence."""
        if self.type == "$END":
            return "the end of the file"
        return f"`{shorten(str(self.token))}`"

    @property
    def gap(self) -> Span:
        """The place directly after the previous token."""
        end = self.previous.end_pos if self.previous is not None else self.start
        return Span(self.source, int(end or 0), int(end or 0))

    def first_on_line(self, offset: int) -> bool:
        """Whether only blanks come before an offset on its line."""
        return not self.source.text[self.source.text.rfind("\n", 0, offset) + 1 : offset].strip()


def shorten(text: str, limit: int = 40) -> str:
    """A text for a title: one line of limited length."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def after(token: Token | None) -> str:
    """A token in the phrase "after …"."""
    if token is None:
        return "the beginning of the file"
    return (
        spelled(token.type)
        if token.type not in ("NAME", "NUMBER", "STRING", "ADD", "MULTIPLY", "COMPARE")
        else f"`{shorten(str(token))}`"
    )

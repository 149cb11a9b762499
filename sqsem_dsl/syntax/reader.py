"""Reads an invalid text word by word with lark's interactive parser, which can be set back and given words to insert.

The words that were read and inserted are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from sqsem_dsl.syntax.grammar import parser
from sqsem_dsl.syntax.words import PUNCTUATION

_SPELLED = {**PUNCTUATION, "COMPARE": "=="}


@dataclass(frozen=True, slots=True)
class Word:
    """A token of the text as it was interpreted. An inserted one replaces the text from `start` to `end`, which may be
    empty."""

    type: str
    text: str
    start: int
    end: int
    made_up: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The state of the parser at a place in the text."""

    states: list[int]
    values: list[Any]
    firsts: list[int]
    """For each of the values, the index of its first word."""
    words: int
    """The number of words read."""


class Reader:
    """The parser as it reads the words of an invalid text. It can return to an earlier place and continue elsewhere."""

    def __init__(self, text: str) -> None:
        self.text = text
        interactive = parser().parse_interactive(text)
        self.state: Any = interactive.parser_state
        self.lexer: Any = interactive.lexer_thread
        self.table = self.state.parse_conf.states
        self.firsts: list[int] = []
        self.words: list[Word] = []

    def next_token(self) -> Token:
        """The next token if one of the language begins there (`$END` after the last), otherwise one of type `?`."""
        try:
            for token in self.lexer.lex(self.state):
                assert isinstance(token, Token)
                return token
        except UnexpectedToken as error:
            token = error.token
            assert isinstance(token, Token)
            return token
        except UnexpectedCharacters as error:
            place = int(error.pos_in_stream or 0)
            return make_token("?", self.text[place], place)
        return make_token("$END", "", len(self.text))

    def fed(self, token: Token, word: Word | None = None) -> bool:
        """Reads a token if it fits; `word` is its interpretation if it is not in the text."""
        try:
            self.state.feed_token(token, token.type == "$END")
        except UnexpectedToken:
            return False
        if token.type != "$END":
            # Values below were only combined with the ones after them, so their first words are unchanged.
            self.firsts[len(self.state.value_stack) - 1 :] = [len(self.words)]
            self.words.append(word or Word(str(token.type), str(token), token.start_pos or 0, token.end_pos or 0))
        return True

    def snapshot(self) -> Snapshot:
        """The state here, for `restore`."""
        return Snapshot(list(self.state.state_stack), list(self.state.value_stack), list(self.firsts), len(self.words))

    def restore(self, snapshot: Snapshot) -> None:
        """Forgets the words that were read since a snapshot. The place in the text stays."""
        self.state.state_stack[:] = snapshot.states
        self.state.value_stack[:] = snapshot.values
        self.firsts[:] = snapshot.firsts
        del self.words[snapshot.words :]

    def go_on(self, snapshot: Snapshot, insert: tuple[str, ...], start: int, end: int, sure: bool = False) -> None:
        """Continues at the offset `end`; the first inserted word replaces everything skipped since `start`."""
        self.restore(snapshot)
        for terminal in insert:
            text = _SPELLED.get(terminal, terminal.lower())
            self.fed(make_token(terminal, text, end), Word(terminal, text, start, end, not sure))
            start = end
        self.lexer.state.line_ctr.char_pos = end

    def cut(self, length: int) -> Snapshot:
        """The parser as it was when only `length` values were on its stack."""
        now = self.snapshot()
        words = now.firsts[length] if length < len(now.firsts) else now.words
        return Snapshot(now.states[: length + 1], now.values[:length], now.firsts[:length], words)


def make_token(kind: str, text: str, start: int) -> Token:
    """A token at an offset, on no line in particular."""
    return Token(kind, text, start_pos=start, line=1, column=1, end_line=1, end_column=1, end_pos=start + len(text))

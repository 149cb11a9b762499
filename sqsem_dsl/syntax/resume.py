"""Places where parsing may continue after an unrepaired error: a statement, setting, alternative or closing bracket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lark import Token

from sqsem_dsl.syntax.failure import Stack
from sqsem_dsl.syntax.scanner import OPENER
from sqsem_dsl.syntax.tokens import Tokens
from sqsem_dsl.syntax.words import KEYWORDS, PUNCTUATION, STATEMENTS

RESERVED = frozenset({"CONST", "PARAM", "LET", "REQUIRE", "OUT"})
DUMMIES: tuple[tuple[str, ...], ...] = (
    (),
    ("NAME",),
    ("REQUIRE", "NAME"),
    ("OUT", "NAME"),
    ("REQUIRE", "NAME", "OUT", "NAME"),
    ("NAME", "_COLON", "NAME"),
    ("NAME", "_RPAR"),
    ("_RPAR",),
    ("_LBRACE", "NAME", "_RBRACE"),
)
"""The words read in place of the skipped text, so that the next statement fits."""


class Resume:
    """The tokens of a text, searched for places to continue."""

    def __init__(self, tokens: Tokens) -> None:
        self.text, self.code, self.index = tokens.source.text, tokens.code, tokens.at

    def candidates(self, stack: Stack, offset: int) -> Iterator[tuple[int, tuple[str, ...], int]]:
        """A place to continue: index of a piece, the terminals that it begins with, the number of open brackets it
        closes."""
        opened = [PUNCTUATION[token.type] for _, token in stack.open]
        depth = closed = 0
        for index in range(self.index(offset), len(self.code)):
            piece = self.code[index]
            if piece.kind == "open":
                depth += 1
            elif piece.kind == "close":
                if depth:
                    depth -= 1
                    continue
                rest = opened[: len(opened) - closed]
                if OPENER[piece.text] in rest:
                    while rest.pop() != OPENER[piece.text]:
                        closed += 1
                    yield index, (_CLOSING[piece.text],), closed
                    closed += 1
            elif piece.kind == "word" and self.begins(index) and (not depth or self.outermost(index)):
                yield index, (piece.text.upper(),), closed if not depth else len(opened)
            elif piece.kind == "word" and not depth:
                following = self.code[index + 1].text if index + 1 < len(self.code) else ""
                if following in ("=", ":"):
                    yield index, ("NAME", "_EQUAL" if following == "=" else "_COLON"), closed

    def fitting(
        self, stack: Stack, terminals: tuple[str, ...], closed: int, start: int
    ) -> tuple[int, tuple[str, ...]] | None:
        """How much of the stack to keep, and which words to insert, so that the terminals can be read."""
        brackets = stack.open
        kept = len(brackets) - closed
        top = brackets[kept][0] if closed and kept < len(brackets) else len(stack.values)
        bottom = brackets[kept - 1][0] + 1 if len(terminals) == 1 and terminals[0].startswith("_") else 0
        if len(terminals) == 2 and not self.inside_named(stack, kept):
            return None
        for length in range(top, bottom - 1, -1):
            if terminals[0] in RESERVED and self.outdented(stack, length, start):
                continue
            cut = stack.cut(length)
            if cut.open != brackets[: len(cut.open)]:
                continue  # closed brackets stay closed
            if len(terminals) == 2 and (
                len(cut.open) < kept or (length and _is(stack.values[length - 1], "LET", "CONST"))
            ):
                break
            for dummies in DUMMIES:
                if cut.takes([*dummies, *terminals]):
                    return length, dummies
        return None

    def inside_named(self, stack: Stack, kept: int) -> bool:
        """Whether the innermost bracket that stays open holds settings or alternatives."""
        if not kept:
            return False
        return stack.opened_by(stack.open[kept - 1][0]) in ("TRAIN", "SEARCH", "META", "CHOOSE", "PICK")

    def outdented(self, stack: Stack, length: int, start: int) -> bool:
        """Whether a statement at `start` begins its line, indented no further than the line of the brace it would be
        in."""
        line_start = self.text.rfind("\n", 0, start) + 1
        if self.text[line_start:start].strip():
            return False
        inside = [token for index, token in stack.open if index < length]
        if not inside:
            return False
        brace_line = self.text.rfind("\n", 0, inside[-1].start_pos) + 1
        line = self.text[brace_line : inside[-1].end_pos]
        return brace_line < line_start and start - line_start <= len(line) - len(line.lstrip())

    # ---- words of the text

    def begins(self, index: int) -> bool:
        """Whether a word looks like the beginning of a statement."""
        word = self.code[index].text
        if word.upper() not in STATEMENTS or word.upper() not in KEYWORDS or word != word.lower():
            return False
        if word.upper() in RESERVED:
            return True
        follow = [piece.text for piece in self.code[index + 1 : index + 3]]
        named = bool(follow) and (follow[0][0].isalpha() or follow[0][0] == "_")
        match word:
            case "train" | "search" | "meta":
                return follow[:1] == ["{"]
            case "input":
                return named and follow[1:] in ([":"], ["="])
            case "output":
                return named and follow[1:] in (["="], [":"], ["=="])
            case "space":
                return (named and follow[1:] == ["{"]) or follow[:1] == ["{"]
            case "block":
                return named and follow[1:] in (["("], ["{"])
            case "shared" | "tied":
                return follow[:1] == ["block"]
            case "use":
                return named and follow[1:] in ([","], ["from"])
            case _:
                return bool(follow) and follow[0].isdigit()

    def outermost(self, index: int) -> bool:
        """Whether a piece begins its line in the first column with a top-level construct."""
        piece = self.code[index]
        first = piece.start == 0 or self.text[piece.start - 1] == "\n"
        return first and piece.text in ("space", "block", "shared", "tied", "use")


_CLOSING = {"}": "_RBRACE", ")": "_RPAR", "]": "_RSQB"}


def _is(value: Any, *types: str) -> bool:
    return isinstance(value, Token) and value.type in types

"""The expressions without parts: numbers, texts and names, and the signs between expressions.

`nodes` has all of them beside the expressions that have parts.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import StringConstraints

from sqsem_dsl.ast.fields import Identifier, OneLine
from sqsem_dsl.ast.node import Node

BinaryOperator = Literal["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
"""The signs of a `Binary`. Those of comparisons do not chain."""

_POWERS = {"K": 3, "M": 6, "G": 9, "us": 3, "ms": 6}
"""The powers of ten of the endings of a number. Times count nanoseconds."""


class Number(Node):
    """A number as written: `32`, `1.25M`, `1e-4`, `2ms`."""

    kind: Literal["number"] = "number"
    text: Annotated[str, StringConstraints(pattern=r"^\d[\d_]*(\.\d+)?([eE][+-]?\d+)?([KMG]|[um]s)?$")]

    @property
    def value(self) -> int | Fraction:
        """The exact value; an `int` if it is whole."""
        text = self.text.replace("_", "")
        exact = Fraction(text.removesuffix(self._ending)) * Fraction(10) ** _POWERS.get(self._ending, 0)
        return exact.numerator if exact.denominator == 1 else exact

    @property
    def written_whole(self) -> bool:
        """Whether it is written without a point or a negative exponent (ranges between such ends are whole)."""
        text = self.text.lower()
        return "e-" not in text and ("." not in text or self._ending in _POWERS)

    @property
    def _ending(self) -> str:
        """The letters that follow the digits of a number with a unit or a power; empty if there are none."""
        return next((ending for ending in _POWERS if self.text.endswith(ending)), "")


class Text(Node):
    """A string in quotes."""

    kind: Literal["text"] = "text"
    value: OneLine


class Name(Node):
    """A bare name: a tensor, a number, a symbol, or (as a stage) an operator or block without arguments."""

    kind: Literal["name"] = "name"
    name: Identifier
    label: Identifier | None = None


class Every(Node):
    """`*` in brackets: every index."""

    kind: Literal["every"] = "every"

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

_POWERS = {"K": 3, "M": 6, "G": 9}


class Number(Node):
    """A number as written: `32`, `1.25M`, `1e-4`."""

    kind: Literal["number"] = "number"
    text: Annotated[str, StringConstraints(pattern=r"^\d[\d_]*(\.\d+)?([eE][+-]?\d+)?[KMG]?$")]

    @property
    def value(self) -> int | Fraction:
        """The exact value; an `int` if it is whole."""
        text, power = self.text.replace("_", ""), 0
        if text[-1] in _POWERS:
            text, power = text[:-1], _POWERS[text[-1]]
        exact = Fraction(text) * Fraction(10) ** power
        return exact.numerator if exact.denominator == 1 else exact

    @property
    def written_whole(self) -> bool:
        """Whether it is written without a point or a negative exponent (ranges between such ends are whole)."""
        text = self.text.lower()
        return "e-" not in text and ("." not in text or self.text[-1] in _POWERS)


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

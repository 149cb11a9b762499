"""The expressions, structures and statements of a file as nodes: frozen Pydantic models with strict validation.

The models hold the meaning of the text, not its layout. Places are kept for messages and the formatter, but neither
equality nor the JSON form includes them. Later stages check that names exist and shapes fit; this one checks only the
form.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sqsem_dsl.ast.fields import Identifier, OneLine, Place, place
from sqsem_dsl.ast.node import Node as Node

_POWERS = {"K": 3, "M": 6, "G": 9}


# ---- expressions


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


class Argument(Node):
    """One argument of a call, positional where `name` is None."""

    name: Identifier | None = None
    value: Value


class Call(Node):
    """`conv(16, 3, stride = 2) @label`: an operator, a block, a scalar function, or an option of a setting."""

    kind: Literal["call"] = "call"
    name: Identifier
    arguments: tuple[Argument, ...] = ()
    label: Identifier | None = None


class Every(Node):
    """`*` in brackets: every index."""

    kind: Literal["every"] = "every"


class Item(Node):
    """`widths[i]`: an entry of a table, or a step of a path with indices; ranges and `*` stand for several."""

    kind: Literal["item"] = "item"
    name: Identifier
    indices: Annotated[tuple[Index, ...], Field(min_length=1)]


class ChoicePath(Node):
    """`fires[2].se`: the path of a choice, or of those in several iterations, `fires[*].se`."""

    kind: Literal["path"] = "path"
    steps: Annotated[tuple[Step, ...], Field(min_length=2)]


class Unary(Node):
    kind: Literal["unary"] = "unary"
    operator: Literal["-", "not"]
    operand: Expr


BinaryOperator = Literal["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or"]


class Binary(Node):
    kind: Literal["binary"] = "binary"
    operator: BinaryOperator
    left: Expr
    right: Expr


class Member(Node):
    """`mode in [a, b]`."""

    kind: Literal["member"] = "member"
    item: Expr
    options: ListOf


class Pipe(Node):
    """`source -> stage -> stage`; `source` is never itself a pipe."""

    kind: Literal["pipe"] = "pipe"
    source: Expr
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]


# ---- bodies and structures


class Body(Node):
    """The contents of braces: stages, or statements and then `out`."""

    statements: tuple[Local, ...] = ()
    out: Expr


class Group(Node):
    """A body in braces used as a stage."""

    kind: Literal["group"] = "group"
    body: Body


class Slot(Node):
    kind: Literal["slot"] = "slot"
    name: Identifier
    prior: Weights | None = None
    body: Body


class OptionalInput(Node):
    kind: Literal["optional"] = "optional"
    name: Identifier
    prior: Weights | None = None
    body: Body


class Alternative(Node):
    name: Identifier
    body: Body


class Choose(Node):
    kind: Literal["choose"] = "choose"
    name: Identifier
    prior: Weights | None = None
    alternatives: Annotated[tuple[Alternative, ...], Field(min_length=1)]


class Pick(Node):
    kind: Literal["pick"] = "pick"
    name: Identifier
    domain: Domain
    prior: Weights | None = None
    alternatives: Annotated[tuple[Alternative, ...], Field(min_length=1)]


class Repeat(Node):
    """`repeat NAME in DOMAIN as i { … }` (`name` and `domain`) or `repeat COUNT as i { … }` (`count`)."""

    kind: Literal["repeat"] = "repeat"
    name: Identifier | None = None
    domain: Domain | None = None
    prior: Weights | None = None
    count: Expr | None = None
    index: Identifier | None = None
    index_span: Place = place()
    body: Body


class Bypass(Node):
    """`bypass NAME in [modes] { … }`, or `bypass MODE { … }` with `domain` None and the mode in `name`."""

    kind: Literal["bypass"] = "bypass"
    name: Identifier
    domain: Domain | None = None
    prior: Weights | None = None
    body: Body


class When(Node):
    """`if … { … } else …`; `other` is a Body, a further When, or None."""

    kind: Literal["if"] = "if"
    test: Expr
    then: Body
    other: Body | When | None = None


# ---- domains


class ListOf(Node):
    """`[a, b, c]`: a domain, a table, or a list argument."""

    kind: Literal["list"] = "list"
    items: tuple[Value, ...]


class Range(Node):
    """`low..high step s log`."""

    kind: Literal["range"] = "range"
    low: Expr
    high: Expr
    step: Expr | None = None
    log: bool = False


class AnyOf(Node):
    """`any DOMAIN`: an inline choice."""

    kind: Literal["any"] = "any"
    domain: Domain
    prior: Weights | None = None


Structure = Slot | OptionalInput | Choose | Pick | Repeat | Bypass | When
_Expression = Number | Text | Name | Call | Item | ChoicePath | Unary | Binary | Member | Pipe | Structure
Expr = Annotated[_Expression, Field(discriminator="kind")]
Index = Annotated[_Expression | Range | Every, Field(discriminator="kind")]
Step = Annotated[Name | Item, Field(discriminator="kind")]
Stage = Annotated[Name | Call | Structure | Group, Field(discriminator="kind")]
Domain = Annotated[ListOf | Range, Field(discriminator="kind")]
Weights = Annotated[_Expression | ListOf, Field(discriminator="kind")]
"""What follows `prior`: the value that its author believes in, or a list of a weight for each value."""
Value = Annotated[_Expression | ListOf | AnyOf, Field(discriminator="kind")]


# ---- statements


class Const(Node):
    kind: Literal["const"] = "const"
    name: Identifier
    value: Value


class Axis(Node):
    """`i in 0..6`: one of the indices of a family of choices."""

    name: Identifier
    domain: Domain


class Indices(Node):
    """`[i in 0..6, j in 0..6 where j > i]`: a choice for each combination for which the condition holds."""

    axes: Annotated[tuple[Axis, ...], Field(min_length=1)]
    where: Expr | None = None


class Param(Node):
    kind: Literal["param"] = "param"
    name: Identifier
    indices: Indices | None = None
    domain: Domain
    prior: Weights | None = None


class Let(Node):
    kind: Literal["let"] = "let"
    name: Identifier
    value: Expr


class Require(Node):
    kind: Literal["require"] = "require"
    condition: Expr


Local = Annotated[Const | Param | Let | Require, Field(discriminator="kind")]

"""The expressions, structures and statements of a file as nodes: frozen Pydantic models with strict validation.

The models hold the meaning of the text, not its layout. Places are kept for messages and the formatter, but neither
equality nor the JSON form includes them. Later stages check that names exist and shapes fit; this one checks only the
form.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sqsem_dsl.ast.fields import Identifier, OneLine, Place, place

_POWERS = {"K": 3, "M": 6, "G": 9}


class Node(BaseModel):
    """A part of a spec. Two nodes are equal if they have the same contents, at any place.

    `span` is the smallest place that shows a problem, usually a name; `whole` goes from the first token to the last,
    without parentheses around an expression.

    Validators are built on first use: the builder makes nodes with `model_construct`, since the grammar has already
    checked their form. So reading a text never waits for the validators that a spec in JSON form needs.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)
    span: Place = place()
    whole: Place = place()

    def parts(self) -> tuple[object, ...]:
        """The contents of the node: the values of its fields without the places."""
        return tuple([getattr(self, name) for name in part_names(type(self))])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.parts() == other.parts()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.parts()))


@cache
def part_names(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a kind of node without the places."""
    return tuple(name for name, info in kind.model_fields.items() if not info.exclude)


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


class Item(Node):
    """`widths[i]`: an entry of a table."""

    kind: Literal["item"] = "item"
    name: Identifier
    indices: Annotated[tuple[Expr, ...], Field(min_length=1)]


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
_Expression = Number | Text | Name | Call | Item | Unary | Binary | Member | Pipe | Structure
Expr = Annotated[_Expression, Field(discriminator="kind")]
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


class Param(Node):
    kind: Literal["param"] = "param"
    name: Identifier
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

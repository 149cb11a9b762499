"""The expressions, structures and statements of a file as nodes: frozen Pydantic models with strict validation.

The models hold the meaning of the text, not its layout. Places are kept for messages and the formatter, but neither
equality nor the JSON form includes them. Later stages check that names exist and shapes fit; this one checks only the
form.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sqsem_dsl.ast.atoms import BinaryOperator as BinaryOperator
from sqsem_dsl.ast.atoms import Every as Every
from sqsem_dsl.ast.atoms import Name as Name
from sqsem_dsl.ast.atoms import Number as Number
from sqsem_dsl.ast.atoms import Text as Text
from sqsem_dsl.ast.fields import Identifier, Place, place
from sqsem_dsl.ast.node import Node as Node

# ---- expressions


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
    """The contents of braces: stages, or statements and then `out`; `more` are the values after the first, in a repeat
    that carries several tensors."""

    statements: tuple[Local, ...] = ()
    out: Expr
    more: tuple[Expr, ...] = ()

    @property
    def outs(self) -> tuple[Expr, ...]:
        """All values."""
        return (self.out, *self.more)


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


class Carried(Node):
    """`NAME = tensor` after `carry`: a name in the body of a repeat, and its tensor in the first iteration."""

    name: Identifier
    value: Expr


class Repeat(Node):
    """`repeat NAME in DOMAIN as i { … }` (`name` and `domain`) or `repeat COUNT as i { … }` (`count`).

    With `carry`, it hands on the tensors `carried` from iteration to iteration, instead of one that flows in.
    """

    kind: Literal["repeat"] = "repeat"
    name: Identifier | None = None
    domain: Domain | None = None
    prior: Weights | None = None
    count: Expr | None = None
    index: Identifier | None = None
    index_span: Place = place()
    carried: tuple[Carried, ...] = ()
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


class LetSeveral(Node):
    """`let a, b = repeat … carry … { … }`: the tensors that a repeat carries, after its last iteration."""

    kind: Literal["lets"] = "lets"
    names: Annotated[tuple[Identifier, ...], Field(min_length=2)]
    name_spans: tuple[Place, ...] = Field(default=(), exclude=True, repr=False)
    value: Expr


class Require(Node):
    kind: Literal["require"] = "require"
    condition: Expr


Local = Annotated[Const | Param | Let | LetSeveral | Require, Field(discriminator="kind")]

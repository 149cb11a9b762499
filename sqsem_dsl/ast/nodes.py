"""The contents of a file as nodes: frozen Pydantic models with strict validation.

The models hold the meaning of the text, not its layout. Places are kept for messages and the formatter, but neither
equality nor the JSON form includes them. Later stages check that names exist and shapes fit; this one checks only the
form.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from sqsem_dsl.diagnostics.source import NOWHERE, Span

RESERVED = frozenset(
    [
        "any",
        "slot",
        "optional",
        "choose",
        "pick",
        "repeat",
        "bypass",
        "if",
        "else",
        "in",
        "as",
        "or",
        "and",
        "not",
        "const",
        "let",
        "param",
        "require",
        "out",
    ]
)
"""Words that cannot be names: the grammar excludes them from NAME."""

_POWERS = {"K": 3, "M": 6, "G": 9}


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"`{name}` is a keyword")
    return name


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_reserved)]
OneLine = Annotated[str, StringConstraints(pattern=r'^[^"\n]*$')]


def _no_place(value: object) -> Span:
    raise PydanticCustomError("extra_forbidden", "a spec in JSON form has no places")


Place = SkipJsonSchema[Annotated[Span, PlainValidator(_no_place)]]


def _place() -> Any:
    """A field for a place, which only the builder sets."""
    return Field(default=NOWHERE, exclude=True, repr=False)


class Node(BaseModel):
    """A part of a spec. Two nodes are equal if they have the same contents, at any place.

    `span` is the smallest place that shows a problem, usually a name; `whole` goes from the first token to the last,
    without parentheses around an expression.

    Validators are built on first use: the builder makes nodes with `model_construct`, since the grammar has already
    checked their form. So reading a text never waits for the validators that a spec in JSON form needs.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)
    span: Place = _place()
    whole: Place = _place()

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
    body: Body


class OptionalInput(Node):
    kind: Literal["optional"] = "optional"
    name: Identifier
    body: Body


class Alternative(Node):
    name: Identifier
    body: Body


class Choose(Node):
    kind: Literal["choose"] = "choose"
    name: Identifier
    alternatives: Annotated[tuple[Alternative, ...], Field(min_length=1)]


class Pick(Node):
    kind: Literal["pick"] = "pick"
    name: Identifier
    domain: Domain
    alternatives: Annotated[tuple[Alternative, ...], Field(min_length=1)]


class Repeat(Node):
    """`repeat NAME in DOMAIN as i { … }` (`name` and `domain`) or `repeat COUNT as i { … }` (`count`)."""

    kind: Literal["repeat"] = "repeat"
    name: Identifier | None = None
    domain: Domain | None = None
    count: Expr | None = None
    index: Identifier | None = None
    index_span: Place = _place()
    body: Body


class Bypass(Node):
    """`bypass NAME in [modes] { … }`, or `bypass MODE { … }` with `domain` None and the mode in `name`."""

    kind: Literal["bypass"] = "bypass"
    name: Identifier
    domain: Domain | None = None
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


Expr = Annotated[
    Number
    | Text
    | Name
    | Call
    | Item
    | Unary
    | Binary
    | Member
    | Pipe
    | Slot
    | OptionalInput
    | Choose
    | Pick
    | Repeat
    | Bypass
    | When,
    Field(discriminator="kind"),
]
Stage = Annotated[
    Name | Call | Slot | OptionalInput | Choose | Pick | Repeat | Bypass | When | Group, Field(discriminator="kind")
]
Domain = Annotated[ListOf | Range, Field(discriminator="kind")]
Value = Annotated[
    Number
    | Text
    | Name
    | Call
    | Item
    | Unary
    | Binary
    | Member
    | Pipe
    | Slot
    | OptionalInput
    | Choose
    | Pick
    | Repeat
    | Bypass
    | When
    | ListOf
    | AnyOf,
    Field(discriminator="kind"),
]
Structure = Slot | OptionalInput | Choose | Pick | Repeat | Bypass | When


# ---- statements


class Const(Node):
    kind: Literal["const"] = "const"
    name: Identifier
    value: Value


class Param(Node):
    kind: Literal["param"] = "param"
    name: Identifier
    domain: Domain


class Let(Node):
    kind: Literal["let"] = "let"
    name: Identifier
    value: Expr


class Require(Node):
    kind: Literal["require"] = "require"
    condition: Expr


Local = Annotated[Const | Param | Let | Require, Field(discriminator="kind")]


class Input(Node):
    kind: Literal["input"] = "input"
    name: Identifier
    shape: ListOf


class Output(Node):
    kind: Literal["output"] = "output"
    name: Identifier
    value: Expr


class Formal(Node):
    name: Identifier
    type: Identifier | None = None
    default: Expr | None = None


class Block(Node):
    """A template. `sharing`: None, `shared` (one set of choices) or `tied` (one set of choices and weights)."""

    kind: Literal["block"] = "block"
    name: Identifier
    sharing: Literal["shared", "tied"] | None = None
    formals: Annotated[tuple[Formal, ...], Field(min_length=1)]
    doc: OneLine | None = None
    body: Body


class Setting(Node):
    """`name = value`, or `name.qualifier = value` for that of one output."""

    name: Identifier
    qualifier: Identifier | None = None
    value: Value


class Settings(Node):
    kind: Literal["settings"] = "settings"
    section: Literal["train", "search", "meta"]
    settings: tuple[Setting, ...] = ()


Item_ = Annotated[Input | Output | Const | Param | Let | Require | Block | Settings, Field(discriminator="kind")]


class Space(Node):
    kind: Literal["space"] = "space"
    name: Identifier
    doc: OneLine | None = None
    items: tuple[Item_, ...] = ()


class Use(Node):
    """`use a, b from std` (`library`) or `use a from "path.sqs"` (`path`)."""

    names: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    library: Identifier | None = None
    path: OneLine | None = None
    name_spans: tuple[Place, ...] = Field(default=(), exclude=True, repr=False)
    origin_span: Place = _place()


Definition = Annotated[Space | Block, Field(discriminator="kind")]


class Spec(Node):
    """A whole file."""

    version: str | None = None
    uses: tuple[Use, ...] = ()
    definitions: tuple[Definition, ...] = ()


def model_types() -> list[type[Node]]:
    """Every node type, for the tests and the schema."""
    found: list[type[Node]] = []
    pending: list[Any] = [Node]
    while pending:
        for cls in pending.pop().__subclasses__():
            found.append(cls)
            pending.append(cls)
    return found

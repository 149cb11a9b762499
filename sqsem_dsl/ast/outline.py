"""The outer part of a file as nodes: its spaces and blocks, with their inputs, outputs and settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sqsem_dsl.ast.fields import Identifier, OneLine, Place, place
from sqsem_dsl.ast.nodes import Body, Const, Expr, Let, LetSeveral, ListOf, Node, Param, Require, Value


class Input(Node):
    kind: Literal["input"] = "input"
    name: Identifier
    shape: ListOf
    below: Expr | None = None
    """For an input of whole numbers: what all are below."""
    padded: bool = False
    """Whether samples are sequences of at most this length."""


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


Entry = Annotated[
    Input | Output | Const | Param | Let | LetSeveral | Require | Block | Settings, Field(discriminator="kind")
]


class Space(Node):
    kind: Literal["space"] = "space"
    name: Identifier
    doc: OneLine | None = None
    items: tuple[Entry, ...] = ()


class Use(Node):
    """`use a, b from std` (`library`) or `use a from "path.sqs"` (`path`)."""

    names: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    library: Identifier | None = None
    path: OneLine | None = None
    name_spans: tuple[Place, ...] = Field(default=(), exclude=True, repr=False)
    origin_span: Place = place()


Definition = Annotated[Space | Block, Field(discriminator="kind")]


class Spec(Node):
    """A whole file."""

    version: str | None = None
    uses: tuple[Use, ...] = ()
    definitions: tuple[Definition, ...] = ()

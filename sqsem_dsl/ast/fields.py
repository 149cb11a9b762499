"""The types of fields that many nodes have: names, texts and places."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, StringConstraints
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from sqsem_dsl.diagnostics.source import NOWHERE, Span

RESERVED = frozenset({
    "any", "slot", "optional", "choose", "pick", "repeat", "bypass", "if", "else", "in", "as", "or", "and", "not",
    "const", "let", "param", "require", "out",
})  # fmt: skip
"""Words that cannot be names: the grammar excludes them from NAME."""


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"`{name}` is a keyword")
    return name


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_reserved)]
OneLine = Annotated[str, StringConstraints(pattern=r'^[^"\n]*$')]


def _no_place(value: object) -> Span:
    raise PydanticCustomError("extra_forbidden", "a spec in JSON form has no places")


Place = SkipJsonSchema[Annotated[Span, PlainValidator(_no_place)]]


def place() -> Any:
    """A field for a place, which only the builder sets."""
    return Field(default=NOWHERE, exclude=True, repr=False)

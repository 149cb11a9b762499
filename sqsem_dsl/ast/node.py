"""The base of all nodes."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict

from sqsem_dsl.ast.fields import Place, place


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

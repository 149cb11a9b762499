"""The symbols of a file's own: names in its domains that mean nothing else, as in `param kind in [plain, gated]`."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.elaborate.vocabulary import RESERVED, known_symbols
from sqsem_dsl.ir.scalars import AXES
from sqsem_dsl.operators import TABLE
from sqsem_dsl.syntax.maybe import HOLE

_Binding = outline.Input | outline.Formal | nodes.Const | nodes.Param | nodes.Axis | nodes.Let | nodes.Carried


def own_symbols(spec: outline.Spec) -> frozenset[str]:
    """The names in lists of names alone, after `param … in` and in an `any` for a block, that the file binds nowhere.

    The name of a block may be one of them: a block is not a value, so that it is clear what is meant.
    """
    listed = frozenset(_listed(spec)).difference(RESERVED, known_symbols(), AXES, (HOLE,))
    return listed.difference(_bound(spec)) if listed else listed


def names_alone(domain: nodes.Domain) -> tuple[str, ...] | None:
    """The names in a list of names alone; None for any other domain."""
    if not isinstance(domain, nodes.ListOf):
        return None
    names = tuple(item.name for item in domain.items if isinstance(item, nodes.Name) and item.label is None)
    return names if len(names) == len(domain.items) else None


def _listed(part: object) -> Iterator[str]:
    match part:
        case outline.Settings():
            return
        case nodes.Param(domain=domain) | nodes.AnyOf(domain=domain):
            yield from names_alone(domain) or ()
        case nodes.Call(name=name, arguments=arguments) if name in TABLE or name == "merge":
            # An `any` here is of the operator's own symbols.
            yield from _listed(tuple(each.value for each in arguments if not isinstance(each.value, nodes.AnyOf)))
            return
        case _:
            pass
    for each in part.parts() if isinstance(part, nodes.Node) else part if isinstance(part, tuple) else ():
        yield from _listed(each)


def _bound(part: object) -> Iterator[str]:
    if isinstance(part, _Binding):
        yield part.name
    elif isinstance(part, nodes.LetSeveral):
        yield from part.names
    elif isinstance(part, nodes.Repeat):
        names = (part.name if part.domain is not None else None, part.index)
        yield from (each for each in names if each is not None)
    for each in part.parts() if isinstance(part, nodes.Node) else part if isinstance(part, tuple) else ():
        yield from _bound(each)

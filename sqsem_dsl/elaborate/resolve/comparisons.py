"""Comparisons of a parameter with symbols: each must be in its domain."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.names import NotInDomain
from sqsem_dsl.elaborate.resolve.names import Names, Resolver
from sqsem_dsl.elaborate.vocabulary import RESERVED, known_symbols


def symbols_outside(resolver: Resolver, sides: Sequence[nodes.Value], names: Names) -> tuple[nodes.Value, ...]:
    """Reports the sides of a comparison that are names without a meaning in the domain of a parameter on another side,
    and returns them.

    A symbol of an operator may be compared with any parameter: it means something, and the comparison is false.
    """
    param = next((s.name for s in sides if isinstance(s, nodes.Name) and names.domains.get(s.name)), None)
    if param is None:
        return ()
    found: list[nodes.Value] = []
    for side in sides:
        if not isinstance(side, nodes.Name) or side.name in names.domains[param]:
            continue
        if _means_nothing(resolver, side.name, names):
            resolver.found.append(NotInDomain(side.span, side.name, param, names.domains[param]))
            found.append(side)
    return tuple(found)


def _means_nothing(resolver: Resolver, name: str, names: Names) -> bool:
    """Whether a name is bound to nothing, and is a symbol of the file's own at most."""
    if name in names.values or name in RESERVED or name in known_symbols() or resolver.maybe.value(name):
        return False
    return name in names.symbols or name not in names.blocks

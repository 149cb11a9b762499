"""Scalars of which a state has every choice: computed at once, without a frontier for each function and argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqsem_dsl.ir.graph import Apply, Const, Draw, Item, ItemId
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.scalars import binary, compute
from sqsem_dsl.operators.row import Value

Reader = Callable[[Mapping[int, Any]], Value]
"""Returns the value of a scalar, given the slots by key. Raises `KeyError` if a choice is not decided yet."""


@dataclass(frozen=True, slots=True)
class KnownScalar:
    """A scalar of functions, constants and choices that other items read, too: each choice is read from its slot."""

    read: Reader
    draws: frozenset[ItemId]
    functions: int
    """Its functions, and below the items that are read more than once: each as often as an evaluation meets it."""
    shared: int


class KnownScalars:
    """The scalars of a graph that may be computed at once."""

    def __init__(self, items: Sequence[Item], liveness: Liveness) -> None:
        self._items, self._liveness = items, liveness
        self._known: dict[ItemId, KnownScalar | None] = {}

    def of(self, item: ItemId) -> KnownScalar | None:
        """None if it reads a tensor, has conditions, is kept in a slot, or reads a choice that nothing else reads."""
        if item not in self._known:
            self._known[item] = self._made(item)
        return self._known[item]

    def _made(self, item: ItemId) -> KnownScalar | None:
        shared = self._liveness.shared(item)
        match self._items[item]:
            case Const(value=value):
                return KnownScalar(lambda slots: value, frozenset(), 0, 0)
            case Draw() if shared:
                return KnownScalar(lambda slots: slots[item], frozenset((item,)), 0, 1)
            case Apply(function=function, arguments=arguments) if item not in self._liveness.heavy:
                below = [known for argument in arguments if (known := self.of(argument)) is not None]
                if len(below) < len(arguments):
                    return None
                return KnownScalar(
                    _reader(function, [known.read for known in below]),
                    frozenset().union(*(known.draws for known in below)),
                    1 + sum(known.functions for known in below),
                    shared + sum(known.shared for known in below),
                )
            case _:
                return None


def _reader(function: str, arguments: Sequence[Reader]) -> Reader:
    if len(arguments) == 2:
        left, right = arguments
        both = binary(function)
        return lambda slots: both(left(slots), right(slots))
    return lambda slots: compute(function, tuple([read(slots) for read in arguments]))

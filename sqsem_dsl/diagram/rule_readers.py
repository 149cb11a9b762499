"""The scalars of rules as functions that read them from the slots of a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set

from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Const, Dim, Draw, If, Input, Item, ItemId, Tally
from sqsem_dsl.ir.scalars import binary, compute

Reader = Callable[[Mapping[int, object], dict[ItemId, object]], object]
"""Returns the value of a scalar, given the slots by key and the heavy scalars computed so far."""


class Failed(Exception):
    """A rule reads a tensor that failed, or a size that the tensor does not have."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(fault)
        self.fault = fault


class Readers:
    """Makes these functions. `dimension` returns the size of a tensor for a `Dim`."""

    def __init__(self, items: Sequence[Item], dimension: Callable[[Dim, object], object], heavy: Set[ItemId]) -> None:
        self.items, self.dimension, self.heavy = items, dimension, heavy
        self._known: dict[ItemId, Reader] = {}

    def of(self, item: ItemId) -> Reader:
        """The function for a scalar; built once, since a rule is read in many states."""
        reader = self._known.get(item)
        if reader is None:
            reader = self._known[item] = self._reader(item)
            if item in self.heavy:
                reader = self._known[item] = _once(item, reader)
        return reader

    def _reader(self, item: ItemId) -> Reader:
        match self.items[item]:
            case Const(value=value):
                return lambda known, worked: value
            case Draw():
                return lambda known, worked: known[item]
            case Apply(function=function, arguments=arguments):
                readers = tuple(self.of(argument) for argument in arguments)
                if len(readers) == 2:
                    left, right = readers
                    both = binary(function)
                    return lambda k, w: both(left(k, w), right(k, w))  # type: ignore[arg-type]
                return lambda k, w: compute(function, tuple([each(k, w) for each in readers]))  # type: ignore[misc]
            case If(test=test, then=then, other=other):
                asked, yes, no = self.of(test), self.of(then), self.of(other)
                return lambda known, worked: (yes if asked(known, worked) is True else no)(known, worked)
            case Dim(of=of) as dim:
                return lambda known, worked: self._size(dim, of, known)
            case Tally():
                return lambda known, worked: _total(known[item])
            case _:
                return lambda known, worked: None

    def _size(self, dim: Dim, of: ItemId, known: Mapping[int, object]) -> int:
        node = self.items[of]
        size = self.dimension(dim, node.shape if isinstance(node, Input) else known[of])
        if not isinstance(size, int):
            raise Failed(size if isinstance(size, Fault) else None)
        return size


def _total(value: object) -> object:
    """The total of a tally, or the reason why it has none, raised."""
    if isinstance(value, Exception):
        raise value
    return value


def _once(item: ItemId, reader: Reader) -> Reader:
    """The values that take many steps, computed once in each state."""

    def read(known: Mapping[int, object], worked: dict[ItemId, object]) -> object:
        if item not in worked:
            worked[item] = reader(known, worked)
        return worked[item]

    return read

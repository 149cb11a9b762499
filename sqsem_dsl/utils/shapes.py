"""Shapes of tensors, channels last and without the batch axis; those of whole numbers also have a bound."""

from __future__ import annotations

from collections.abc import Iterable

Shape = tuple[int, ...]


class WholeShape(Shape):
    """The shape of a tensor of whole numbers, each at least 0 and less than `below`. It is not equal to the shape of a
    tensor of other numbers.

    >>> WholeShape((64,), 20_000) == (64,), WholeShape((64,), 20_000) == WholeShape((64,), 20_000)
    (False, True)
    """

    below: int

    def __new__(cls, extents: Iterable[int], below: int) -> WholeShape:
        made = super().__new__(cls, extents)
        made.below = below
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WholeShape) and self.below == other.below and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((tuple(self), self.below))

    def __repr__(self) -> str:
        return f"WholeShape({super().__repr__()}, {self.below})"

    def __reduce__(self) -> tuple[type[WholeShape], tuple[Shape, int]]:
        return WholeShape, (tuple(self), self.below)

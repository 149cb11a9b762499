"""What the reduced network keeps of an operator, as far as its own tensors decide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqsem_dsl.network.normalize import does_nothing, spelled
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.row import Attributes, Shape

_OF_ONE = frozenset(["add", "average", "maximum", "multiply"])
"""Operators that return a single tensor as it is. Zeros of one shape are one layer, so that an average or a maximum of
them is it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A layer, spelled in normal form, and the positions of the tensors whose values it reads."""

    operator: str
    attributes: Attributes
    reads: tuple[int, ...]


def kept(operator: str, attributes: Attributes, shapes: Sequence[Shape], zero: Sequence[bool]) -> Kept | int | None:
    """The layer that is kept of an operator with complete attributes, given the shapes of its tensors and which of them
    are all zeros. If none is: the position of the tensor that it returns, or None if its values are all zero.

    Rules that compare an operator with its neighbors (`reduce`) are left out: a ReLU after a ReLU counts twice here.
    """
    reads = tuple(range(len(shapes)))
    if operator == "zero":
        return None
    if operator in TABLE:
        operator, attributes = spelled(operator, attributes, tuple(shapes))
        if does_nothing(operator, attributes, tuple(shapes)):
            return 0
        if operator == "broadcast_like":
            reads = reads[:1]  # it reads only the shape of the other tensor
        if operator == "add":
            reads = tuple(at for at in reads if not zero[at])
        same = operator in ("average", "maximum")
        if all(zero[at] for at in reads) and (same or TABLE[operator].keeps_zero(attributes)):
            return None
    if operator in _OF_ONE and len(reads) == 1:
        return reads[0]
    return Kept(operator, attributes, reads)

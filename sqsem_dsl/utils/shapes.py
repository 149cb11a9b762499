"""Shapes of tensors, channels last and without the batch axis: plain ones, those of whole numbers, and those of
sequences that are padded to one length.

A shape of one kind is never equal to a shape of another kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import nan
from typing import Any, TypeVar

from sqsem_dsl.utils.numbers import exactly

Shape = tuple[int, ...]
Made = TypeVar("Made", bound="_Marked")


class _Marked(Shape):
    """A shape with further facts, all of which count when shapes are compared."""

    facts: tuple[Any, ...]

    @classmethod
    def _made(cls: type[Made], extents: Iterable[int], facts: tuple[Any, ...]) -> Made:
        made = super().__new__(cls, extents)
        made.facts = facts
        return made

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.facts == other.facts and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((tuple(self), self.facts))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, (tuple(self), *self.facts)))})"

    def __reduce__(self) -> tuple[type[_Marked], tuple[Any, ...]]:
        return type(self), (tuple(self), *self.facts)


class WholeShape(_Marked):
    """The shape of a tensor of whole numbers, each at least 0 and less than `below`. `padded` names the input, if it is
    one of padded sequences.

    >>> WholeShape((64,), 20_000) == (64,), WholeShape((64,), 20_000) == WholeShape((64,), 20_000)
    (False, True)
    """

    def __new__(cls, extents: Iterable[int], below: int, padded: str | None = None) -> WholeShape:
        return cls._made(extents, (below, padded))

    @property
    def below(self) -> int:
        return int(self.facts[0])

    @property
    def padded(self) -> str | None:
        found: str | None = self.facts[1]
        return found


class PaddedShape(_Marked):
    """The shape of a tensor of padded sequences, `[length, channels]`: of those of the input `source`, with every
    `factor`-th place left."""

    def __new__(cls, extents: Iterable[int], source: str, factor: int = 1) -> PaddedShape:
        return cls._made(extents, (source, factor))

    @property
    def source(self) -> str:
        return str(self.facts[0])

    @property
    def factor(self) -> int:
        return int(self.facts[1])

    @property
    def mark(self) -> tuple[str, int]:
        """Tensors with equal marks have padding in the same places."""
        return self.source, self.factor


def facts(shape: Shape) -> str:
    """What a shape says beside its extents, as the language writes it: ` below 20K padded`; empty for most."""
    below = f" below {exactly(shape.below)}" if isinstance(shape, WholeShape) else ""
    return below + (" padded" if is_padded(shape) else "")


def is_padded(shape: Shape) -> bool:
    """Whether samples are sequences of different lengths."""
    return isinstance(shape, PaddedShape) or (isinstance(shape, WholeShape) and shape.padded is not None)


def input_facts(inputs: Mapping[str, Shape]) -> dict[str, Any]:
    """As plain data, what shapes of inputs say beside their extents: `below`, the bound of each input of whole numbers,
    and `padded`, the inputs of padded sequences. Nothing that no input has."""
    below = {name: shape.below for name, shape in inputs.items() if isinstance(shape, WholeShape)}
    padded = [name for name, shape in inputs.items() if is_padded(shape)]
    return {**({"below": below} if below else {}), **({"padded": padded} if padded else {})}


def padding_of(shape: Shape) -> float:
    """The value of the places after the end of a sequence: NaN, or -1 for whole numbers."""
    return -1 if isinstance(shape, WholeShape) else nan

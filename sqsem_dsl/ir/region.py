"""The structure of a space as written: the body of a block, a structure or an iteration in which each tensor is made.

The graph says what a tensor is computed from. It does not say that a `conv` and a `relu` belong to one use of a block;
regions do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.path import Path

RegionKind = Literal["space", "call", "slot", "optional", "alternative", "iteration"]
"""The kind of a body: the space itself, a use of a block, a `slot`, an `optional`, an alternative of a `choose` or a
`pick`, an iteration of a `repeat`."""


@dataclass(frozen=True, slots=True)
class Region:
    """An elaborated body. `path` is the position of its layers; `span` is its text, or the use of its block."""

    kind: RegionKind
    path: Path
    span: Span
    items: tuple[int, ...]
    """The tensors made in this region but in none of its inner regions, by their position in the graph."""
    regions: tuple[Region, ...]

    @property
    def name(self) -> str:
        """The name of the block here, of the structure, or of the alternative."""
        return self.path.name

    def all_items(self) -> Iterator[int]:
        """The tensors of this region and of all its inner regions."""
        yield from self.items
        for region in self.regions:
            yield from region.all_items()

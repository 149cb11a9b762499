"""The structure of a space as it is written: which body of a block, a structure or an iteration each tensor is made in.

The graph says what a tensor is computed from. That a `conv` and a `relu` are one use of a block, the graph does not
say: regions do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.path import Path

RegionKind = Literal["space", "call", "slot", "optional", "alternative", "iteration"]
"""The space itself, or what a body is of: a use of a block, a `slot`, an `optional`, an alternative of a `choose` or a
`pick`, an iteration of a `repeat`."""


@dataclass(frozen=True, slots=True)
class Region:
    """A body that was elaborated. `path` is where its layers stand; `span` is where it is written, or where its block
    is used."""

    kind: RegionKind
    path: Path
    span: Span
    items: tuple[int, ...]
    """The tensors that are made in it and in no region of it, by their place in the graph."""
    regions: tuple[Region, ...]

    @property
    def name(self) -> str:
        """What the block is called here, the structure, or the alternative."""
        return self.path.name

    def all_items(self) -> Iterator[int]:
        """The tensors of it and of all regions in it."""
        yield from self.items
        for region in self.regions:
            yield from region.all_items()

"""The regions of a space during elaboration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.graph import Item, ItemId, Tensor
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.region import Region, RegionKind


@dataclass(slots=True)
class _Open:
    """A region whose body is being elaborated."""

    items: list[ItemId] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)

    def closed(self, kind: RegionKind, path: Path, span: Span) -> Region:
        return Region(kind, path, span, tuple(self.items), tuple(self.regions))


class Regions:
    """Tracks the region being elaborated and its enclosing regions."""

    def __init__(self) -> None:
        self._open = [_Open()]

    def note(self, number: ItemId, item: Item) -> None:
        """Adds a tensor to the current region."""
        if isinstance(item, Tensor):
            self._open[-1].items.append(number)

    @contextmanager
    def inside(self, kind: RegionKind, path: Path, span: Span) -> Iterator[None]:
        """Opens a region for the items made inside the `with` block. A region without a tensor is dropped."""
        self._open.append(_Open())
        yield
        made = self._open.pop()
        if made.items or made.regions:
            self._open[-1].regions.append(made.closed(kind, path, span))

    def whole(self, span: Span) -> Region:
        """The region of the space."""
        return self._open[0].closed("space", Path(()), span)

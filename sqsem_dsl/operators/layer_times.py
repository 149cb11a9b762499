"""The measured times of layers, by which the latency of a network is known before it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqsem_dsl.diagnostics.source import NOWHERE, Span

COLUMNS = ("layer", "inputs", "output", "microseconds", "spread", "device")
"""The columns of a table. `spread` is half the distance of the quartiles of the runs, in microseconds."""
LayerKey = tuple[str, str, str]
"""A layer as a table names it: the operator with its arguments, the shapes of its inputs, and the shape of its
output."""


@dataclass(frozen=True)
class LayerTimes:
    """A table of measured layers."""

    path: str
    """The file, as the spec names it."""
    nanoseconds: Mapping[LayerKey, int]
    devices: tuple[str, ...] = ()
    """What the layers were measured on."""
    text: str = field(default="", repr=False)
    """The content of the file, for a study that keeps its sources."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    """Where the spec names it."""

    def of(self, key: LayerKey) -> int:
        """The time of a layer in nanoseconds; 0 for one that the table lacks."""
        return self.nanoseconds.get(key, 0)

"""The table of measured layers, by which `latency` is known (SQS945 to SQS948)."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.latency import Latency

SHOWN_LAYERS, SHOWN_FAULTS = 5, 20
"""The layers and the faults of a table that a message names."""


class NoLayerTimes(Diagnostic, code="SQS945"):
    """A budget, an objective or a condition on `latency` without a table of measured layers."""

    what: Literal["budget", "objective", "condition"]

    @property
    def title(self) -> str:
        return f"{'an' if self.what == 'objective' else 'a'} {self.what} on `latency` needs a table of measured layers"

    @property
    def help(self) -> str:
        spec = "SPEC" if self.what == "condition" or self.span == NOWHERE else self.span.source.name
        written = 'search { latency = table("board.csv") }'
        return f"measure the layers with `sqsem measure {spec} -o board.csv`, and write `{written}`"


class LayersNotMeasured(Diagnostic, code="SQS946"):
    """Layers of a space that its table of measured layers lacks."""

    path: str
    layers: tuple[tuple[str, str, str], ...]
    """Operator with arguments, shapes of the inputs, and shape of the output."""
    spec: str

    @classmethod
    def of(cls, latency: Latency) -> LayersNotMeasured:
        """Those of one network, which only a space has that is too large for the analysis of costs: in others, they are
        an error of the spec."""
        missing = tuple(kind.key for kind in latency.missing)
        return cls(latency.span, latency.table, missing, latency.span.source.name)

    @property
    def title(self) -> str:
        count = len(self.layers)
        return f"`{self.path}` lacks {count} layer{'s' if count > 1 else ''} of the space"

    @property
    def help(self) -> str:
        file = PurePath(self.spec).parent / self.path
        return f"measure them on the same device: `sqsem measure {self.spec} -o {file}` adds what is missing"

    @property
    def note(self) -> str:
        shown = [f"`{layer}` on {inputs}, which gives {output}" for layer, inputs, output in self.layers[:SHOWN_LAYERS]]
        more = len(self.layers) - len(shown)
        return "; ".join([*shown, *([f"and {more} more"] if more else [])])


class BadLayerTimes(Diagnostic, code="SQS947"):
    """A table of measured layers with faults."""

    path: str
    faults: tuple[tuple[int, str, str], ...]
    """Lines, from 1, with the column and what is wrong."""

    help = "a line has `layer`, `inputs`, `output` and `microseconds`, as `sqsem measure` writes them"

    @property
    def title(self) -> str:
        count = len(self.faults)
        return f"`{self.path}` is not a table of measured layers: {count} fault{'s' if count > 1 else ''}"

    @property
    def note(self) -> str:
        shown = [f"line {line}, `{column}`: {wrong}" for line, column, wrong in self.faults[:SHOWN_FAULTS]]
        more = len(self.faults) - len(shown)
        return "; ".join([*shown, *([f"and {more} more"] if more else [])])


class UnreadableLayerTimes(Diagnostic, code="SQS948"):
    """A table of measured layers that cannot be read."""

    path: str
    reason: str

    absent: bool = False
    """Whether there is no such file, and it could be made there."""

    title = "cannot read the table `{path}`: {reason}"

    @property
    def help(self) -> str:
        if self.absent:
            spec = self.span.source.name
            return f"`sqsem measure {spec} -o {PurePath(spec).parent / self.path}` makes it"
        return "name a CSV file in the folder of this spec or below it; `sqsem measure SPEC -o FILE` makes one"

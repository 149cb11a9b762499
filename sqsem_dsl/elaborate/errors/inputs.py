"""Choices in the shapes of inputs (SQS215 to SQS216)."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class ChosenExtent(Diagnostic, code="SQS215"):
    """A choice in the shape of an input that is not an image, or of the number of channels."""

    name: str
    reason: str

    title = "an extent of the input `{name}` is chosen, but {reason}"
    label = "this depends on a choice"
    help = "only the height and the width of an image, `[height, width, channels]`, can be chosen: write a number here"


class UnknownResolution(Diagnostic, code="SQS216"):
    """A resolution whose values are not known before the network is evaluated."""

    name: str
    reads_size: bool

    title = "the possible resolutions of the input `{name}` are not known"
    help = "name the choice, `param r in [96, 128, 160]`, and write `[r, r, 3]`"

    @property
    def label(self) -> str:
        return "this reads the size of a tensor" if self.reads_size else "its choices have too many combinations"

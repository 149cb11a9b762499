"""Errors in inputs of whole numbers."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.utils.numbers import exactly


class WholeRange(Diagnostic, code="SQS918"):
    """A value that is not a whole number from 0 to the bound of its input."""

    name: str
    value: str
    sample: int
    below: int
    count: int
    """Values that are outside, in all samples."""
    largest: int | None
    """The largest value, if all are whole numbers of at least 0."""

    @property
    def title(self) -> str:
        return (
            f"`{self.name}` has the value {self.value} in sample {self.sample}, but whole numbers from 0 to "
            f"{self.below - 1:,} are expected"
        )

    @property
    def help(self) -> str:
        if self.largest is None:
            return "number the categories from 0, or remove `below` from the input if its numbers are quantities"
        return (
            f"write `below {exactly(self.largest + 1).replace(',', '')}` in the spec, or give all numbers beyond the "
            "bound one number below it"
        )

    @property
    def note(self) -> str | None:
        return f"{self.count:,} values are outside" if self.count > 1 else None

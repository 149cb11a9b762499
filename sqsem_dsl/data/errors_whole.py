"""Errors in inputs of whole numbers and of padded sequences."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class WholeRange(Diagnostic, code="SQS918"):
    """A value that is not a whole number from 0 to the bound of its input."""

    data: str
    name: str
    value: str
    sample: int
    below: int
    count: int
    """Values that are outside, in all samples."""
    largest: int | None
    """The largest value, if all are whole numbers of at least 0."""
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    @property
    def title(self) -> str:
        return (
            f"`{self.name}` of `{self.data}` has the value {self.value} in sample {self.sample}, but whole numbers "
            f"from 0 to {self.below - 1:,} are expected"
        )

    @property
    def help(self) -> str:
        if self.trained and self.largest is None:
            return "number the categories from 0, as in the data of the search"
        if self.trained:
            return (
                f"give the numbers as in the data of the search: the model was trained with those below {self.below:,}"
            )
        if self.largest is None:
            return "number the categories from 0, or remove `below` from the input if its numbers are quantities"
        return f"write `below {self.largest + 1}` in the spec, or give all numbers beyond the bound one number below it"

    @property
    def note(self) -> str | None:
        return f"{self.count:,} values are outside" if self.count > 1 else None


class ManyCategories(Diagnostic, code="SQS919"):
    """A column of categories for which the bound of an input of whole numbers is too small."""

    source: str
    name: str
    column: str
    categories: int
    below: int

    title = "`{column}` of `{source}` has {categories} categories, but the numbers of `{name}` are below {below}"

    @property
    def help(self) -> str:
        return (
            f"write `below {self.categories + 1}` in the spec: 0 stands for missing and unknown values, and the "
            "categories are numbered from 1"
        )


class LongSequence(Diagnostic, code="SQS920"):
    """A sequence that is longer than its input."""

    data: str
    name: str
    sample: int
    length: int
    most: int
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    title = "`{name}` of `{data}` has {length} places in sample {sample}, but the input takes at most {most}"

    @property
    def help(self) -> str:
        cut = f"cut the sequences: `x[:{self.most}]`"
        return cut if self.trained else f"declare a length of {self.length} or more in the spec, or {cut}"


class BadSequence(Diagnostic, code="SQS921"):
    """A sequence without places, or lengths that do not fit their array."""

    data: str
    name: str
    reason: str

    title = "`{name}` of `{data}` {reason}"
    help = "a sequence has at least one place; `NAME_length` has the number of places of each sample of `NAME`"

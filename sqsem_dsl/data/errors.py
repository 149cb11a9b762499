"""Errors in data: the expected and the actual value."""

from __future__ import annotations

from collections.abc import Collection
from math import prod
from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Unknown, listing, similar
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.utils.numbers import plural


class DataError(SqsError):
    """Data that cannot be used, as diagnostics without a position."""


def for_trained_model(error: DataError) -> DataError:
    """The same problems for a model that is trained already: their remedies do not change its spec."""
    return DataError(
        type(one)(**{**{name: getattr(one, name) for name in one._fields}, "trained": True})
        if "trained" in one._fields
        else one
        for one in error.diagnostics
    )


class UnknownData(Unknown, code="SQS701"):
    """A name that is neither a built-in data set nor a file of arrays."""

    kind = "data set"
    title = "no data set `{name}`"
    otherwise = "use an `.npz` file, or built-in data: {known:names}"


class UnreadableData(Diagnostic, code="SQS702"):
    """A file that cannot be read as arrays."""

    path: str
    reason: str
    remedy: str = "write it with `numpy.savez(path, NAME = array, …)`, one array for each input and output"

    title = "cannot read `{path}`: {reason}"
    help = "{remedy}"


class MissingArray(Diagnostic, code="SQS703"):
    """An input or output for which the data have no array."""

    data: str
    role: Literal["input", "output"]
    name: str
    found: tuple[str, ...]

    title = "`{data}` has no array for the {role} `{name}`"

    @property
    def help(self) -> str | None:
        near = similar("array", self.name, self.found)
        if near or not self.found:
            return near
        return (
            f"give an array of that name, `{self.name}`; columns of a table are a data frame, "
            "`pandas.DataFrame(…)`, or `csv:FILE`"
        )

    @property
    def note(self) -> str:
        return f"its arrays are {listing(self.found)}" if self.found else "it has no arrays"


class UnequalLengths(Diagnostic, code="SQS704"):
    """Arrays that differ in their number of samples."""

    lengths: tuple[tuple[str, int], ...]

    help = "the first axis of every array is that of the samples"

    @property
    def title(self) -> str:
        found = ", ".join(f"`{name}` has {count}" for name, count in self.lengths)
        return f"the arrays differ in their number of samples: {found}"


class WrongShape(Diagnostic, code="SQS705"):
    """An array whose samples do not have the shape of the space."""

    name: str
    expected: tuple[str, ...]
    """Shapes without the sample axis, as text: `[32, 32, 3]`."""
    found: tuple[int, ...]
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    @property
    def title(self) -> str:
        expected = " or ".join(self.expected)
        return f"the samples of `{self.name}` have the shape {list(self.found)}, but {expected} is expected"

    @property
    def help(self) -> str | None:
        first = self.expected[0]
        if len(self.found) == 3 and first == str([*self.found[1:], self.found[0]]):
            return "channels come last: `array.transpose(0, 2, 3, 1)`"
        if first == f"[{', '.join(str(n) for n in self.found)}, 1]":
            return "the channel axis is missing: `array[..., None]`"
        if len(first) > 2 and first.strip("[]").split(", ")[1:] == list(map(str, self.found)):
            return "if it is one sample, add the axis of samples: `array[None]`"
        if first == str(list(self.found[1:])) != "[]":
            return "it has one axis too many, as a list of one array has: give the array itself"
        if self.trained:
            return "give the samples in the shape of those of the search: the model takes no other"
        sizes = [int(size) for size in first.strip("[]").split(", ") if size.isdigit()]
        if sizes and prod(sizes) != prod(self.found):
            return f"give samples of the shape {first}, or declare the shape {list(self.found)} in the spec"
        return f"reshape the array, or declare the shape {list(self.found)} in the spec"


class WrongType(Diagnostic, code="SQS706"):
    """An array of values that are not numbers, or not of the type that labels need."""

    name: str
    expected: str
    found: str

    title = "`{name}` holds {found}, but {expected} is expected"

    @property
    def help(self) -> str:
        if "nothing in sample" in self.found:
            return "remove the samples without a value, or give them one"
        if self.found.startswith("text"):
            return "give numbers: `array.astype(float)` reads numbers that are written as text"
        return "convert it with `array.astype(…)`"


class NotFinite(Diagnostic, code="SQS707"):
    """Values that are not numbers, infinite, or too large for 32 bits."""

    name: str
    count: int
    sample: int
    too_large: bool = False

    @property
    def title(self) -> str:
        values = "value that is" if self.count == 1 else "values that are"
        what = "too large for 32 bits (above 3.4e38)" if self.too_large else "not a finite number"
        return f"`{self.name}` has {self.count} {values} {what}, the first in sample {self.sample}"

    @property
    def help(self) -> str:
        if self.too_large:
            return "networks compute with 32 bits: give the values in another unit, or their logarithm"
        return "replace them or remove their samples: training cannot recover from them"


class LabelRange(Diagnostic, code="SQS708"):
    """A label outside the classes of its output."""

    name: str
    given: str
    expected: str
    sample: int
    values: tuple[int, ...] = ()
    """All distinct values, if they are whole numbers and at most as many as the classes."""

    title = "`{name}` has the label {given} in sample {sample}, but {expected} is expected"

    @property
    def help(self) -> str:
        shown = ", ".join(map(str, self.values))
        if len(self.values) == 2:
            return f"its values are {shown}: give `{self.name} == {self.values[1]}` instead, which is 0 and 1"
        if self.values:
            return f"its values are {shown}: number them from 0, as `numpy.searchsorted([{shown}], {self.name})` does"
        if self.expected.startswith("a one-hot"):
            return f"an output with `softmax` takes one class for each sample, such as `{self.name}.argmax(axis=-1)`"
        return "number the classes from 0, and give the output one unit per class"


class TooFewSamples(Diagnostic, code="SQS709"):
    """Not enough samples to train, validate and test."""

    data: str
    samples: int
    least: int
    parts: Literal["three sets", "folds"] = "three sets"

    @property
    def title(self) -> str:
        if not self.samples:
            return f"`{self.data}` has no samples"
        found = plural(self.samples, "sample")
        return f"`{self.data}` has {found}, but a split into {self.parts} needs at least {self.least}"

    @property
    def help(self) -> str:
        if not self.samples:
            return "give at least one sample, or as many as there are sets for a search"
        if self.parts == "folds":
            return "use fewer folds, or a larger fraction of the data"
        return "a split has a training, a validation and a test set"


class WrongSpace(Diagnostic, code="SQS710"):
    """A space that does not fit a built-in data set."""

    data: str
    offers: str
    found: str

    title = "`{data}` has {offers}, but the space has {found}"
    help = "provide matching data as an `.npz` file: `--data FILE.npz`"


class MissingDataPackage(Diagnostic, code="SQS711"):
    """The package that provides data, or reads them, is not installed."""

    data: str
    package: str
    install: str
    relation: Literal["come with", "are read with", "are split with"] = "come with"

    title = "the data `{data}` {relation} `{package}`, which is not installed"
    help = "install it with `{install}`"


def missing(data: str, inputs: Collection[str], outputs: Collection[str], found: Collection[str]) -> list[Diagnostic]:
    """A diagnostic for each name that has no array."""
    roles: list[tuple[Literal["input", "output"], Collection[str]]] = [("input", inputs), ("output", outputs)]
    return [
        MissingArray(NOWHERE, data, role, name, tuple(found))
        for role, names in roles
        for name in names
        if name not in found
    ]

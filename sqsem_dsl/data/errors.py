"""What can be wrong with data: always what was expected and what was found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Literal

from sqsem_dsl.diagnostics import Diagnostic, SqsError, listing, similar
from sqsem_dsl.source import NOWHERE


class DataError(SqsError):
    """Data that cannot be used, as diagnostics without a place."""


@dataclass(frozen=True)
class UnknownData(Diagnostic):
    """A name that is neither embedded data nor a file of arrays."""

    code: ClassVar[str] = "SQS701"
    what: str
    embedded: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no data `{self.what}`"

    @property
    def help(self) -> str:
        near = similar("data set", self.what, self.embedded)
        return near or f"name an `.npz` file, or embedded data: {listing(self.embedded)}"


@dataclass(frozen=True)
class UnreadableData(Diagnostic):
    """A file that cannot be read as arrays."""

    code: ClassVar[str] = "SQS702"
    path: str
    reason: str
    remedy: str = "write it with `numpy.savez(path, NAME = array, …)`, one array for each input and output"

    @property
    def title(self) -> str:
        return f"cannot read `{self.path}`: {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class MissingArray(Diagnostic):
    """An input or output for which the data have no array."""

    code: ClassVar[str] = "SQS703"
    data: str
    role: Literal["input", "output"]
    name: str
    found: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`{self.data}` has no array for the {self.role} `{self.name}`"

    @property
    def help(self) -> str | None:
        return similar("array", self.name, self.found)

    @property
    def note(self) -> str:
        return f"its arrays are {listing(self.found)}" if self.found else "it has no arrays"


@dataclass(frozen=True)
class UnequalLengths(Diagnostic):
    """Arrays that differ in their number of samples."""

    code: ClassVar[str] = "SQS704"
    lengths: tuple[tuple[str, int], ...]

    @property
    def title(self) -> str:
        found = ", ".join(f"`{name}` has {count}" for name, count in self.lengths)
        return f"the arrays differ in their number of samples: {found}"

    @property
    def help(self) -> str:
        return "every array holds one entry for each sample on its first axis"


@dataclass(frozen=True)
class WrongShape(Diagnostic):
    """An array whose samples have another shape than the space says."""

    code: ClassVar[str] = "SQS705"
    name: str
    expected: tuple[str, ...]
    """Shapes without the sample axis, as text: `[32, 32, 3]`."""
    found: tuple[int, ...]

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
        return f"reshape the array, or declare the shape {list(self.found)} in the spec"


@dataclass(frozen=True)
class WrongType(Diagnostic):
    """An array of values that are no numbers, or not the kind of number that labels are."""

    code: ClassVar[str] = "SQS706"
    name: str
    expected: str
    found: str

    @property
    def title(self) -> str:
        return f"`{self.name}` holds {self.found}, but {self.expected} is expected"

    @property
    def help(self) -> str | None:
        return "convert it with `array.astype(…)` before saving it"


@dataclass(frozen=True)
class NotFinite(Diagnostic):
    """Values that are not a number, or infinite, or so large that 32 bits do not hold them."""

    code: ClassVar[str] = "SQS707"
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
        return "replace them or leave out their samples: no training can recover from them"


@dataclass(frozen=True)
class LabelRange(Diagnostic):
    """A label outside the classes of its output."""

    code: ClassVar[str] = "SQS708"
    name: str
    given: str
    expected: str
    sample: int
    values: tuple[int, ...] = ()
    """All values, where they are no more than the classes, but other whole numbers than those."""

    @property
    def title(self) -> str:
        return f"`{self.name}` has the label {self.given} in sample {self.sample}, but {self.expected} is expected"

    @property
    def help(self) -> str:
        shown = ", ".join(map(str, self.values))
        if len(self.values) == 2:
            return f"its values are {shown}: save `{self.name} == {self.values[1]}` in its place, which is 0 and 1"
        if self.values:
            return (
                f"its values are {shown}: number them from 0, as "
                f"`numpy.searchsorted([{shown}], {self.name})` does, before saving it"
            )
        return "number the classes from 0, and give the output as many units as there are classes"


@dataclass(frozen=True)
class TooFewSamples(Diagnostic):
    """Not enough samples to train, validate and test."""

    code: ClassVar[str] = "SQS709"
    data: str
    samples: int
    least: int
    parts: Literal["three parts", "folds"] = "three parts"

    @property
    def title(self) -> str:
        return f"`{self.data}` has {self.samples} samples, but a split into {self.parts} needs at least {self.least}"

    @property
    def help(self) -> str:
        if self.parts == "folds":
            return "ask for fewer folds, or for a larger fraction of the data"
        return "the parts are for training, validation and test"


@dataclass(frozen=True)
class WrongSpace(Diagnostic):
    """A space that embedded data cannot serve."""

    code: ClassVar[str] = "SQS710"
    data: str
    offers: str
    found: str

    @property
    def title(self) -> str:
        return f"`{self.data}` has {self.offers}, but the space has {self.found}"

    @property
    def help(self) -> str:
        return "give the data that fit as an `.npz` file: `--data FILE.npz`"


@dataclass(frozen=True)
class MissingDataPackage(Diagnostic):
    """The package that brings data, or reads them, is not installed."""

    code: ClassVar[str] = "SQS711"
    data: str
    package: str
    install: str
    relation: Literal["come with", "are read with"] = "come with"

    @property
    def title(self) -> str:
        return f"the data `{self.data}` {self.relation} `{self.package}`, which is not installed"

    @property
    def help(self) -> str:
        return f"install it with `{self.install}`"


def missing(data: str, inputs: Collection[str], outputs: Collection[str], found: Collection[str]) -> list[Diagnostic]:
    """A diagnostic for each name that has no array."""
    roles: list[tuple[Literal["input", "output"], Collection[str]]] = [("input", inputs), ("output", outputs)]
    return [
        MissingArray(NOWHERE, data, role, name, tuple(found))
        for role, names in roles
        for name in names
        if name not in found
    ]

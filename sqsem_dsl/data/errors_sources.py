"""What can be wrong with where data come from, and with what several sources say of one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, listing, similar


@dataclass(frozen=True)
class DataWords(Diagnostic):
    """Words after `--data` that do not go together."""

    code: ClassVar[str] = "SQS712"
    reason: str

    @property
    def title(self) -> str:
        return f"`--data` cannot be understood: {self.reason}"

    @property
    def help(self) -> str:
        return "give one source for everything, or `NAME=SOURCE` for each input: `image=images:DIR points=csv:FILE`"


@dataclass(frozen=True)
class UnknownKind(Diagnostic):
    """A source that is none of those that can be named."""

    code: ClassVar[str] = "SQS713"
    source: str
    reason: str
    remedy: str = "a source is `images:DIR`, `csv:FILE` or `FILE.npz`"

    @property
    def title(self) -> str:
        return f"`{self.source}` is no source: {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class UnknownName(Diagnostic):
    """A source for what the space does not have."""

    code: ClassVar[str] = "SQS714"
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`--data` has a source for `{self.name}`, but the space has no input or output of that name"

    @property
    def help(self) -> str | None:
        return similar("input or output", self.name, (*self.inputs, *self.outputs))

    @property
    def note(self) -> str:
        return f"its inputs are {listing(self.inputs)}, its outputs {listing(self.outputs)}"


@dataclass(frozen=True)
class NoSource(Diagnostic):
    """An input of the space, perhaps one that is optional in it, that the data do not bring."""

    code: ClassVar[str] = "SQS715"
    name: str
    shape: tuple[int, ...]
    data: str

    @property
    def title(self) -> str:
        return f"`{self.data}` brings nothing for the input `{self.name}` of shape {list(self.shape)}"

    @property
    def help(self) -> str:
        form = "images:DIR" if len(self.shape) == 3 else "csv:FILE"
        return (
            f"give `{self.name}={form}` beside the others; who has no such data removes `input {self.name}` "
            "and what uses it from the spec"
        )


@dataclass(frozen=True)
class NoLabels(Diagnostic):
    """An output of which no source has labels."""

    code: ClassVar[str] = "SQS716"
    name: str
    sources: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"the data have no labels for the output `{self.name}`"

    @property
    def help(self) -> str:
        return (
            f"sort the images into a folder for each class, name a column of a CSV file `{self.name}`, "
            f"or give `{self.name}=csv:FILE`"
        )

    @property
    def note(self) -> str:
        return f"the sources are {listing(self.sources)}"


@dataclass(frozen=True)
class ClassCount(Diagnostic):
    """More or fewer classes than the output has units."""

    code: ClassVar[str] = "SQS717"
    source: str
    output: str
    units: int
    classes: tuple[str, ...]

    @property
    def title(self) -> str:
        found = f"{len(self.classes)} class" + ("es" if len(self.classes) != 1 else "")
        return f"`{self.source}` has {found}, but the output `{self.output}` is for {self.units}"

    @property
    def help(self) -> str:
        return f"give the output {len(self.classes)} units, or keep the data of {self.units} classes"

    @property
    def note(self) -> str:
        return f"its classes are {listing(self.classes)}"


@dataclass(frozen=True)
class NotForClasses(Diagnostic):
    """Classes by name, for an output that is not one of classes."""

    code: ClassVar[str] = "SQS718"
    source: str
    output: str
    shape: tuple[int, ...]

    @property
    def title(self) -> str:
        return (
            f"`{self.source}` has a class for each sample, but the output `{self.output}` of shape "
            f"{list(self.shape)} wants other labels"
        )

    @property
    def help(self) -> str:
        return "one class a sample is for a `dense(classes) -> softmax`, or a `dense(1) -> sigmoid` for two classes"


@dataclass(frozen=True)
class NoIds(Diagnostic):
    """Sources to be matched, some of which have ids and some none."""

    code: ClassVar[str] = "SQS719"
    without: tuple[str, ...]
    having: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{listing(self.without)} cannot be matched with {listing(self.having)}: there are no ids"

    @property
    def help(self) -> str:
        return (
            "add a column `id` (an array `id` of an `.npz` file) that holds the stems of the files, or the other's ids"
        )


@dataclass(frozen=True)
class NoPartner(Diagnostic):
    """Samples of one source that are missing in another."""

    code: ClassVar[str] = "SQS720"
    source: str
    other: str
    lacking: tuple[str, ...]
    total: int

    @property
    def title(self) -> str:
        count = len(self.lacking)
        samples = "samples of" if self.total != 1 else "sample of"
        verb = "have" if count != 1 else "has"
        return f"{count} of the {self.total} {samples} `{self.source}` {verb} no partner in `{self.other}`"

    @property
    def help(self) -> str:
        return "add what is missing, or remove these samples: every sample needs all inputs and labels"

    @property
    def note(self) -> str:
        return f"without a partner: {listing(self.lacking, 6)}"


@dataclass(frozen=True)
class RepeatedId(Diagnostic):
    """Two samples of one source with one id."""

    code: ClassVar[str] = "SQS721"
    source: str
    id: str
    places: tuple[str, ...]
    """Where the id is found: lines or files."""

    @property
    def title(self) -> str:
        return f"`{self.source}` has the id `{self.id}` more than once: {', '.join(self.places)}"

    @property
    def help(self) -> str:
        return "ids are the column `id`, else the first one of text; those of files are their names without the ending"


@dataclass(frozen=True)
class LabelsDisagree(Diagnostic):
    """Two sources that say different things of one sample."""

    code: ClassVar[str] = "SQS722"
    output: str
    sample: str
    sources: tuple[str, str]
    labels: tuple[str, str]
    count: int

    @property
    def title(self) -> str:
        (one, other), (first, second) = self.sources, self.labels
        return f"`{self.output}` of the sample `{self.sample}` is {first} in `{one}`, but {second} in `{other}`"

    @property
    def help(self) -> str:
        return "mend one of them, or take the labels out of one: files in a single folder have none"

    @property
    def note(self) -> str | None:
        return f"they disagree about {self.count} samples" if self.count > 1 else None


@dataclass(frozen=True)
class UndefinedScore(Diagnostic):
    """An objective that has no value on the data by which trials are compared."""

    code: ClassVar[str] = "SQS744"
    metric: str
    reason: str

    @property
    def title(self) -> str:
        return f"`{self.metric}` cannot be searched by: {self.reason}"

    @property
    def help(self) -> str:
        return "give more samples of what is rare, or search by `val_loss`: `objective = minimize(val_loss)`"


@dataclass(frozen=True)
class NeedsExtern(Diagnostic):
    """Data from code that the caller did not allow to run."""

    code: ClassVar[str] = "SQS723"
    target: str

    @property
    def title(self) -> str:
        return f"`python:{self.target}` runs code that was not allowed"

    @property
    def help(self) -> str:
        return "allow it with `--allow-extern` (`allow_extern=True`) if you trust this module"


@dataclass(frozen=True)
class FunctionFailed(Diagnostic):
    """A function of the user's that brings no data."""

    code: ClassVar[str] = "SQS724"
    target: str
    reason: str
    remedy: str

    @property
    def title(self) -> str:
        return f"`python:{self.target}` brings no data: {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy

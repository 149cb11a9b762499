"""Errors in the names of data sources, and between several sources."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, closest, similar
from sqsem_dsl.utils.numbers import plural


class DataWords(Diagnostic, code="SQS712"):
    """Words after `--data` that cannot be combined."""

    reason: str
    option: str = "--data"

    title = "`{option}` is not valid: {reason}"
    help = "name one source for everything, or `NAME=SOURCE` for each input: `image=images:DIR points=csv:FILE`"


class UnknownKind(Diagnostic, code="SQS713"):
    """An unknown data source."""

    source: str
    reason: str
    remedy: str = "a source is `images:DIR`, `csv:FILE` or `FILE.npz`"

    title = "`{source}` is not a data source: {reason}"
    help = "{remedy}"


class UnknownName(Diagnostic, code="SQS714"):
    """A source for an input or output that the space does not have."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    title = "`--data` has a source for `{name}`, but the space has no input or output of that name"
    note = "its inputs are {inputs:names}, its outputs {outputs:names}"

    @property
    def help(self) -> str | None:
        return similar("input or output", self.name, (*self.inputs, *self.outputs))


class NoSource(Diagnostic, code="SQS715"):
    """An input of the space, possibly an optional one, that the data lack."""

    name: str
    shape: tuple[int, ...]
    data: str
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    title = "`{data}` has no data for the input `{name}` of shape {shape:shape}"

    @property
    def help(self) -> str:
        form = "images:DIR" if len(self.shape) == 3 else "csv:FILE"
        if self.trained:
            return f"add `{self.name}={form}`: the model needs this input"
        return (
            f"add `{self.name}={form}`; if you have no such data, remove `input {self.name}` and its uses from the spec"
        )


class NoLabels(Diagnostic, code="SQS716"):
    """An output for which no source has labels."""

    name: str
    sources: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """The columns of tables among the sources."""

    title = "the data have no labels for the output `{name}`"
    note = "the sources are {sources:names}"

    @property
    def help(self) -> str:
        near = closest(self.name, self.columns) or "COLUMN"
        if self.columns and all(":" not in source for source in self.sources):  # a data frame
            option = f"table=TableOptions(labels={{{self.name!r}: {near!r}}})"
            return f"name a column `{self.name}`, or say which one it is: `{option}`"
        if self.columns:
            return (
                f"name a column `{self.name}`, say which one it is, `--labels {self.name}={near}`, or give "
                f"`{self.name}=csv:FILE`; the first line must have the names of the columns"
            )
        return (
            f"sort the images into a folder for each class, name a column of a CSV file `{self.name}`, or give "
            f"`{self.name}=csv:FILE`"
        )


class ClassCount(Diagnostic, code="SQS717"):
    """A number of classes that differs from the number of the output's units."""

    source: str
    output: str
    units: int
    classes: tuple[str, ...]

    note = "its classes are {classes:names}"

    @property
    def title(self) -> str:
        found = f"{len(self.classes)} class" + ("es" if len(self.classes) != 1 else "")
        return f"`{self.source}` has {found}, but the output `{self.output}` is for {self.units}"

    @property
    def help(self) -> str:
        return f"give the output {plural(len(self.classes), 'unit')}, or keep only the data of {self.units} classes"


class NotForClasses(Diagnostic, code="SQS718"):
    """Class names for an output without classes."""

    source: str
    output: str
    shape: tuple[int, ...]

    title = (
        "`{source}` has a class for each sample, but the output `{output}` of shape {shape:shape} needs other labels"
    )
    help = "one class per sample fits `dense(classes) -> softmax`, or `dense(1) -> sigmoid` for two classes"


class NoIds(Diagnostic, code="SQS719"):
    """Sources to be matched of which only some have ids."""

    without: tuple[str, ...]
    having: tuple[str, ...]

    title = "{without:names} cannot be matched with {having:names}: there are no ids"
    help = (
        "add a column `id` (an array `id` of an `.npz` file) that has the stems of the files, or the ids of the other "
        "source"
    )


class NoPartner(Diagnostic, code="SQS720"):
    """Samples of one source that are missing in another."""

    source: str
    other: str
    lacking: tuple[str, ...]
    total: int

    help = "add what is missing, or remove these samples: every sample needs all inputs and labels"
    note = "unmatched: {lacking:names 6}"

    @property
    def title(self) -> str:
        count = len(self.lacking)
        samples = "samples of" if self.total != 1 else "sample of"
        verb = "have" if count != 1 else "has"
        return f"{count} of the {self.total} {samples} `{self.source}` {verb} no match in `{self.other}`"


class RepeatedId(Diagnostic, code="SQS721"):
    """Two samples of one source with the same id."""

    source: str
    id: str
    places: tuple[str, ...]
    """The lines or files with the id."""

    title = "`{source}` has the id `{id}` more than once: {places:words}"
    help = "ids are the column `id`, or the first text column; the id of a file is its name without the extension"


class LabelsDisagree(Diagnostic, code="SQS722"):
    """Two sources with different labels for one sample."""

    output: str
    sample: str
    sources: tuple[str, str]
    labels: tuple[str, str]
    count: int

    help = "correct one of them, or remove the labels from one: files in a single folder have no labels"

    @property
    def title(self) -> str:
        (one, other), (first, second) = self.sources, self.labels
        return f"`{self.output}` of the sample `{self.sample}` is {first} in `{one}`, but {second} in `{other}`"

    @property
    def note(self) -> str | None:
        return f"they disagree about {self.count} samples" if self.count > 1 else None


class UndefinedScore(Diagnostic, code="SQS744"):
    """An objective that has no value on the validation data."""

    metric: str
    reason: str

    title = "`{metric}` cannot be the objective: {reason}"
    help = "add samples of the rare classes, or use `val_loss`: `objective = minimize(val_loss)`"


class UnknownClass(Diagnostic, code="SQS750"):
    """A weight for a class that the data do not have."""

    name: str
    output: str
    classes: tuple[str, ...]

    title = "`class_weights` has a weight for `{name}`, but `{output}` has no such class"
    note = "the classes of `{output}`, in the order of their numbers: {classes:names 20}"

    @property
    def help(self) -> str:
        by_number = "give the weights in the order of the class numbers: `given(1.0, …)`"
        return similar("class", self.name, self.classes) or by_number


class NeedsExtern(Diagnostic, code="SQS723"):
    """Data from code that the caller did not allow to run."""

    target: str

    title = "`python:{target}` runs code that was not allowed"
    help = "allow it with `--allow-extern` (`allow_extern=True`) if you trust this module"


class FunctionFailed(Diagnostic, code="SQS724"):
    """A user function that returns no usable data."""

    target: str
    reason: str
    remedy: str

    title = "`python:{target}` gives no data: {reason}"
    help = "{remedy}"

"""Errors in given training, validation and test sets, and in the options of a split."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing, similar


class GivenValidation(Diagnostic, code="SQS725"):
    """Folds of data that have a validation set of their own."""

    data: str

    title = "`--folds` cannot divide `{data}`, which has a validation set of its own"
    help = "leave out `--folds`, or add the samples of the validation set to the training data and leave it out"


class MixedNumbers(Diagnostic, code="SQS726"):
    """Sets that have images in one and other numbers in another."""

    data: str
    name: str

    title = "`{name}` has images of bytes in one set of `{data}`, and other numbers in another"
    help = "use the same type of numbers in all sets: a model divides images of bytes by 255, and other numbers by 1"


class SplitOptions(Diagnostic, code="SQS727"):
    """Options of a split that exclude each other, or an unknown kind of split."""

    reason: str
    remedy: str

    title = "the data cannot be split: {reason}"
    help = "{remedy}"


class UnknownGroup(Diagnostic, code="SQS728"):
    """A column of groups that the data lack."""

    data: str
    name: str
    found: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`--group {self.name}`: `{self.data}` has no column or array of that name"

    @property
    def help(self) -> str:
        near = similar("column", self.name, self.found)
        return near or (
            "name a column of a table or an array of an `.npz` file; `--group folder` is the folder of an image below "
            "that of its class"
        )

    @property
    def note(self) -> str | None:
        return f"it has {listing(self.found, 8)}" if self.found else None


class NoGroup(Diagnostic, code="SQS729"):
    """Images without a folder that is their group."""

    folder: str
    files: tuple[str, ...]

    title = "`--group folder`: `{folder}` has images that lie in no folder below that of their class: {files:names 4}"
    help = "put the images of a group into one folder below that of the class: `CLASS/GROUP/FILE`"


class TooFewGroups(Diagnostic, code="SQS730"):
    """Fewer groups than sets or folds, each of which needs one."""

    data: str
    groups: int
    least: int
    parts: Literal["sets", "folds"] = "sets"

    title = "`{data}` has {groups:many group}, but a split into {least} {parts} needs one for each"
    help = "use fewer folds, or give the validation and the test set: `--validation SOURCE --test SOURCE`"


class SharedGroups(Diagnostic, code="SQS745"):
    """Groups with samples in two of the given sets."""

    data: str
    sets: tuple[str, str]
    groups: tuple[str, ...]

    help = "move all samples of a group into one set, or leave out `--group`"

    @property
    def title(self) -> str:
        count, (one, other) = len(self.groups), self.sets
        what = "groups have" if count != 1 else "group has"
        return f"{count} {what} samples in the {one} and in the {other} set of `{self.data}`"

    note = "such as {groups:names 4}"


class SecondSet(Diagnostic, code="SQS746"):
    """A validation or test set that is given twice, or that has sets of its own."""

    data: str
    reason: str
    remedy: str = (
        "give each set once: by `--validation` and `--test`, by folders, by `--split FILE.csv`, or in the data"
    )

    title = "`{data}` {reason}"
    help = "{remedy}"


class GapTooLong(Diagnostic, code="SQS747"):
    """A split in order in which no sample is left for training."""

    data: str
    samples: int
    gap: int

    title = "`{data}` has {samples:many sample}: with a gap of {gap} between the sets none is left for training"
    help = "use a smaller `--gap`, fewer folds, or more samples"


class UnknownIds(Diagnostic, code="SQS748"):
    """Ids of a file of sets that the data lack, or that several samples have."""

    path: str
    data: str
    ids: tuple[str, ...]

    help = "an id is a value of the id column, or the path of an image; its stem if no other sample has the same stem"
    note = "unknown: {ids:names 6}"

    @property
    def title(self) -> str:
        count = len(self.ids)
        return f"`{self.path}` has {count} {'ids' if count != 1 else 'id'} that `{self.data}` does not have"


class NoSet(Diagnostic, code="SQS749"):
    """Samples that a file of sets does not name."""

    path: str
    data: str
    ids: tuple[str, ...]
    total: int

    help = "add a line for each of them, with `train`, `validation` or `test`, or remove these samples"
    note = "without a set: {ids:names 6}"

    @property
    def title(self) -> str:
        count = len(self.ids)
        verb = "have" if count != 1 else "has"
        return f"{count} of the {self.total} samples of `{self.data}` {verb} no set in `{self.path}`"


class OtherClasses(Diagnostic, code="SQS796"):
    """Labels with classes that the training set, or a model, does not have."""

    output: str
    unknown: tuple[str, ...]
    known: tuple[str, ...]

    note = "known are {known:names 12}"

    @property
    def title(self) -> str:
        if not self.unknown:
            return f"labels of `{self.output}` are class numbers, and those of the training set are names"
        return f"labels of `{self.output}` are {listing(self.unknown, 8)}, which are not known"

    @property
    def help(self) -> str:
        if not self.unknown:
            return "give the labels of all sets in one form: names, or class numbers"
        return "remove these samples, or correct their labels; a new class needs a new search, with a unit of its own"

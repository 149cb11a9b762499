"""Errors in the columns of tables."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing, similar
from sqsem_dsl.operators.row import WholeShape


class RefusedColumns(Diagnostic, code="SQS901"):
    """Columns that an input cannot take: dates, free text, ids, or too many categories."""

    source: str
    columns: tuple[tuple[str, str], ...]
    """Each with the reason."""

    @property
    def title(self) -> str:
        names = listing((name for name, _ in self.columns), 8)
        which = "a column" if len(self.columns) == 1 else "columns"
        return f"`{self.source}` has {which} that an input cannot take: {names}"

    @property
    def help(self) -> str:
        names = ",".join(name for name, _ in self.columns)
        return f"leave them out with `--drop {names}`" if len(self.columns) > 1 else f"leave it out: `--drop {names}`"

    @property
    def note(self) -> str:
        return "; ".join(f"`{name}`: {reason}" for name, reason in self.columns)


class InputWidth(Diagnostic, code="SQS902"):
    """Columns that give another number of values than the shape of an input."""

    source: str
    name: str
    shape: tuple[int, ...]
    width: int
    numbers: tuple[str, ...]
    """The columns that give one value each."""
    others: tuple[tuple[str, int, str], ...]
    """The other columns with the number of their values, and what these are."""
    ids: str | None = None
    """The text column that is used as ids, unless it is called `id`."""
    trained: bool = False
    """Whether a model reads the data that is trained already, so that only the data can change."""

    title = "the columns of `{source}` give the input `{name}` {width:many value}, but it is declared as {shape:shape}"

    @property
    def help(self) -> str:
        if self.trained:
            return f"give the table the columns of `{self.name}` in the data of the search"
        below = f" below {self.shape.below}" if isinstance(self.shape, WholeShape) else ""
        return f"declare `input {self.name}: [{self.width}]{below}`, or choose columns with `--columns` or `--drop`"

    @property
    def note(self) -> str:
        said = [f"{listing(self.numbers, 12)} give 1 each"] if len(self.numbers) > 1 else []
        said += [f"`{self.numbers[0]}` gives 1"] if len(self.numbers) == 1 else []
        said += [f"`{name}` gives {count} ({what})" for name, count, what in self.others]
        said += [f"the text column `{self.ids}` is used as ids"] if self.ids else []
        return "; ".join(said)


class UnknownColumn(Diagnostic, code="SQS903"):
    """An option that names a column that no table has."""

    name: str
    known: tuple[str, ...]

    title = "no table has a column `{name}`"

    @property
    def help(self) -> str | None:
        return similar("column", self.name, self.known)

    @property
    def note(self) -> str:
        return f"the columns are {listing(self.known, 20)}" if self.known else "the data have no table"


class OtherColumns(Diagnostic, code="SQS904"):
    """A table whose columns are not those that a model takes."""

    source: str
    lacking: tuple[str, ...]
    unknown: tuple[str, ...]
    wrong: tuple[str, ...]
    """Columns of numbers with other values."""
    gaps: tuple[str, ...]
    """Columns with missing values that had none when the model was trained."""

    title = "the columns of `{source}` are not those of the training data"
    help = "a table for the model has the columns of the training data, with numbers where these had numbers"

    @property
    def note(self) -> str:
        said = [f"it has no column {listing(self.lacking, 8)}"] if self.lacking else []
        said += [f"the model does not take {listing(self.unknown, 8)}"] if self.unknown else []
        said += [f"{listing(self.wrong, 8)} must hold finite numbers"] if self.wrong else []
        said += [f"values of {listing(self.gaps, 8)} are missing, and none were in training"] if self.gaps else []
        return "; ".join(said)


class BadWeights(Diagnostic, code="SQS905"):
    """Weights of samples that cannot be used."""

    source: str
    name: str
    reason: str

    title = "the weights `{name}` of `{source}` cannot be used: {reason}"
    help = "a weight is a finite number, 0 or more, for each sample; at least one is above 0"


class UnknownOutput(Diagnostic, code="SQS906"):
    """Columns for an output that the space does not have."""

    name: str
    outputs: tuple[str, ...]

    title = "`--labels` names columns for `{name}`, but the space has no output of that name"
    note = "its outputs are {outputs:names}"

    @property
    def help(self) -> str | None:
        return similar("output", self.name, self.outputs)

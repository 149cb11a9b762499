"""Errors in windows over the rows of a table."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing
from sqsem_dsl.utils.numbers import plural


class NoWindows(Diagnostic, code="SQS915"):
    """Data or options for which windows are not available."""

    reason: str
    remedy: str

    title = "`--window` cannot be used: {reason}"
    help = "{remedy}"


class WindowShape(Diagnostic, code="SQS916"):
    """An input or output whose shape differs from that of the windows."""

    path: str
    role: str
    name: str
    shape: tuple[int, ...]
    forms: tuple[str, ...]
    """The shapes that fit, as text."""
    columns: tuple[str, ...]

    help = "declare one of these shapes, or change `--window`, `--horizon` or the columns of the table"

    @property
    def title(self) -> str:
        return (
            f"windows of `{self.path}` have the shape {' or '.join(self.forms)} for the {self.role} `{self.name}`, "
            f"which is {list(self.shape)}"
        )

    @property
    def note(self) -> str:
        return f"its columns are {listing(self.columns, 8)}" if self.columns else "it has no columns of numbers"


class ShortSeries(Diagnostic, code="SQS917"):
    """Series with too few rows for windows in three sets that share no rows."""

    path: str
    series: tuple[str, ...]
    """The names of those that are too short; empty if the table is one series."""
    rows: int
    """The number of rows of the first of them."""
    needed: int
    window: int
    horizon: int
    sets: bool = True
    """Whether the windows are divided into sets; otherwise they are samples for a trained model."""

    @property
    def help(self) -> str:
        if not self.sets:
            return "add rows: a model takes windows of as many rows as it was trained with"
        return "add rows, or use a smaller `--window` or `--horizon`"

    @property
    def note(self) -> str:
        if not self.sets:
            return f"a window has {plural(self.window, 'row')}" + (
                f", and {self.horizon} after it have the labels" if self.needed > self.window else ""
            )
        rows = plural(self.window, "row")
        return (
            f"each window of {rows} and the {self.horizon} after it must lie in one of the training, validation and "
            "test sets, which follow one another"
        )

    @property
    def title(self) -> str:
        where = f"`{self.path}` has {plural(self.rows, 'row')}"
        if self.series:
            count = f"{len(self.series)} short series" if len(self.series) > 1 else "a short series"
            where = f"`{self.path}` has {count}, such as {listing(self.series[:1])} of {plural(self.rows, 'row')}"
        return f"{where}, but windows need at least {self.needed}"

"""What can go wrong in an architecture that the choices can reach: arithmetic and shapes.

A fault is found by the evaluation and travels through it as a value, so that one mistake gives one message; it is
reported with an assignment for which it happens, the one with the fewest choices off their default, or with none where
it happens always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, Label, Severity
from sqsem_dsl.source import Span

Witness = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fault(Diagnostic):
    """A diagnostic that holds for some assignments; `choices` are the values off their default in one of them."""

    code: ClassVar[str] = "SQS400"
    choices: Witness | None = None

    @property
    def title(self) -> str:
        raise NotImplementedError

    @property
    def note(self) -> str | None:
        if self.choices is None:
            return None
        if not self.choices:
            return "it happens with every choice at its first value"
        shown = ", ".join(f"`{path}` = {value}" for path, value in self.choices[:6])
        more = f" and {len(self.choices) - 6} more" if len(self.choices) > 6 else ""
        return f"it happens with {shown}{more}, the other choices at their first values"


@dataclass(frozen=True)
class DividedByZero(Fault):
    code: ClassVar[str] = "SQS306"
    expression: str = ""

    @property
    def title(self) -> str:
        return f"division by zero: {self.expression}"

    @property
    def help(self) -> str:
        return "guard it with `where(…)`, a `require`, or another domain"


@dataclass(frozen=True)
class NotWhole(Fault):
    code: ClassVar[str] = "SQS307"
    what: str = ""
    value: str = ""
    least: int = 1

    @property
    def title(self) -> str:
        return f"{self.what} must be a whole number of at least {self.least}, and is {self.value}"

    @property
    def help(self) -> str:
        return f"use `round(…)`, `//` or `max({self.least}, …)`, or exclude these choices with a `require`"


@dataclass(frozen=True)
class BadOperand(Fault):
    """Arithmetic on what is no number, or a comparison of things that do not compare."""

    code: ClassVar[str] = "SQS309"
    message: str = ""

    @property
    def title(self) -> str:
        return self.message

    @property
    def help(self) -> str:
        return "arithmetic takes numbers, conditions are true or false, and symbols compare with `==` and `in` alone"


@dataclass(frozen=True)
class OutOfTable(Fault):
    code: ClassVar[str] = "SQS310"
    index: str = ""
    length: int = 0

    @property
    def title(self) -> str:
        return f"index {self.index} is outside a table of {self.length} entries"

    @property
    def help(self) -> str:
        return f"indices run from 0 to {self.length - 1}; lengthen the table or shorten the range of the index"


@dataclass(frozen=True)
class NumberTooLarge(Fault):
    code: ClassVar[str] = "SQS502"

    @property
    def title(self) -> str:
        return "this number has more digits than any network needs"

    @property
    def help(self) -> str:
        return "keep numbers below 10^30"


@dataclass(frozen=True)
class ShapeMisfit(Fault):
    """An operator cannot take these shapes."""

    code: ClassVar[str] = "SQS401"
    operator: str = ""
    message: str = ""
    remedy: str | None = None
    others: tuple[tuple[Span, str], ...] = ()

    @property
    def title(self) -> str:
        return self.message if f"`{self.operator}`" in self.message else f"`{self.operator}`: {self.message}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, text) for span, text in self.others)

    @property
    def help(self) -> str | None:
        return self.remedy


@dataclass(frozen=True)
class BypassMisfit(Fault):
    """A bypass whose input and output cannot be added."""

    code: ClassVar[str] = "SQS402"
    mode: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""

    @property
    def title(self) -> str:
        if self.mode == "project":
            return f"no projection takes {self.before} to {self.after}: {self.reason}"
        return f"an identity bypass cannot add {self.before} and {self.after}"

    @property
    def help(self) -> str:
        if self.mode == "project":
            return "let the body keep the size of its map, or shrink it by strides that divide it"
        return (
            "use `auto` (projects where the shapes differ) or `fit` (skips only where they agree), or exclude these "
            "choices with a `require`"
        )


@dataclass(frozen=True)
class BadAttribute(Fault):
    """An argument's value is refused by its operator."""

    code: ClassVar[str] = "SQS403"
    operator: str = ""
    message: str = ""
    remedy: str | None = None

    @property
    def title(self) -> str:
        return self.message if f"`{self.operator}`" in self.message else f"`{self.operator}`: {self.message}"

    @property
    def help(self) -> str | None:
        return self.remedy


@dataclass(frozen=True)
class NoSuchAxis(Fault):
    code: ClassVar[str] = "SQS404"
    axis: str = ""
    shape: str = ""

    @property
    def title(self) -> str:
        return f"a tensor of shape {self.shape} has no {self.axis}"

    @property
    def help(self) -> str:
        return "`length` is of [length, channels], `height` and `width` of maps and volumes"


@dataclass(frozen=True)
class TooWide(Diagnostic):
    """The proof over all assignments met its limit."""

    code: ClassVar[str] = "SQS503"
    severity: ClassVar[Severity] = "warning"
    paths: tuple[str, ...] = ()
    limit: int = 0

    @property
    def title(self) -> str:
        return "the shapes were not proved for every architecture from here on"

    @property
    def note(self) -> str:
        shown = ", ".join(f"`{p}`" for p in self.paths[:8])
        return f"more than {self.limit:,} combinations are live together here, of {shown}"

    @property
    def help(self) -> str:
        return "each architecture is still checked before it is built; fewer shared choices make the proof possible"


@dataclass(frozen=True)
class TooLong(Diagnostic):
    """The proof over all assignments took too many steps."""

    code: ClassVar[str] = "SQS504"
    severity: ClassVar[Severity] = "warning"
    limit: int = 0

    @property
    def title(self) -> str:
        return "the shapes were not proved for every architecture from here on"

    @property
    def note(self) -> str:
        return f"the proof takes more than {self.limit:,} steps"

    @property
    def help(self) -> str:
        return (
            "each architecture is still checked before it is built; choices with fewer values, and rules that name "
            "fewer of them, make the proof possible"
        )

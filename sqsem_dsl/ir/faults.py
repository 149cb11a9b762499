"""Faults of a reachable architecture: arithmetic and shapes.

The evaluation finds a fault and passes it on as a value, so that one error gives one message. The report shows an
assignment for which it happens, the one with the fewest choices off their default, or no assignment if it always
happens.
"""

from __future__ import annotations

from typing import Literal, Self

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label
from sqsem_dsl.diagnostics.source import Span

Witness = tuple[tuple[str, str], ...]


class Fault(Diagnostic):
    """A diagnostic that holds for some assignments; `choices` are the values off their default in one of them."""

    choices: Witness | None = None

    def at(self, choices: Witness) -> Self:
        """The same fault, with an assignment for which it happens."""
        return type(self)(**{**vars(self), "choices": choices})

    @property
    def note(self) -> str | None:
        if self.choices is None:
            return None
        if not self.choices:
            return "it happens with every choice at its first value"
        shown = ", ".join(f"`{path}` = {value}" for path, value in self.choices[:6])
        more = f" and {len(self.choices) - 6} more" if len(self.choices) > 6 else ""
        return f"it happens with {shown}{more}, the other choices at their first values"


class DividedByZero(Fault, code="SQS306"):
    expression: str = ""

    title = "division by zero: {expression}"
    help = "guard it with `where(…)`, a `require`, or another domain"


class NotWhole(Fault, code="SQS307"):
    what: str = ""
    value: str = ""
    least: int = 1

    title = "{what} must be a whole number of at least {least}, but is {value}"
    help = "use `round(…)`, `//` or `max({least}, …)`, or exclude these choices with a `require`"


class BadOperand(Fault, code="SQS309"):
    """Arithmetic on values that are not numbers, or a comparison of values that cannot be compared."""

    message: str = ""

    title = "{message}"
    help = "arithmetic takes numbers, conditions are true or false, and symbols can only be compared with `==` and `in`"


class OutOfTable(Fault, code="SQS310"):
    index: str = ""
    length: int = 0

    title = "index {index} is outside a table of {length} entries"

    @property
    def help(self) -> str:
        return f"indices run from 0 to {self.length - 1}; lengthen the table or shorten the range of the index"


class NotCertain(Fault, code="SQS939"):
    """A whole number or a comparison that an irrational number is too close to."""

    message: str = ""

    title = "{message}"
    help = "use `round(…)`, which gives the nearest whole number, or compare with a number that is not this close"


class NumberTooLarge(Fault, code="SQS502"):
    title = "this number has more digits than any network needs"
    help = "keep numbers below 10^30"


class OfOperator(Fault):
    """A use that an operator rejects."""

    operator: str = ""
    message: str = ""
    remedy: str | None = None

    help = "{remedy}"

    @property
    def title(self) -> str:
        return self.message if f"`{self.operator}`" in self.message else f"`{self.operator}`: {self.message}"


class BadAttribute(OfOperator, code="SQS403"):
    """An operator rejects the value of an argument."""


class ShapeMisfit(OfOperator, code="SQS401"):
    """An operator does not accept these shapes."""

    others: tuple[tuple[Span, str], ...] = ()

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, text) for span, text in self.others)


class BypassMisfit(Fault, code="SQS402"):
    """A bypass whose input and output cannot be added."""

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


class NoSuchAxis(Fault, code="SQS404"):
    axis: str = ""
    shape: str = ""

    title = "a tensor of shape {shape} has no {axis}"
    help = "`length` exists for [length, channels], `height` and `width` for maps and volumes"


class NotProved(Diagnostic, severity="warning"):
    """The proof over all assignments reached a limit."""

    title = "shape check incomplete: shapes are not proved for every architecture from here on"
    help = "each architecture is still checked before it is built; {remedy}"
    remedy = ""


class TooWide(NotProved, code="SQS503"):
    """Too many combinations of choices are in scope at once."""

    paths: tuple[str, ...] = ()
    limit: int = 0
    what: Literal["states", "edges"] = "states"
    """The limit that was reached."""
    more: str = ""
    """How to raise the limit, in brackets after a space; empty if that is not possible."""

    remedy = "fewer shared choices make the proof possible"

    @property
    def reason(self) -> str:
        """The reason why nothing was counted, for a page."""
        return f"too many choices in scope at once, more than {self.limit:,} {self.what}{self.more}"

    @property
    def note(self) -> str:
        shown = ", ".join(f"`{p}`" for p in self.paths[:8])
        if self.what == "edges":
            return f"the decision diagram has more than {self.limit:,} edges here{self.more}; in scope are {shown}"
        return f"more than {self.limit:,} combinations of choices are in scope here{self.more}, of {shown}"


class TooLong(NotProved, code="SQS504"):
    """The proof takes too many steps."""

    limit: int = 0
    more: str = ""
    """How to raise the limit, in brackets after a space; empty if that is not possible."""

    note = "the proof takes more than {limit:,} steps{more}"
    remedy = "choices with fewer values, and rules that name fewer of them, make the proof possible"

    @property
    def reason(self) -> str:
        """The reason why nothing was counted, for a page."""
        return f"it takes more than {self.limit:,} steps{self.more}"

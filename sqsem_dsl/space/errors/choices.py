"""Limits (SQS5xx), choices and rules (SQS6xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, Label, Severity, listing, similar
from sqsem_dsl.source import Span


@dataclass(frozen=True)
class TooLarge(Diagnostic):
    code: ClassVar[str] = "SQS501"
    what: str
    limit: int

    @property
    def title(self) -> str:
        return f"{self.what} is beyond the limit of {self.limit:,}"

    @property
    def help(self) -> str:
        return "make the space smaller: fewer repeats, shorter domains, or less nesting"


@dataclass(frozen=True)
class DeadChoice(Diagnostic):
    code: ClassVar[str] = "SQS601"
    path: str

    @property
    def title(self) -> str:
        return f"the choice `{self.path}` can matter to no architecture"

    @property
    def label(self) -> str:
        return "never drawn: nothing that an output needs reads it"

    @property
    def help(self) -> str:
        return "use it where an output needs it, or remove it"


@dataclass(frozen=True)
class NothingAllowed(Diagnostic):
    """A space of nothing: its rules cut every assignment. `others` are rules that had a part in it."""

    code: ClassVar[str] = "SQS602"
    others: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        return "no architecture meets these rules together" if self.others else "no architecture meets this rule"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "together with this one") for span in self.others)

    @property
    def help(self) -> str:
        return "loosen the `require`, or widen the domains of the choices that it names"


@dataclass(frozen=True)
class RuleAlwaysHolds(Diagnostic):
    code: ClassVar[str] = "SQS603"
    severity: ClassVar[Severity] = "warning"

    @property
    def title(self) -> str:
        return "every architecture meets this rule"

    @property
    def help(self) -> str:
        return "remove the `require`, or tighten it"


@dataclass(frozen=True)
class BadBudget(Diagnostic):
    """A `require` over quantities that is no linear comparison with a number."""

    code: ClassVar[str] = "SQS604"
    reason: str
    remedy: str = "compare a sum of quantities with a number, in the space itself: `require params <= 1.25M`"

    @property
    def title(self) -> str:
        return f"a budget {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class UnknownPath(Diagnostic):
    code: ClassVar[str] = "SQS605"
    path: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no choice has the path `{self.path}`"

    @property
    def help(self) -> str | None:
        listed = f"the choices are {listing(self.known, 20)}" if self.known else "this space has no choices"
        return similar("choice", self.path, self.known) or listed


@dataclass(frozen=True)
class ChoiceMissing(Diagnostic):
    code: ClassVar[str] = "SQS606"
    paths: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no value is given for {listing(self.paths)}"

    @property
    def help(self) -> str:
        return "give every choice that this architecture draws, or start from `default()`"


@dataclass(frozen=True)
class ImpossibleValue(Diagnostic):
    code: ClassVar[str] = "SQS607"
    path: str
    value: str
    domain: str

    @property
    def title(self) -> str:
        return f"`{self.path}` cannot be {self.value}"

    @property
    def help(self) -> str:
        return f"its domain is {self.domain}"


@dataclass(frozen=True)
class NotDrawn(Diagnostic):
    code: ClassVar[str] = "SQS608"
    paths: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"a value is given for {listing(self.paths)}, which this architecture does not draw"

    @property
    def help(self) -> str:
        return "leave it out, or change the choices that decide whether it exists"


@dataclass(frozen=True)
class RuleBroken(Diagnostic):
    code: ClassVar[str] = "SQS609"
    values: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        return "these choices break a rule of the space"

    @property
    def note(self) -> str:
        return "the rule reads " + ", ".join(f"`{path}` = {value}" for path, value in self.values)

    @property
    def help(self) -> str:
        return "change one of the choices that the rule names"


@dataclass(frozen=True)
class NoSuchIndex(Diagnostic):
    code: ClassVar[str] = "SQS610"
    index: int
    count: int

    @property
    def title(self) -> str:
        return f"there is no architecture number {self.index}"

    @property
    def help(self) -> str:
        return f"the space has {self.count:,} assignments, numbered from 0"


@dataclass(frozen=True)
class NoneFound(Diagnostic):
    code: ClassVar[str] = "SQS611"
    tries: int
    budgets: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"none of {self.tries:,} sampled architectures is within the budgets"

    @property
    def note(self) -> str | None:
        return f"the budgets are {listing(self.budgets)}" if self.budgets else None

    @property
    def help(self) -> str:
        return "loosen a budget, or narrow the space towards it"


@dataclass(frozen=True)
class NothingWithin(Diagnostic):
    code: ClassVar[str] = "SQS614"
    budgets: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no architecture meets {listing(self.budgets)}"

    @property
    def help(self) -> str:
        return "loosen a budget: `sqsem-compile SPEC` shows what the architectures of the space cost"


@dataclass(frozen=True)
class BadPlace(Diagnostic):
    code: ClassVar[str] = "SQS612"
    which: str

    @property
    def title(self) -> str:
        return f"`--at {self.which}` names no architecture"

    @property
    def help(self) -> str:
        return "write `default`, a number from 0, or a JSON object such as '{\"fires\": 3}'"


@dataclass(frozen=True)
class OutputVaries(Diagnostic):
    """An output that no one set of labels, and no one loss, can be for."""

    code: ClassVar[str] = "SQS613"
    name: str
    what: str
    found: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"the output `{self.name}` cannot be trained: it has several {self.what}"

    @property
    def note(self) -> str:
        return f"in different architectures: {', '.join(self.found)}"

    @property
    def help(self) -> str:
        return "let it end the same way in every architecture: with one `dense(…)` or `conv(…)` and one activation"

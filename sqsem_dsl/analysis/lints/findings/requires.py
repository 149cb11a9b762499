"""Budgets that cut nothing, or everything (SQS81x)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from sqsem_dsl.analysis.lints.findings.lint import Lint, together
from sqsem_dsl.diagnostics import Label
from sqsem_dsl.source import Span


def number(value: Fraction) -> str:
    """
    >>> number(Fraction(1234567)), number(Fraction(1, 4))
    ('1,234,567', '0.25')
    """
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,g}"


def _extent(what: str, least: Fraction, most: Fraction) -> str:
    return f"`{what}` is {number(least)}" + (f" to {number(most)}" if most != least else "")


@dataclass(frozen=True)
class BudgetAlwaysHolds(Lint):
    code: ClassVar[str] = "SQS811"
    quantities: str = ""
    least: Fraction = Fraction(0)
    most: Fraction = Fraction(0)

    @property
    def title(self) -> str:
        return "every architecture meets this budget"

    @property
    def label(self) -> str:
        return f"{_extent(self.quantities, self.least, self.most)} in this space"

    @property
    def help(self) -> str:
        return "remove the `require`, or tighten it"


@dataclass(frozen=True)
class BudgetNeverHolds(Lint):
    code: ClassVar[str] = "SQS812"
    quantities: str = ""
    least: Fraction = Fraction(0)
    most: Fraction = Fraction(0)

    @property
    def title(self) -> str:
        return "no architecture meets this budget: none can be trained"

    @property
    def label(self) -> str:
        return f"{_extent(self.quantities, self.least, self.most)} in this space"

    @property
    def help(self) -> str:
        return "loosen the `require`, or make the space reach it"


@dataclass(frozen=True)
class BudgetsConflict(Lint):
    """Budgets of which each is met by some architectures, and all together by none."""

    code: ClassVar[str] = "SQS813"
    others: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        return "no architecture meets these budgets together: none can be trained"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "together with this one") for span in self.others)

    @property
    def help(self) -> str:
        return "loosen one of them, or make the space reach them"


@dataclass(frozen=True)
class ConstantOutput(Lint):
    """An output that no input reaches: `assignments` of `total`, or the default one where neither is known."""

    code: ClassVar[str] = "SQS814"
    output: str = ""
    assignments: int | None = None
    total: int | None = None
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        if self.assignments is None:
            return f"no input reaches the output `{self.output}` in the default architecture: it is constant"
        if self.assignments == self.total:
            return f"no input reaches the output `{self.output}`: it is constant"
        return (
            f"no input reaches the output `{self.output}` in {self.assignments:,} of {self.total:,} assignments: "
            "it is constant there"
        )

    @property
    def help(self) -> str:
        return "let some way from an input to the output be without a `zero`"

    @property
    def note(self) -> str | None:
        if not self.choices:
            return None
        shown = together(f"`{path}` = {value}" for path, value in self.choices[:6])
        return f"it happens with {shown}, the other choices at their first values"

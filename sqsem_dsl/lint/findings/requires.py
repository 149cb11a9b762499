"""Budgets that cut nothing, or everything (SQS81x)."""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.diagnostics.diagnostic import Label
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.lint.findings.lint import Lint, together


def number(value: Fraction) -> str:
    """
    >>> number(Fraction(1234567)), number(Fraction(1, 4))
    ('1,234,567', '0.25')
    """
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,g}"


class OfBudget(Lint):
    """The effect of the range of the quantities in this space on a budget."""

    quantities: str = ""
    least: Fraction = Fraction(0)
    most: Fraction = Fraction(0)

    @property
    def label(self) -> str:
        least, most = number(self.least), number(self.most)
        return f"`{self.quantities}` is {least}{f' to {most}' if self.most != self.least else ''} in this space"


class BudgetAlwaysHolds(OfBudget, code="SQS811"):
    title = "every architecture meets this budget"
    help = "remove the `require`, or tighten it"


class BudgetNeverHolds(OfBudget, code="SQS812"):
    title = "no architecture meets this budget: none can be trained"
    help = "relax the `require`, or extend the space so that it is met"


class BudgetsConflict(Lint, code="SQS813"):
    """Budgets that some architectures meet one by one, but none meets together."""

    others: tuple[Span, ...] = ()

    title = "no architecture meets these budgets together: none can be trained"
    help = "relax one of them, or extend the space so that they are met"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "together with this one") for span in self.others)


class ConstantOutput(Lint, code="SQS814"):
    """An output that no input reaches, in `assignments` of `total`, or in the default one if neither is known."""

    output: str = ""
    assignments: int | None = None
    total: int | None = None
    choices: tuple[tuple[str, str], ...] = ()

    help = "keep at least one path from an input to the output without a `zero`"

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
    def note(self) -> str | None:
        if not self.choices:
            return None
        shown = together(f"`{path}` = {value}" for path, value in self.choices[:6])
        return f"it happens with {shown}, the other choices at their first values"

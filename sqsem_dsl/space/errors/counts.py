"""What is asked of a quantity that cannot be counted exactly (SQS311)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sqsem_dsl.diagnostics import Diagnostic, Label
from sqsem_dsl.source import Span


@dataclass(frozen=True)
class NotCounted(Diagnostic):
    """A budget or an objective on a quantity of which some architecture may have more than is counted."""

    code: ClassVar[str] = "SQS311"
    what: Literal["budget", "objective"]
    quantity: str
    target: str
    reason: str
    layer: Span

    @property
    def title(self) -> str:
        return f"{'a' if self.what == 'budget' else 'an'} {self.what} on `{self.quantity}`, which is a lower bound here"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.layer, f"`{self.quantity}` of `{self.target}` cannot be counted: {self.reason}"),)

    @property
    def help(self) -> str:
        if self.quantity == "macs":
            return "give the layer a method `compute_macs(self, input_shape)`, or use `params`"
        return "use `params`, which is exact"

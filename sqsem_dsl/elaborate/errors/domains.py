"""Domains and quantities (SQS3xx), and choices in the shapes of inputs (SQS215 and SQS216)."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label
from sqsem_dsl.diagnostics.source import Span


class EmptyDomain(Diagnostic, code="SQS301"):
    reason: str

    title = "the domain is empty: {reason}"
    help = "write the lower end first"


class RepeatedValue(Diagnostic, code="SQS302"):
    value: str

    title = "the domain lists {value} twice"
    help = "remove one of them: each value is one option"


class BadRange(Diagnostic, code="SQS303"):
    message: str
    remedy: str

    title = "{message}"
    help = "{remedy}"


class NotStatic(Diagnostic, code="SQS304"):
    """A value that reads a choice or a shape where a static value is required."""

    what: str
    remedy: str = "use numbers, constants, an index, or arguments that are known"

    title = "{what} must be known at compile time"
    help = "{remedy}"


class RealReaches(Diagnostic, code="SQS305"):
    what: str

    title = "a continuous choice reaches {what}"
    help = "give its range a `step`, or list the values: shapes, counts and conditions need discrete choices"


class PriorOutside(Diagnostic, code="SQS312"):
    value: str
    domain: str
    nearest: str | None = None

    title = "the prior {value} is not in the domain"

    @property
    def help(self) -> str:
        return f"the domain is {self.domain}" + (f"; the nearest value is {self.nearest}" if self.nearest else "")


class BadPrior(Diagnostic, code="SQS313"):
    message: str
    remedy: str

    title = "{message}"
    help = "{remedy}"


class IdlePrior(Diagnostic, code="SQS314", severity="warning"):
    title = "a prior on a domain with one value has no effect"
    help = "remove the `prior`, or add values to the domain"


class BadPick(Diagnostic, code="SQS308"):
    size: int
    count: int

    title = "cannot pick {size} of {count} alternatives"
    help = "pick between 1 and {count}"


class NotCounted(Diagnostic, code="SQS311"):
    """A budget or an objective on a quantity that is only a lower bound in some architecture."""

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


class BadPadding(Diagnostic, code="SQS315"):
    name: str
    found: str

    title = "the padded input `{name}` has the shape {found}"
    help = "padded sequences are `[length, channels]`, or `[length] below N` of whole numbers"


class ChosenExtent(Diagnostic, code="SQS215"):
    """A choice in the shape of an input that is not an image, or of the number of channels."""

    name: str
    reason: str

    title = "an extent of the input `{name}` is chosen, but {reason}"
    label = "this depends on a choice"
    help = "only the height and the width of an image, `[height, width, channels]`, can be chosen: write a number here"


class TooManyResolutions(Diagnostic, code="SQS216"):
    """A resolution whose choices have more combinations than are checked."""

    name: str

    title = "the possible resolutions of the input `{name}` are not known"
    label = "its choices have too many combinations"
    help = "name the choice, `param r in [96, 128, 160]`, and write `[r, r, 3]`"

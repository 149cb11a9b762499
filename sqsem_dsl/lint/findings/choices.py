"""Choices without effect, or with less effect than written (SQS80x), and unused names (SQS84x)."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Label, listing
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.lint.findings.lint import Lint, together


class OfChoices(Lint):
    """A finding that holds for each of the choices at a place."""

    paths: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        return f"the same applies to each of the choices {listing(self.paths, 6)}" if len(self.paths) > 1 else None


class ChoiceChangesNothing(OfChoices, code="SQS801"):
    reason: str | None = None

    title = "`{paths[0]}` never changes the network"
    help = "remove the choice, which only makes the search longer, or make its values differ"

    @property
    def label(self) -> str:
        return self.reason or ""


class SameAlternatives(OfChoices, code="SQS802"):
    """Alternatives of a structure, or modes of a bypass, with the same network."""

    what: str = "alternatives"
    names: tuple[str, ...] = ()
    places: tuple[Span, ...] = ()
    reason: str | None = None

    help = "keep one of them, or make them differ"

    @property
    def title(self) -> str:
        named = together(f"`{name}`" for name in self.names)
        return f"the {self.what} {named} of `{self.paths[0]}` are the same network"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(place, "the same network" if i else "this one") for i, place in enumerate(self.places))

    @property
    def note(self) -> str | None:
        return self.reason or super().note


class SameValues(OfChoices, code="SQS803"):
    """Values of a choice that round to the same value, or otherwise give the same network."""

    values: tuple[str, ...] = ()
    places: tuple[Span, ...] = ()
    reason: str | None = None

    help = "keep one of these values, or choose values that differ where they are used"

    @property
    def title(self) -> str:
        return f"`{self.paths[0]}` gives the same network with {together(self.values)}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(place, "the same network" if i else "this value") for i, place in enumerate(self.places))

    @property
    def note(self) -> str | None:
        return self.reason or super().note


class ValueNeverUsed(OfChoices, code="SQS804"):
    """A value that no architecture within the rules uses."""

    value: str = ""
    rules: tuple[Span, ...] = ()
    budgets: tuple[str, ...] = ()

    help = "remove the value from the domain, or relax the `require`"

    @property
    def title(self) -> str:
        within = f" within {together(f'`{budget}`' for budget in self.budgets)}" if self.budgets else ""
        return f"no architecture{within} has `{self.paths[0]}` = {self.value}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(rule, "this rule reads it") for rule in self.rules)


class NeverUsed(Lint, code="SQS841"):
    what: str = ""
    name: str = ""

    title = "the {what} `{name}` is never used"
    help = "use it, or remove it"

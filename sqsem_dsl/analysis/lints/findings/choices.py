"""Choices that decide nothing, or less than is written (SQS80x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.analysis.lints.findings.lint import Lint, together
from sqsem_dsl.diagnostics import Label, listing
from sqsem_dsl.source import Span


def of_paths(paths: tuple[str, ...]) -> str | None:
    """The choices that a place makes, where it makes several."""
    return f"so it is for each of the choices {listing(paths, 6)}" if len(paths) > 1 else None


@dataclass(frozen=True)
class ChoiceChangesNothing(Lint):
    code: ClassVar[str] = "SQS801"
    paths: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def title(self) -> str:
        return f"whatever `{self.paths[0]}` is, the network is the same"

    @property
    def label(self) -> str:
        return self.reason or ""

    @property
    def help(self) -> str:
        return "remove the choice, which only makes the search longer, or let its values differ"

    @property
    def note(self) -> str | None:
        return of_paths(self.paths)


@dataclass(frozen=True)
class SameAlternatives(Lint):
    """Alternatives of a structure, or modes of a bypass, that are one network."""

    code: ClassVar[str] = "SQS802"
    paths: tuple[str, ...] = ()
    what: str = "alternatives"
    names: tuple[str, ...] = ()
    places: tuple[Span, ...] = ()
    reason: str | None = None

    @property
    def title(self) -> str:
        named = together(f"`{name}`" for name in self.names)
        return f"the {self.what} {named} of `{self.paths[0]}` are the same network"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(place, "the same network" if i else "this one") for i, place in enumerate(self.places))

    @property
    def help(self) -> str:
        return "keep one of them, or let them differ"

    @property
    def note(self) -> str | None:
        return self.reason or of_paths(self.paths)


@dataclass(frozen=True)
class SameValues(Lint):
    """Values of a choice that round to the same, or are otherwise one network."""

    code: ClassVar[str] = "SQS803"
    paths: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    places: tuple[Span, ...] = ()
    reason: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.paths[0]}` gives the same network with {together(self.values)}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(place, "the same network" if i else "this value") for i, place in enumerate(self.places))

    @property
    def help(self) -> str:
        return "keep one of these values, or choose values that differ where they are used"

    @property
    def note(self) -> str | None:
        return self.reason or of_paths(self.paths)


@dataclass(frozen=True)
class NeverTaken(Lint):
    """A value that no architecture within the rules takes."""

    code: ClassVar[str] = "SQS804"
    paths: tuple[str, ...] = ()
    value: str = ""
    rules: tuple[Span, ...] = ()
    budgets: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        within = f" within {together(f'`{budget}`' for budget in self.budgets)}" if self.budgets else ""
        return f"no architecture{within} takes `{self.paths[0]}` = {self.value}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(rule, "this rule reads it") for rule in self.rules)

    @property
    def help(self) -> str:
        return "leave the value out of the domain, or loosen the `require`"

    @property
    def note(self) -> str | None:
        return of_paths(self.paths)

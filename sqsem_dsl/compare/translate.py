"""Finds architectures of one space in another: common choices keep their values, the others are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.compare.changes import LayerChange
from sqsem_dsl.compare.matching import of_network
from sqsem_dsl.compare.network import layer_changes
from sqsem_dsl.compare.statements import rule_text
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.path_cost import within
from sqsem_dsl.diagram.walk import Cut
from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.graph import Declared
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Value
from sqsem_dsl.space.space import Space

MAX_TRIED = 16
"""The limit of tried ways to set the choices without a value, those nearest to their defaults first."""
NAMED = ("choose", "pick", "bypass")
"""Choices between named things: if a value is gone, the same thing may exist under another name."""


@dataclass(frozen=True, slots=True)
class ValueGone:
    """The choice no longer has the value."""

    path: str
    """Its current name."""
    value: Value
    domain: str


@dataclass(frozen=True, slots=True)
class ChoiceGone:
    path: str
    value: Value


@dataclass(frozen=True, slots=True)
class RuleExcludes:
    text: str


@dataclass(frozen=True, slots=True)
class BudgetExcludes:
    text: str
    quantities: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Misfits:
    """The shapes do not fit in the new space, which was not proved for every architecture."""

    title: str


@dataclass(frozen=True, slots=True)
class AnotherNetwork:
    """The choices lead to another network. Without changes, the same layers are connected differently."""

    changes: tuple[LayerChange, ...]


Reason = ValueGone | ChoiceGone | RuleExcludes | BudgetExcludes | Misfits | AnotherNetwork


@dataclass(frozen=True, slots=True)
class Found:
    architecture: Architecture


@dataclass(frozen=True, slots=True)
class Missing:
    """Not found, with at least one reason."""

    reasons: tuple[Reason, ...]


class Carrier:
    """Looks up architectures of `old` in `new`; `names` maps old paths to new ones."""

    def __init__(self, old: Space, new: Space, names: Mapping[str, str]) -> None:
        self.old, self.new, self.names = old, new, names
        self._choices: dict[str, Choice] = {choice.path: choice for choice in new.choices}

    def find(self, architecture: Architecture) -> Found | Missing:
        """The same network among those that an architecture's choices lead to.

        If it is missing, other choices might still lead to it.
        """
        gone = [*self._values_gone(architecture)]
        if any(self._choices[reason.path].kind not in NAMED for reason in gone):
            return Missing(tuple(gone))
        nearest: Architecture | None = None
        hindered: list[Reason] = []
        for attempt in self._attempts(architecture.choices):
            if not isinstance(attempt, Architecture):
                hindered += [reason for reason in attempt if reason not in hindered]
                continue
            nearest = nearest or attempt
            if not _equal(attempt, architecture):
                continue
            broken = [budget for budget in self.new.budgets if not within(budget, attempt)]
            if not broken:
                return Found(attempt)
            return Missing(
                tuple(
                    BudgetExcludes(b.text, tuple((name, getattr(attempt, name)) for name, _ in b.terms)) for b in broken
                )
            )
        reasons: list[Reason] = [*gone, *(hindered if nearest is None else [])]
        reasons = reasons or [*self._choices_gone(architecture)]
        if nearest is not None and not gone:
            reasons.append(AnotherNetwork(layer_changes(architecture, nearest)))
        return Missing(tuple(reasons))

    def carried(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Old values by new path, for the choices that both spaces have and whose value still exists."""
        moved = {self.names[path]: value for path, value in values.items() if path in self.names}
        return {path: value for path, value in moved.items() if self._choices[path].admits(value)}

    def _attempts(self, values: Mapping[str, Value]) -> Iterator[Architecture | tuple[Reason, ...]]:
        """The architectures that values lead to, for every value of their other choices, the last decided first; or
        the reason why one is not possible."""
        carried = self.carried(values)
        plan: list[int] = []
        for _ in range(MAX_TRIED):
            chooser = _Planned(self.new.graph.choices, carried, plan)
            try:
                yield self.new.chosen(chooser)
            except Cut as cut:
                yield tuple(RuleExcludes(rule_text(self.new.graph, rule)) for rule in sorted(cut.rules))
            except SqsError as problem:
                yield tuple(Misfits(diagnostic.title) for diagnostic in problem.diagnostics)
            plan = chooser.following()
            if not plan:
                return

    def _values_gone(self, architecture: Architecture) -> Iterator[ValueGone]:
        for path, value in _network_choices(self.old, architecture):
            choice = self._choices.get(self.names.get(path, ""))
            if choice is not None and not choice.admits(value):
                yield ValueGone(choice.path, value, str(choice.domain))

    def _choices_gone(self, architecture: Architecture) -> Iterator[Reason]:
        for path, value in _network_choices(self.old, architecture):
            if path not in self.names:
                yield ChoiceGone(path, value)


class _Planned:
    """Decides choices as they are read: by the given values, then by a plan of options, then by first options."""

    def __init__(self, choices: Sequence[Declared], values: Mapping[str, Value], plan: Sequence[int]) -> None:
        self.choices, self.values, self.plan = choices, values, plan
        self.used: list[tuple[int, int]] = []
        """The options used for choices without a given value, each with the number of options."""

    def __call__(self, choice: int) -> Value:
        declared = self.choices[choice]
        if declared.path in self.values:
            return self.values[declared.path]
        match declared.domain:
            case Categorical(values=options) if declared.section == "architecture":
                option = self.plan[len(self.used)] if len(self.used) < len(self.plan) else 0
                self.used.append((option, len(options)))
                return options[option]
            case Categorical(values=options):
                return options[0]
            case Continuous(low=low):
                return low

    def following(self) -> list[int]:
        """The next plan; empty if all were tried."""
        used = list(self.used)
        while used and used[-1][0] + 1 == used[-1][1]:
            used.pop()
        return [*(option for option, _ in used[:-1]), used[-1][0] + 1] if used else []


def _network_choices(space: Space, architecture: Architecture) -> Iterator[tuple[str, Value]]:
    paths = {choice.path for choice in of_network(space)}
    return ((path, value) for path, value in architecture.choices.items() if path in paths)


def _equal(one: Architecture, other: Architecture) -> bool:
    """Whether two architectures are the same network; compares the cheapest properties first."""
    return (one.params, one.macs) == (other.params, other.macs) and one.id == other.id

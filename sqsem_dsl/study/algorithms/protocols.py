"""The interface of a space for searches. Does not use Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.search import SearchSettings


class Searchable(Protocol):
    """The members that every search needs."""

    @property
    def choices(self) -> tuple[Choice, ...]: ...

    def sample_one(self, seed: int) -> Architecture:
        """A random architecture; raises SqsError if none is found."""
        ...

    def resolve(self, values: Mapping[str, Value]) -> Architecture | None:
        """The architecture of an assignment, which may contain inactive choices; None outside rules and budgets."""
        ...


@runtime_checkable
class Countable(Protocol):
    """A space with numbered assignments: each is available without the others."""

    @property
    def count(self) -> int | None:
        """Assignments of the network within the rules; None if they have no numbers."""
        ...

    def at(self, assignment: int) -> Architecture:
        """The architecture with a number from 0 to `count` - 1, in the order of the space; the choices of `train` have
        their first values."""
        ...

    def is_feasible(self, architecture: Architecture) -> bool:
        """Whether it is within the budgets."""
        ...


class Cost(Protocol):
    """The sizes of a network; `activations` is the number of elements of its largest tensor."""

    @property
    def params(self) -> int: ...
    @property
    def macs(self) -> int: ...
    @property
    def activations(self) -> int: ...


class CostLookup(Protocol):
    """The sizes of networks without building them, in microseconds."""

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of each choice by its path."""
        ...

    def of(self, options: Mapping[int, int]) -> Cost | None:
        """The sizes for options, both by number; an interval has one option. None if there is no such network."""
        ...


@runtime_checkable
class Costed(Protocol):
    """A space that knows the sizes of its networks."""

    @property
    def path_costs(self) -> CostLookup | None: ...


class SearchedSpace(Searchable, Protocol):
    """The members of a space that a study, a hypermodel and a tuner need."""

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, Shape]: ...
    @property
    def outputs(self) -> Mapping[str, OutputFact]: ...
    @property
    def search_settings(self) -> SearchSettings: ...
    def default(self) -> Architecture: ...

"""What a search asks of a space. Knows no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.search import SearchSettings
from sqsem_dsl.study.hyperparameters import Scalar

Values = dict[str, Scalar]
"""The values of active hyperparameters, by name."""


class Searchable(Protocol):
    """What every search needs."""

    @property
    def choices(self) -> tuple[Choice, ...]: ...

    def sample_one(self, seed: int) -> Architecture:
        """A random architecture; raises SqsError where none is found."""
        ...

    def resolve(self, values: Mapping[str, Value]) -> Architecture | None:
        """The architecture of an assignment, values that it does not draw ignored; None outside rules and budgets."""
        ...


@runtime_checkable
class Countable(Protocol):
    """A space whose assignments have numbers: any of them can be had without the others."""

    @property
    def count(self) -> int | None:
        """Assignments of the network within the rules; None where they have no numbers."""
        ...

    def at(self, assignment: int) -> Architecture:
        """The architecture with a number from 0 to `count` - 1, in the order of the space; what is searched of `train`
        is at its first values."""
        ...

    def is_feasible(self, architecture: Architecture) -> bool:
        """Whether it is within the budgets."""
        ...


class SearchedSpace(Searchable, Protocol):
    """What a study, a hypermodel and a tuner ask of a space."""

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, Shape]: ...
    @property
    def outputs(self) -> Mapping[str, OutputFact]: ...
    @property
    def search(self) -> SearchSettings: ...
    def default(self) -> Architecture: ...

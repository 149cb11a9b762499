"""The interface of search algorithms: `ask` for the next trial, `tell` its result. Does not use Keras.

An algorithm has only `ask` and `tell`. To resume, a study makes a new algorithm and replays the recorded trials in
their order (`recall` for each started trial, `tell` for each finished one). The algorithm then makes the same proposals
as without the interruption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.network.architecture import Architecture


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trial to run."""

    choices: Assignment
    """The values of the active choices, by path."""
    architecture: Architecture
    epochs: int
    """The last epoch of its training, counted from the first of the trial that it continues, if any."""
    schedule_epochs: int | None = None
    """The length for which learning rate schedules are planned, if it is not `epochs`."""
    continues: int | None = None
    """The number of the trial whose training it continues."""
    memo: Mapping[str, Any] = field(default_factory=dict)
    """The algorithm's own data of the trial, fit for JSON: what `recall` needs in addition to the choices."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be proposed before a running trial has finished."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """There is nothing left to propose."""

    reason: str


class Algorithm(Protocol):
    """Numbers of trials start at 1 and always increase."""

    def ask(self, number: int) -> Proposal | Wait | Exhausted:
        """The trial with this number. It counts as running and is not returned again."""
        ...

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        """The end of a trial: a score for each objective, unchanged (accuracy up, loss down), or None if it failed.
        `share`: the part of its planned epochs after which `stopping` ended it; 1 if it was not stopped."""
        ...

    def recall(self, number: int, choices: Assignment, memo: Mapping[str, Any]) -> None:
        """Records that `ask(number)` returned these values. They must still be in the space."""
        ...

    def still_needed(self) -> frozenset[int]:
        """The trials that others may still continue: their last state must be kept."""
        ...

    @property
    def skipped(self) -> int:
        """Configurations skipped so far because they repeat an earlier training."""
        ...

"""What a study asks of a search algorithm: what to try next, told what came of it. Knows no Keras.

`ask` and `tell` are all there is. A study that goes on after its process died makes a new algorithm and tells it the
past again, in the order in which it happened (`recall` for each trial that was begun, `tell` for each that ended); it
then proposes what it would have proposed without the interruption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.study.hyperparameters import Scalar


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trial to run."""

    values: Mapping[str, Scalar]
    """By hyperparameter, the active ones alone, with what the algorithm keeps beside them (`tuner/…`)."""
    architecture: Architecture
    epochs: int
    """The last epoch of its training, counted from the first of the trial that it continues, if any."""
    schedule_epochs: int | None = None
    """The length that learning rate schedules are laid out for, where it is not `epochs`."""
    continues: int | None = None
    """The number of the trial whose training it continues."""
    memo: Mapping[str, Any] = field(default_factory=dict)
    """Plain data that `recall` needs beside the values."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be proposed before a running trial has ended."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """There is nothing left to propose."""

    reason: str


class Algorithm(Protocol):
    """Numbers of trials count from 1 and only ever grow."""

    def ask(self, number: int) -> Proposal | Wait | Exhausted:
        """What the trial of that number is to be. What is given runs: it is not given again."""
        ...

    def tell(self, number: int, scores: tuple[float, ...] | None) -> None:
        """The end of a trial: a score for each goal, as they are (accuracy up, loss down), or None where it failed."""
        ...

    def recall(self, number: int, values: Mapping[str, Scalar], memo: Mapping[str, Any]) -> None:
        """Take it that `ask(number)` gave these. What is no longer within the space must not be told of."""
        ...

    def still_needed(self) -> frozenset[int]:
        """The trials that others may yet continue: their last state must stay."""
        ...

    @property
    def skipped(self) -> int:
        """Configurations put aside so far because they give a training that was had already."""
        ...

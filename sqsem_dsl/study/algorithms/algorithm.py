"""The interface of search algorithms: `ask` for the next trial, `tell` its result. Does not use Keras.

`ask` and `tell` are all there is. To resume, a study makes a new algorithm and replays the recorded trials in their
order (`recall` for each trial that was started, `tell` for each that ended). The algorithm then makes the same
proposals as without the interruption.
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
    """By hyperparameter, only the active ones, and the algorithm's own values (`tuner/…`)."""
    architecture: Architecture
    epochs: int
    """The last epoch of its training, counted from the first of the trial that it continues, if any."""
    schedule_epochs: int | None = None
    """The length that learning rate schedules are laid out for, where it is not `epochs`."""
    continues: int | None = None
    """The number of the trial whose training it continues."""
    memo: Mapping[str, Any] = field(default_factory=dict)
    """Plain data that `recall` needs in addition to the values."""


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
        """Record that `ask(number)` gave these values. They must still be in the space."""
        ...

    def still_needed(self) -> frozenset[int]:
        """The trials that others may yet continue: their last state must stay."""
        ...

    @property
    def skipped(self) -> int:
        """Configurations put aside so far because they give a training that was had already."""
        ...

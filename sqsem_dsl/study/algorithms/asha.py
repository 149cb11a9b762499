"""Asynchronous successive halving around any algorithm: stopped trials that have come into the best part continue.

The bars of `stopping.bars` stop trials. This wrapper proposes to continue them, as the paper does (L. Li et al., "A
system for massively parallel hyperparameter tuning", MLSys 2020): a trial that is among the best `1 / factor` at the
epoch at which it was stopped continues before a new configuration starts, those that came furthest first. Searches in
the paper do not end. Here, when there are no more configurations and none of them has trained to its last epoch, the
best of those that came furthest continues.

The wrapped algorithm sees the end of a stopped trial with its score so far, and a continuation as one more trial of the
same choices, which it did not propose itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqsem_dsl.ir.choices import Assignment, decode_choices
from sqsem_dsl.study.algorithms.algorithm import Algorithm, Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.limits import all_done
from sqsem_dsl.study.stopping.trainings import Trainings

STATES = 6
"""Stopped trials of an epoch whose last state is kept. A training that continues without it starts at its first
epoch."""


class AshaAlgorithm:
    """Continues the stopped trials of an algorithm. The study records what happens in `trainings`."""

    def __init__(
        self, algorithm: Algorithm, space: Searchable, trainings: Trainings, *, factor: int, trials: int | None
    ) -> None:
        """`trials`: the number of configurations. None: as many as the algorithm proposes."""
        self.algorithm, self.space, self.trainings = algorithm, space, trainings
        self.factor, self.trials = factor, trials
        self._exhausted: Exhausted | None = None

    def ask(self, number: int) -> Proposal | Wait | Exhausted:
        stopped = self.trainings.promotable(self.factor)
        if stopped is not None:
            return self._continuation(number, stopped)
        found = self._configuration(number)
        if not isinstance(found, Exhausted):
            return found
        if self.trainings.running:
            return Wait()
        stopped = None if self.trainings.finished else self.trainings.leader()
        return found if stopped is None else self._continuation(number, stopped)

    def _configuration(self, number: int) -> Proposal | Wait | Exhausted:
        if self.trials is not None and self.trainings.configurations >= self.trials:
            return Exhausted(all_done(self.trials))
        if self._exhausted is None:
            found = self.algorithm.ask(number)
            if not isinstance(found, Exhausted):
                return found
            self._exhausted = found
        return self._exhausted

    def _continuation(self, number: int, stopped: Trial) -> Proposal:
        choices = decode_choices(self.space.choices, stopped.choices)
        architecture = self.space.resolve(choices)
        assert architecture is not None  # It is a valid trial of this space.
        self.algorithm.recall(number, choices, {})
        return Proposal(
            choices,
            architecture,
            stopped.planned,
            schedule_epochs=stopped.schedule_epochs,
            continues=stopped.number,
        )

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        self.algorithm.tell(number, scores, share)

    def recall(self, number: int, choices: Assignment, memo: Mapping[str, Any]) -> None:
        self.algorithm.recall(number, choices, memo)

    def still_needed(self) -> frozenset[int]:
        return self.algorithm.still_needed() | self.trainings.needed(STATES)

    @property
    def skipped(self) -> int:
        return self.algorithm.skipped

"""Random search and grid search: what is tried next depends on no result, and needs no KerasTuner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal
from sqsem_dsl.study.algorithms.proposals import Proposals
from sqsem_dsl.study.algorithms.searchable import Searchable, Values
from sqsem_dsl.targets.hyperparameters import Scalar


class Drawn:
    """Assignments in a shuffled order, or with `in_order` in that of the space, none twice, until there are no more."""

    def __init__(self, space: Searchable, *, seed: int, epochs: int | None, in_order: bool = False) -> None:
        """`epochs`: the length of every training, where it is not what the choices say."""
        self.proposals = Proposals(space, seed, epochs)
        self.epochs, self.in_order = epochs, in_order

    def ask(self, number: int) -> Proposal | Exhausted:
        values = self.choose(number)
        if values is None:
            return Exhausted(self.proposals.ended or "there is nothing left to try")
        architecture = self.proposals.architecture(values)
        assert architecture is not None  # Nothing outside the rules is ever proposed.
        known = self.proposals.memo(values)
        self.proposals.record(values, known["training"])
        return Proposal(values, architecture, self.epochs or architecture.train.epochs, memo={"known": known})

    def choose(self, number: int) -> Values | None:
        """The values of the trial of that number; None where there are none."""
        return self.proposals.next_in_order() if self.in_order else self.proposals.random(number - 1)

    def tell(self, number: int, scores: tuple[float, ...] | None) -> None:
        """No result changes what is tried."""

    def recall(self, number: int, values: Mapping[str, Scalar], memo: Mapping[str, Any]) -> None:
        self.proposals.recall(values, memo.get("known", {}), in_order=self.in_order and bool(memo))

    def still_needed(self) -> frozenset[int]:
        return frozenset()

    @property
    def skipped(self) -> int:
        return self.proposals.skipped

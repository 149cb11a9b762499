"""Random search and grid search: proposals do not depend on results, and do not need KerasTuner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, assert_never

from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal
from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.protocols import Searchable, Values
from sqsem_dsl.study.hyperparameters import Scalar

How = Literal["assignments", "choices", "in order"]
"""Assignments in a shuffled order, choice by choice, or in the order of the space."""


class RandomSearch:
    """Assignments without repetition, until there are no more."""

    def __init__(self, space: Searchable, how: How = "choices", *, seed: int, epochs: int | None) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        self.proposals = Proposals(space, seed, epochs)
        self.epochs, self.how = epochs, how

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
        """The values of the trial with this number; None if there are none."""
        match self.how:
            case "assignments":
                return self.proposals.random(number - 1)
            case "choices":
                return self.proposals.by_choice(number - 1)
            case "in order":
                return self.proposals.next_in_order()
            case _:
                assert_never(self.how)

    def tell(self, number: int, scores: tuple[float, ...] | None) -> None:
        """Results do not change the proposals."""

    def recall(self, number: int, values: Mapping[str, Scalar], memo: Mapping[str, Any]) -> None:
        self.proposals.recall(values, memo.get("known", {}), in_order=self.how == "in order" and bool(memo))

    def still_needed(self) -> frozenset[int]:
        return frozenset()

    @property
    def skipped(self) -> int:
        return self.proposals.skipped

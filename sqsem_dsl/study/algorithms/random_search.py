"""Random search and grid search: proposals do not depend on results, and do not need KerasTuner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, assert_never

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal
from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.protocols import Searchable

How = Literal["assignments", "choices", "in order"]
"""Assignments in a shuffled order, choice by choice, or in the order of the space."""


class RandomSearch:
    """Assignments without repetition, until there are no more."""

    def __init__(self, space: Searchable, how: How = "choices", *, seed: int, epochs: int | None) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        self.proposals = Proposals(space, seed, epochs)
        self.epochs, self.how = epochs, how

    def ask(self, number: int) -> Proposal | Exhausted:
        chosen = self.choose(number)
        if chosen is None:
            return Exhausted(self.proposals.ended or "there is nothing left to try")
        architecture, known = self.proposals.start(chosen)
        self.started(number, architecture.choices)
        epochs = self.epochs or architecture.train.epochs
        return Proposal(architecture.choices, architecture, epochs, memo={"known": known})

    def choose(self, number: int) -> Assignment | None:
        """The choices of the trial with this number; None if there are none."""
        match self.how:
            case "assignments":
                return self.proposals.random(number - 1)
            case "choices":
                return self.proposals.by_choice(number - 1)
            case "in order":
                return self.proposals.next_in_order()
            case _:
                assert_never(self.how)

    def started(self, number: int, choices: Assignment) -> None:
        """Called for every trial that starts, also for those that are recalled."""

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        """Results do not change the proposals."""

    def recall(self, number: int, choices: Assignment, memo: Mapping[str, Any]) -> None:
        self.proposals.recall(choices, memo.get("known", {}), in_order=self.how == "in order" and bool(memo))
        self.started(number, choices)

    def still_needed(self) -> frozenset[int]:
        return frozenset()

    @property
    def skipped(self) -> int:
        return self.proposals.skipped

"""The assignments of a space by number, in the order of the space and in a shuffled one. Does not use Keras.

A space that numbers its networks is never listed: one of 10^20 assignments is enumerated like one of 39. Other spaces
are listed if they are small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.algorithms.protocols import Countable, Searchable
from sqsem_dsl.utils.permutation import Permutation


class Order(Protocol):
    """Every assignment of the network with every setting of `train`; the first choice is the most significant."""

    @property
    def count(self) -> int: ...

    def __getitem__(self, index: int) -> Assignment | None:
        """The values with a number from 0 to `count` - 1; None if they are known to be outside the budgets."""
        ...


@dataclass(frozen=True)
class Listed:
    """A small space, in which some assignments may break rules."""

    every: Sequence[Assignment]

    @property
    def count(self) -> int:
        return len(self.every)

    def __getitem__(self, index: int) -> Assignment:
        return self.every[index]


@dataclass(frozen=True)
class Numbered:
    """A space that numbers the assignments within its rules."""

    space: Countable
    networks: int
    tree: ChoiceTree
    trainings: Sequence[Assignment]
    """The settings of `train`: at least one, which may be empty."""

    @property
    def count(self) -> int:
        return self.networks * len(self.trainings)

    def __getitem__(self, index: int) -> Assignment | None:
        network, training = divmod(index, len(self.trainings))
        architecture = self.space.at(network)
        if not self.space.is_feasible(architecture):
            return None
        found = {**architecture.choices, **self.trainings[training]}
        return self.tree.complete(found)


def order_of(space: Searchable, tree: ChoiceTree, most: int) -> Order | None:
    """The assignments of a space by number; None if a choice is continuous, or if there are no numbers and more than
    `most` assignments."""
    if not tree.finite:
        return None
    if isinstance(space, Countable) and space.count is not None:
        trainings = _trainings(tree, most)
        if trainings is not None:
            return Numbered(space, space.count, tree, trainings)
    every = list(islice(tree.every(), most + 1))
    return Listed(every) if len(every) <= most else None


def _trainings(tree: ChoiceTree, most: int) -> list[Assignment] | None:
    """Every setting of `train`; None if they depend on the network, or are more than `most`."""
    searched = [choice for choice in tree if choice.section == "train"]
    paths = {choice.path for choice in searched}
    if any(path not in paths for choice in searched for cube in choice.when for path, _ in cube):
        return None
    found: list[Assignment] = list(islice(ChoiceTree(searched).every(), most + 1))
    return found if len(found) <= most else None


class Walk:
    """Iterates over an order once, continuing from the last position: skips values that are not new, stops at the next
    new ones."""

    def __init__(self, order: Order, shuffled: int | None) -> None:
        """`shuffled`: the seed of a shuffled order; None: the order of the space."""
        self.order = order
        self._permutation = None if shuffled is None else Permutation(order.count, shuffled)
        self.position = 0
        self.broken = 0
        """Skipped assignments that break a rule or a budget."""

    @property
    def finished(self) -> bool:
        return self.position >= self.order.count

    def next(self, fresh: Callable[[Assignment], bool | None], most: int) -> Assignment | None:
        """The first values that are `fresh`, where the iteration stays; None if there are none, or not among the next
        `most`. `fresh` is None for values that break a rule or a budget."""
        for _ in range(most):
            if self.finished:
                return None
            at = self.position if self._permutation is None else self._permutation[self.position]
            values = self.order[at]
            judged = None if values is None else fresh(values)
            if judged:
                return values
            self.broken += judged is None
            self.position += 1
        return None

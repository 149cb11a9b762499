"""The assignments of a space by number, in the order of the space and in a shuffled one. Does not use Keras.

A space that numbers its networks is never listed: one of 10^20 assignments is enumerated like one of 39. Other spaces
are listed if they are small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from sqsem_dsl.study.algorithms.protocols import Countable, Searchable, Values
from sqsem_dsl.study.hyperparameters import Declarations
from sqsem_dsl.utils.permutation import Permutation


class Order(Protocol):
    """Every assignment of the network with every setting of `train`; the first choice is the most significant."""

    @property
    def count(self) -> int: ...

    def __getitem__(self, index: int) -> Values | None:
        """The values with a number from 0 to `count` - 1; None if they are known to be outside the budgets."""
        ...


@dataclass(frozen=True)
class Listed:
    """A small space, in which some assignments may break rules."""

    every: Sequence[Values]

    @property
    def count(self) -> int:
        return len(self.every)

    def __getitem__(self, index: int) -> Values:
        return dict(self.every[index])


@dataclass(frozen=True)
class Numbered:
    """A space that numbers the assignments within its rules."""

    space: Countable
    networks: int
    declarations: Declarations
    trainings: Sequence[Values]
    """The settings of `train`: at least one, which may be empty."""

    @property
    def count(self) -> int:
        return self.networks * len(self.trainings)

    def __getitem__(self, index: int) -> Values | None:
        network, training = divmod(index, len(self.trainings))
        architecture = self.space.at(network)
        if not self.space.is_feasible(architecture):
            return None
        own = self.declarations.write(architecture.choices)
        settings = self.trainings[training]
        values = {**own, **settings}
        return {item.name: values[item.name] for item in self.declarations if item.name in values}


def order_of(space: Searchable, declarations: Declarations, most: int) -> Order | None:
    """The assignments of a space by number; None if a choice is continuous, or if there are no numbers and more than
    `most` assignments."""
    if not declarations.finite:
        return None
    if isinstance(space, Countable) and space.count is not None:
        trainings = _trainings(space, declarations, most)
        if trainings is not None:
            return Numbered(space, space.count, declarations, trainings)
    every = list(islice(declarations.every(), most + 1))
    return Listed(every) if len(every) <= most else None


def _trainings(space: Searchable, declarations: Declarations, most: int) -> list[Values] | None:
    """Every setting of `train`; None if they depend on the network, or are more than `most`."""
    searched = {choice.path for choice in space.choices if choice.section == "train"}
    items = tuple(item for item in declarations if item.name in searched)
    if any(name not in searched for item in items for cube in item.when for name, _ in cube):
        return None
    found = list(islice(Declarations(items).every(), most + 1))
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
    def over(self) -> bool:
        return self.position >= self.order.count

    def next(self, fresh: Callable[[Values], bool | None], most: int) -> Values | None:
        """The first values that are `fresh`, where the iteration stays; None if there are none, or not among the next
        `most`. `fresh` is None for values that break a rule or a budget."""
        for _ in range(most):
            if self.over:
                return None
            at = self.position if self._permutation is None else self._permutation[self.position]
            values = self.order[at]
            judged = None if values is None else fresh(values)
            if judged:
                return values
            self.broken += judged is None
            self.position += 1
        return None

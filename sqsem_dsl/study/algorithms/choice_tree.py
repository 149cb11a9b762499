"""The choices of a space one after the other: which are active after the values of those before them.

An assignment has a value for every active choice and for no other. A choice is active if one of its conditions on
earlier choices holds. (If the conditions of a choice are too many to be known, it counts as active here, and the
architecture says whether it is.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from sqsem_dsl.ir.choices import Assignment, Categorical, Choice, Continuous, Domain
from sqsem_dsl.ir.draws import density, sample_at, value_at
from sqsem_dsl.operators.row import Value

LEAST = 1e-6
"""The least density of a value, compared with uniform draws."""


class ChoiceTree:
    """All choices of a space, parents before children."""

    def __init__(self, choices: Iterable[Choice]) -> None:
        self.choices = tuple(choices)
        self.believed = tuple(choice for choice in self.choices if choice.prior is not None)
        """The choices with a prior."""
        self._conditions = {
            choice.path: [[(path, frozenset((type(v), v) for v in values)) for path, values in cube] for cube in when]
            for choice in self.choices
            if (when := choice.when) != ((),)
        }
        """By path, for conditional choices: each condition as earlier paths with their accepted values."""

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.choices)

    @property
    def finite(self) -> bool:
        """Whether no choice is continuous."""
        return all(isinstance(choice.domain, Categorical) for choice in self.choices)

    def is_active(self, choice: Choice, before: Assignment) -> bool:
        """Whether a choice is active after the values of the choices before it."""
        conditions = self._conditions.get(choice.path)
        if conditions is None:
            return True
        for cube in conditions:
            if all(((value := before.get(path)).__class__, value) in accepted for path, accepted in cube):
                return True
        return False

    def complete(self, assignment: Assignment) -> dict[str, Value]:
        """An assignment with the first value for each active choice that it lacks, and without inactive choices."""
        return self._made(lambda choice: assignment.get(choice.path, choice.default))

    def draw(self, position: Callable[[], float]) -> dict[str, Value]:
        """An assignment, each active choice sampled by its prior, at the next position from 0 to 1."""
        return self._made(lambda choice: sample_at(choice.domain, choice.prior, position()))

    def last(self) -> dict[str, Value]:
        """The last of `every`: each active choice at its last value."""
        return self._made(lambda choice: value_at(choice.domain, 1.0))

    def belief(self, assignment: Assignment) -> float:
        """The logarithm of the prior probability of an assignment, compared with uniform draws. A value of weight 0
        counts as very improbable, so that results can still lead to it."""
        return sum(
            math.log(max(density(choice.domain, choice.prior, assignment[choice.path]), LEAST))
            for choice in self.believed
            if choice.path in assignment
        )

    def _made(self, value: Callable[[Choice], Value]) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for choice in self.choices:
            if self.is_active(choice, made):
                made[choice.path] = value(choice)
        return made

    def every(self, samples: int = 10, after: Assignment | None = None) -> Iterator[dict[str, Value]]:
        """Every assignment, the first choice most significant; for an interval, that many values, including its ends.

        With `after`, only those that follow it; the values of intervals in it must be among the samples.
        """
        choices, made = self.choices, dict[str, Value]()
        levels = [_levels(choice.domain, samples) for choice in choices]

        def active_from(index: int) -> int:
            while index < len(choices) and not self.is_active(choices[index], made):
                index += 1
            return index

        open_levels: list[tuple[int, Iterator[Value]]] = []
        index = active_from(0)
        if after is not None:
            while index < len(choices):
                path = choices[index].path
                at = _position(levels[index], after[path]) if path in after else 0
                open_levels.append((index, iter(levels[index][at + 1 :])))
                made[path] = levels[index][at]
                index = active_from(index + 1)
        started = after is None
        while True:
            if started:
                if index == len(choices):
                    yield dict(made)
                else:
                    open_levels.append((index, iter(levels[index])))
            started = True
            while open_levels:
                last, rest = open_levels[-1]
                value = next(rest, None)
                if value is not None:
                    made[choices[last].path] = value
                    index = active_from(last + 1)
                    break
                made.pop(choices[last].path, None)
                open_levels.pop()
            else:
                return


def _position(values: tuple[Value, ...], value: Value) -> int:
    """Where a value is; `True` and 1 differ."""
    return next(at for at, each in enumerate(values) if each == value and type(each) is type(value))


def _levels(domain: Domain, samples: int) -> tuple[Value, ...]:
    match domain:
        case Categorical(values=values):
            return values
        case Continuous():
            return tuple(dict.fromkeys(value_at(domain, i / (samples - 1)) for i in range(samples)))
        case _:
            assert_never(domain)

"""Architectures as points for a surrogate: their choices, the same pooled over iterations, and their exact costs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TypeAlias, assert_never

import numpy as np

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import Assignment, Categorical, Choice, Continuous
from sqsem_dsl.ir.draws import position_in
from sqsem_dsl.operators.row import Value
from sqsem_dsl.study.algorithms.gaussian_process import Array
from sqsem_dsl.study.algorithms.protocols import Cost, Costed, Searchable

Row: TypeAlias = tuple[float, ...]
Costs: TypeAlias = tuple[float, float, float]
"""The logarithms of parameters, of MACs, and of the elements of the largest tensor."""


class Features:
    """The features of assignments of one space.

    - `choices`: for each choice, a column for each of its values, 1 for the value that it has; ascending numbers have
      one column, the position from 0 to 1 (logarithmic if the numbers span a factor of 10), and one that says whether
      the choice is active. All columns of an inactive choice are 0.
    - `pooled`: the same columns, summed over the iterations of a repeat and divided by the number of iterations:
      iterations share what they mean.
    - `costs`: the logarithms of parameters, of MACs, and of the elements of the largest tensor.
    """

    def __init__(self, space: Searchable) -> None:
        self.space = space
        self.looks_up_costs = isinstance(space, Costed) and space.looks_up_costs
        """Whether `costs` takes microseconds; otherwise it builds the network."""
        self._columns = [_columns(choice) for choice in space.choices if _varies(choice)]
        self._starts = [0, *accumulate(each.width for each in self._columns)]
        families: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, each in enumerate(self._columns):
            families[str(each.choice.at.family), str(each.choice.domain)].append(number)
        self._families = [numbers for numbers in families.values() if len(numbers) > 1]

    def row(self, assignment: Assignment) -> Row:
        """The group `choices` of one assignment."""
        return tuple(column for each in self._columns for column in each.of(assignment))

    def of_rows(self, rows: Sequence[Row]) -> tuple[Array, Array]:
        """The groups `choices` and `pooled` of several assignments, which need no network."""
        every = np.array(rows, dtype=np.float64).reshape(len(rows), self._starts[-1])
        pooled = [np.mean([self._part(every, number) for number in numbers], axis=0) for numbers in self._families]
        return every, np.concatenate(pooled, axis=1) if pooled else np.zeros((len(rows), 0))

    def costs(self, assignment: Assignment) -> Costs:
        """The group `costs` of one assignment; zeros if it breaks a rule or a budget."""
        found: Cost | None
        if self.looks_up_costs and isinstance(self.space, Costed):
            try:
                found = self.space.cost(assignment)
            except SqsError:
                found = None
        else:
            found = self.space.resolve(assignment)
        if found is None:
            return 0.0, 0.0, 0.0
        return math.log1p(found.params), math.log1p(found.macs), math.log1p(found.activations)

    def _part(self, rows: Array, number: int) -> Array:
        return rows[:, self._starts[number] : self._starts[number + 1]]


@dataclass(frozen=True)
class Columns:
    """The columns of one choice."""

    choice: Choice
    width: int
    known: Mapping[tuple[type, Value], tuple[float, ...]]
    """The columns of each value of a discrete domain."""

    def of(self, assignment: Mapping[str, Value]) -> tuple[float, ...]:
        """The columns of the value that an assignment gives to the choice."""
        path, domain = self.choice.path, self.choice.domain
        if path not in assignment:
            return (0.0,) * self.width
        value = assignment[path]
        match domain:
            case Categorical():
                return self.known[type(value), value]
            case Continuous():
                return 1.0, position_in(domain, value)
            case _:
                assert_never(domain)


def _columns(choice: Choice) -> Columns:
    match choice.domain:
        case Continuous():
            return Columns(choice, 2, {})
        case Categorical(values=values):
            numbers = [Fraction(v) for v in values if isinstance(v, int | Fraction) and not isinstance(v, bool)]
            rows: list[tuple[float, ...]]
            if len(numbers) == len(values) >= 3 and all(a < b for a, b in pairwise(numbers)):
                low, high = numbers[0], numbers[-1]
                scale = Continuous(low, high, log=low > 0 and high >= 10 * low)
                rows = [(1.0, position_in(scale, number)) for number in numbers]
            else:
                rows = [tuple(float(i == k) for i in range(len(values))) for k in range(len(values))]
            return Columns(choice, len(rows[0]), {(type(v), v): row for v, row in zip(values, rows, strict=True)})
        case _:
            assert_never(choice.domain)


def _varies(choice: Choice) -> bool:
    return not isinstance(choice.domain, Categorical) or len(choice.domain.values) > 1

"""Architectures as points for a surrogate: their choices, the same pooled over iterations, and their exact costs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import assert_never

import numpy as np

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.draws import position_in
from sqsem_dsl.study.algorithms.coded_tree import Code, CodedTree
from sqsem_dsl.study.algorithms.gaussian_process import Array
from sqsem_dsl.study.algorithms.protocols import Cost, Costed, CostLookup, Searchable


class Features:
    """The features of assignments of one space.

    - `choices`: for each choice, a column for each of its values, 1 for the value that it has; ascending numbers have
      one column, the position from 0 to 1 (logarithmic if the numbers span a factor of 10), and one that says whether
      the choice is active. All columns of an inactive choice are 0.
    - `pooled`: the same columns, summed over the iterations of a repeat and divided by the number of iterations:
      iterations share what they mean.
    - `costs`: the logarithms of parameters, of MACs, and of the elements of the largest tensor.
    """

    def __init__(self, space: Searchable, tree: CodedTree) -> None:
        self.space, self.tree = space, tree
        self._lookup: CostLookup | None = space.path_costs if isinstance(space, Costed) else None
        numbers = {} if self._lookup is None else self._lookup.numbers
        networks = [(i, slot) for i, slot in enumerate(tree.slots) if slot.choice.section == "architecture"]
        self._discrete = [(numbers[slot.choice.path], i) for i, slot in networks if slot.options and numbers]
        self._intervals = {numbers[slot.choice.path]: 0 for _, slot in networks if not slot.options and numbers}
        self._tables = {number: _table(slot.choice) for number, slot in enumerate(tree.slots) if slot.varies}
        """By number of the choice, a row for each option, and one of zeros for `INACTIVE`; None for an interval."""
        self._starts = [0, *accumulate(2 if table is None else table.shape[1] for table in self._tables.values())]
        families: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, number in enumerate(self._tables):
            choice = tree.slots[number].choice
            families[str(choice.at.family), str(choice.domain)].append(place)
        self._families = [places for places in families.values() if len(places) > 1]

    @property
    def looks_up_costs(self) -> bool:
        """Whether `costs` takes microseconds; otherwise it builds the networks."""
        return self._lookup is not None

    def of(self, codes: Sequence[Code]) -> tuple[Array, Array]:
        """The groups `choices` and `pooled` of several assignments, which need no network."""
        columns = list(zip(*codes, strict=True)) if codes else [()] * len(self.tree.slots)
        every = np.zeros((len(codes), self._starts[-1]))
        for place, (number, table) in enumerate(self._tables.items()):
            domain = self.tree.slots[number].choice.domain
            if table is not None:
                self._part(every, place)[:] = table[np.array(columns[number], dtype=np.intp)]
            elif isinstance(domain, Continuous):
                inside = [(0.0, 0.0) if v is None else (1.0, position_in(domain, v)) for v in columns[number]]
                self._part(every, place)[:] = np.array(inside).reshape(-1, 2)
        pooled = [np.mean([self._part(every, place) for place in places], axis=0) for places in self._families]
        return every, np.concatenate(pooled, axis=1) if pooled else np.zeros((len(codes), 0))

    def costs(self, codes: Iterable[Code]) -> Array:
        """The group `costs` of several assignments; zeros for one that breaks a rule, and, if networks have to be
        built, for one outside the budgets."""
        every = (self._cost(code) for code in codes)
        found = [(0, 0, 0) if cost is None else (cost.params, cost.macs, cost.activations) for cost in every]
        return np.array([tuple(map(math.log1p, sizes)) for sizes in found]).reshape(-1, 3)

    def _cost(self, code: Code) -> Cost | None:
        if self._lookup is None:
            return self.space.resolve(self.tree.decode(code))
        return self._lookup.of({number: code[slot] for number, slot in self._discrete} | self._intervals)

    def _part(self, rows: Array, place: int) -> Array:
        return rows[:, self._starts[place] : self._starts[place + 1]]


def _table(choice: Choice) -> Array | None:
    match choice.domain:
        case Continuous():
            return None
        case Categorical(values=values):
            numbers = [Fraction(v) for v in values if isinstance(v, int | Fraction) and not isinstance(v, bool)]
            if len(numbers) == len(values) >= 3 and all(a < b for a, b in pairwise(numbers)):
                low, high = numbers[0], numbers[-1]
                scale = Continuous(low, high, log=low > 0 and high >= 10 * low)
                return np.array([*((1.0, position_in(scale, number)) for number in numbers), (0.0, 0.0)])
            return np.eye(len(values) + 1, len(values))
        case _:
            assert_never(choice.domain)

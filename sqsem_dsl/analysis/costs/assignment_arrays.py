"""Many assignments at once: their options and their costs as arrays, without a network and without a loop over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sqsem_dsl.analysis.costs.cost_arrays import CostArrays
from sqsem_dsl.analysis.costs.unrank_arrays import NEVER, Options, UnrankArrays, no_options
from sqsem_dsl.analysis.costs.walk_plan import NOT_ACTIVE
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.elaborate.errors.choices import CostsNotKnown, NoSuchIndex, NotAssignments
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.network.architecture import Architecture

if TYPE_CHECKING:
    from sqsem_dsl.space.space import Space

BLOCK = 8_192
"""Assignments that go through the diagrams together: their arrays fit into a processor's cache."""
SHOWN = 5
"""Wrong rows or numbers that an error names."""
Array = npt.NDArray[Any]
Many = Array | Sequence[int] | Sequence[Mapping[str, object]] | Sequence[Architecture]
"""Numbers, rows of options, assignments of paths to values, or architectures."""


class AssignmentArrays:
    """The diagrams of a space, prepared for many assignments."""

    def __init__(self, space: Space) -> None:
        self._space = space
        numbers = {choice.path: number for number, choice in enumerate(space.graph.choices)}
        self._columns = [numbers[choice.path] for choice in space.choices]
        """For each choice of the space, its number in the graph."""

    def options(self, numbers: Array | Sequence[int]) -> npt.NDArray[np.int16]:
        """See `Space.options`."""
        checked = self._numbers(numbers)
        found = np.empty((len(checked), len(self._columns)), np.int16)
        for first in range(0, len(checked), BLOCK):
            block = self._unrank.options(checked[first : first + BLOCK])
            found[first : first + BLOCK] = block[self._columns].T
        return found

    def costs(self, assignments: Many) -> Array:
        """See `Space.costs`."""
        arrays = self._costs
        if isinstance(assignments, np.ndarray) and assignments.ndim == 2:
            return self._costs_of_rows(assignments)
        numbers = self._numbers(self._indexed(assignments))
        found = np.empty(len(numbers), arrays.dtype)
        for first in range(0, len(numbers), BLOCK):
            options = self._unrank.options(numbers[first : first + BLOCK])
            found[first : first + BLOCK], present = arrays.costs(options)
            assert present.all()
        return found

    def _costs_of_rows(self, rows: Array) -> Array:
        if rows.dtype.kind not in "iu" or rows.shape[1] != len(self._columns):
            shape = f"{rows.shape[1]} columns of {rows.dtype}"
            raise TypeError(
                f"a row of options has {len(self._columns)} whole numbers, one for each choice, not {shape}"
            )
        found, present = np.empty(len(rows), self._costs.dtype), np.zeros(len(rows), bool)
        for first in range(0, len(rows), BLOCK):
            here = slice(first, first + BLOCK)
            found[here], present[here] = self._costs.costs(self._options_of(rows[here]))
        wrong = np.flatnonzero(~present)
        if len(wrong):
            shown = tuple(wrong[:SHOWN].tolist())
            raise SqsError([NotAssignments(self._space.span, shown, len(wrong), len(rows))])
        return found

    def _options_of(self, rows: Array) -> Options:
        """The options of rows. Those that a choice does not have are as if it were not active."""
        options = no_options(len(self._domains), len(rows))
        for choice, column in zip(self._columns, rows.T, strict=True):
            most = self._domains[choice]
            if most is None:
                options[choice] = 0
            else:
                options[choice] = np.where((column >= 0) & (column < most), column, NOT_ACTIVE)
        return options

    # ---- arguments

    def _indexed(self, assignments: Many) -> Array | Sequence[int]:
        """Numbers in place of assignments by path and of architectures."""
        if isinstance(assignments, np.ndarray | range):
            return assignments
        found: list[int] = []
        for one in assignments:
            match one:
                case Architecture():
                    found.append(self._space.index(one.choices))
                case Mapping():
                    found.append(self._space.index(one))
                case _:
                    found.append(one)
        return found

    def _numbers(self, given: Array | Sequence[int]) -> Array | Sequence[int]:
        """Numbers of assignments, as 64-bit numbers if the space has no more of them. Raises TypeError for others than
        whole numbers, and SqsError for numbers of no assignment."""
        count = self._space.numbering.count
        wrong: Array | Sequence[int]
        if isinstance(given, np.ndarray) and given.dtype.kind in "iu" and given.ndim == 1:
            wrong = given[(given < 0) | (given >= count)] if count <= NEVER else given[given < 0]
        elif isinstance(given, range):
            ends = {given[0], given[-1]} if given else ()
            wrong = [number for number in sorted(ends) if not 0 <= number < count]
        else:
            for number in given:
                if not isinstance(number, Integral) or isinstance(number, bool):
                    raise TypeError(f"the number of an assignment is a whole number, not {number!r}")
            wrong = [number for number in given if not 0 <= number < count]
        if len(wrong):
            raise SqsError([NoSuchIndex(self._space.span, int(number), count) for number in wrong[:SHOWN]])
        return given if count > NEVER else np.asarray(given, np.int64)

    # ---- diagrams

    @cached_property
    def _domains(self) -> list[int | None]:
        """The number of options of each choice of the graph; None for a continuous one."""
        domains = (choice.domain for choice in self._space.graph.choices)
        return [len(domain.values) if isinstance(domain, Categorical) else None for domain in domains]

    @cached_property
    def _unrank(self) -> UnrankArrays:
        return UnrankArrays(self._space.numbering, len(self._domains))

    @cached_property
    def _costs(self) -> CostArrays:
        """Raises SqsError if the costs of all assignments are not known."""
        facts = self._space.analysis
        if facts.diagram is None:
            raise SqsError([CostsNotKnown(self._space.span, facts.limits["costs"])])
        domains = [1 if most is None else most for most in self._domains]
        return CostArrays(facts.diagram, facts.depths or {}, domains, self._space.graph.times is not None)

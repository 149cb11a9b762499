"""Budgets that read `memory`, which is known of single networks only: what they say about all assignments at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sqsem_dsl.analysis.costs.quantities import LARGEST, SINGLE
from sqsem_dsl.ir.graph import Budget
from sqsem_dsl.network.memory import BYTES


def reads_memory(budget: Budget) -> bool:
    """Whether it can be checked only for single networks."""
    return any(name == SINGLE for name, _ in budget.terms)


def relaxed(budget: Budget) -> Budget | None:
    """A budget without `memory` that holds wherever this one does, with the same text; None if there is none.

    All values of the largest tensor are alive at once, so that a network needs at least their bytes.
    """
    if not reads_memory(budget):
        return budget
    factors = {name: Fraction(factor) for name, factor in budget.terms}  # type: ignore[arg-type]
    factor = factors.pop(SINGLE)
    if budget.relation not in (("<", "<=", "==") if factor > 0 else (">", ">=", "==")):
        return None
    factors[LARGEST] = factors.get(LARGEST, Fraction(0)) + BYTES * factor
    relation = budget.relation if budget.relation != "==" else "<=" if factor > 0 else ">="
    kept = tuple((name, factor) for name, factor in factors.items() if factor)
    return replace(budget, terms=kept, relation=relation) if kept else None


def all_relaxed(budgets: Sequence[Budget]) -> tuple[Budget, ...]:
    """The budgets without `memory` that hold wherever these do."""
    return tuple(found for budget in budgets if (found := relaxed(budget)) is not None)

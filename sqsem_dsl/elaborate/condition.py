"""Budgets from a separate text: `space.sample(10, where="params <= 800K and macs <= 20M")`."""

from __future__ import annotations

from sqsem_dsl.ast import outline
from sqsem_dsl.ast.read import read
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.elaborate import elaborate
from sqsem_dsl.elaborate.errors.choices import BadBudget
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.resolve.resolve import resolve
from sqsem_dsl.ir.graph import Budget

BEFORE = "sqs 1 space where { input x: [1] output y = x require "


def read_where(text: str) -> tuple[Budget, ...]:
    """The budgets of a condition over quantities, as after `require`.

    Raises SqsError if the text is not such a condition.

    >>> [budget.text for budget in read_where("params <= 800K and macs <= 20M")]
    ['params <= 800K', 'macs <= 20M']
    """
    found = read(Source("where", f"{BEFORE}{text} }}"))
    if found.spec is None or any(d.severity == "error" for d in found.diagnostics):
        raise SqsError(found.diagnostics)
    (space,) = found.spec.definitions
    assert isinstance(space, outline.Space)
    library = Library(None)
    elaborated = elaborate(space, found.spec, library, timed=False)
    if elaborated.graph is None:
        raise SqsError((*resolve(found.spec, library), *elaborated.diagnostics))
    if elaborated.graph.rules or not elaborated.graph.budgets:
        span = space.items[-1].span
        raise SqsError([BadBudget(span, "must compare quantities with numbers", "as in `params <= 800K`")])
    return elaborated.graph.budgets

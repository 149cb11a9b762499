"""The options of a choice."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.choices import Categorical, Continuous
from sqsem_dsl.ir.graph import Graph
from sqsem_dsl.operators.row import Value


def options(graph: Graph, choice: int) -> Sequence[tuple[int, Value]]:
    """Every option of a choice with its number. A continuous choice has a single option without a value."""
    match graph.choices[choice].domain:
        case Categorical(values=values):
            return tuple(enumerate(values))
        case Continuous():
            return ((0, None),)

"""The costs of a space as rows of a table: the minimum, median and maximum of each quantity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqsem_dsl.analysis.space_analysis import Analysis

TITLES = {
    "params": "params", "trainable_params": "trainable params", "macs": "MACs",
    "activations": "activations", "weighted_layers": "weighted layers",
}  # fmt: skip
AT_LEAST = " (at least)"
"""Follows the name of a quantity that is a lower bound in some network."""


@dataclass(frozen=True, slots=True)
class CostRow:
    """One quantity over all assignments."""

    title: str
    least: int
    median: int | None
    """None if its distribution is not computed."""
    most: int


def cost_rows(facts: Analysis) -> Iterator[CostRow]:
    """A row for each known quantity; for trainable parameters only if some are not trainable."""
    for quantity, title in TITLES.items():
        found = facts.ranges.get(quantity)
        if found is None or (quantity == "trainable_params" and _all_train(facts)):
            continue
        distribution = facts.distributions.get(quantity)
        median = None if distribution is None else distribution.quantile(0.5)
        bound = AT_LEAST if quantity in facts.lower_bounds else ""
        yield CostRow(title + bound, found.low.value, median, found.high.value)


def _all_train(facts: Analysis) -> bool:
    params, trainable = (facts.distributions.get(quantity) for quantity in ("params", "trainable_params"))
    if params is not None and trainable is not None:
        return params.mean == trainable.mean
    return facts.ranges["params"].high.value == facts.ranges["trainable_params"].high.value

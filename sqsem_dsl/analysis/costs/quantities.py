"""The quantities that add up along a path of a diagram, and integer combinations of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import gcd

from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge

COUNTED = ("params", "trainable_params", "macs")
"""The additive quantities of every space."""
ADDITIVE = (*COUNTED, "latency")
"""In the order of an edge's cost; `latency`, in nanoseconds, needs a table of measured layers."""
LARGEST = "activations"
"""The quantity that is the maximum along a path."""
DEPTH = "weighted_layers"
"""The quantity that the end of a path determines."""
SINGLE = "memory"
"""The quantity that is known of single networks only: no path of a diagram determines it."""

Factors = tuple[int, int, int, int]
"""The factor of each additive quantity."""
NO_FACTORS: Factors = (0, 0, 0, 0)
Quantity = str | Mapping[str, int]
"""One additive quantity by name, or several with factors."""


def factors_of(quantity: Quantity) -> Factors:
    """Raises KeyError for a quantity that is not additive."""
    given = {quantity: 1} if isinstance(quantity, str) else quantity
    for name in given:
        if name not in ADDITIVE:
            raise KeyError(f"{name} does not add up; these do: {', '.join(ADDITIVE)}")
    return given.get("params", 0), given.get("trainable_params", 0), given.get("macs", 0), given.get("latency", 0)


def weigher(combinations: Sequence[Factors]) -> Callable[[Edge], tuple[int, ...]]:
    """The weights of an edge, one for each combination."""

    def weigh(edge: Edge) -> tuple[int, ...]:
        params, trainable, macs, latency = edge.cost
        return tuple(p * params + t * trainable + m * macs + n * latency for p, t, m, n in combinations)

    return weigh


def always_equal(diagram: DecisionDiagram, one: str, other: str) -> bool:
    """Whether two additive quantities are equal on every edge, as all and trainable parameters often are."""
    i, j = ADDITIVE.index(one), ADDITIVE.index(other)
    return all(edge.cost[i] == edge.cost[j] for edge in diagram.edges)


def primitive(factors: Factors) -> tuple[Factors, int]:
    """The direction of a combination, equal for all its multiples, and the factor to it. Not defined for zeros
    alone."""
    common = gcd(*factors)
    if next(factor for factor in factors if factor) < 0:
        common = -common
    p, t, m, n = factors
    return (p // common, t // common, m // common, n // common), common


def named(factors: Factors) -> str:
    """As text: `params`, `2*params - macs`."""
    text = ""
    for factor, name in zip(factors, ADDITIVE, strict=True):
        if factor:
            sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
            text += sign + (name if abs(factor) == 1 else f"{abs(factor)}*{name}")
    return text

"""The table of operators: all facts about each of them, in one place.

The analysis calls `apply` and `count`. They check arguments, fill in defaults, compute, and cache their results.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import prod

from sqsem_dsl.operators import (
    activation,
    attention,
    backbone,
    combining,
    convolution,
    dense_norm,
    noise,
    pooling,
    positions,
    products,
    recurrence,
    reshaping,
)
from sqsem_dsl.operators.arguments import complete
from sqsem_dsl.operators.padding import check_padding, padded_shape
from sqsem_dsl.operators.row import (
    Attribute,
    Attributes,
    Misfit,
    Operator,
    PaddedShape,
    Shape,
    Value,
    Weight,
    WholeShape,
)

__all__ = [
    "TABLE",
    "Attribute",
    "Attributes",
    "Misfit",
    "Operator",
    "PaddedShape",
    "Shape",
    "Value",
    "Weight",
    "WholeShape",
    "apply",
    "complete",
    "count",
    "depth",
    "largest",
    "lower_bounds",
]

_THEMES = (
    convolution,
    dense_norm,
    recurrence,
    attention,
    positions,
    activation,
    pooling,
    reshaping,
    noise,
    combining,
    products,
    backbone,
)

TABLE: Mapping[str, Operator] = {row.name: row for theme in _THEMES for row in theme.ROWS}
"""Every operator by name, in the manual's order. `merge` is the row that its `how` names; `extern` has its own file."""

HOWS = ("add", "multiply", "average", "maximum", "concat")
"""The operators that `merge` may name in its `how`."""

MAX_NUMBERS = 10**12
"""Values of one tensor, or weights of one layer: no machine can hold more."""

AttributesKey = tuple[tuple[str, object, Value], ...]


def apply(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    """The output's shape. Raises `Misfit` if the operator cannot be applied to such tensors and attributes."""
    if TABLE.get(row.name) is not row:
        filled = complete(row, inputs, attributes)
        check_padding(row, inputs, filled)
        return row.shape(inputs, filled)
    outcome = _applied(row.name, inputs, attributes_key(attributes))
    if isinstance(outcome, Misfit):
        raise Misfit(outcome.message, outcome.help, outcome.attribute)
    return outcome


def count(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[tuple[Weight, ...], int]:
    """The variables of the layer and its multiply-accumulates for one sample. Raises `Misfit` like `apply`."""
    if TABLE.get(row.name) is not row:
        filled = complete(row, inputs, attributes)
        return row.weights(inputs, filled), row.macs(inputs, filled, row.shape(inputs, filled))
    apply(row, inputs, attributes)
    return _counted(row.name, inputs, attributes_key(attributes))


def lower_bounds(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes) -> Mapping[str, str]:
    """The quantities of the layer that are lower bounds, each with the reason."""
    return {} if TABLE.get(row.name) is row else row.lower_bounds(inputs, complete(row, inputs, attributes))


def depth(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes) -> int:
    """The weighted layers on the longest path through an operator, with complete attributes."""
    return int(row.weighted) if row.inside is None else row.inside(inputs, attributes)[0]


def largest(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    """The elements of the largest tensor that an operator with complete attributes makes, its output or one inside."""
    return prod(output) if row.inside is None else max(prod(output), row.inside(inputs, attributes)[1])


def attributes_key(attributes: Attributes) -> AttributesKey:
    """Attributes as a key in which `true` and 1 differ, including in lists."""
    return tuple(
        (name, tuple(item.__class__ for item in value) if isinstance(value, tuple) else value.__class__, value)
        for name, value in attributes.items()
    )


@lru_cache(maxsize=1 << 16)
def _applied(name: str, inputs: tuple[Shape, ...], key: AttributesKey) -> Shape | Misfit:
    row = TABLE[name]
    try:
        filled = complete(row, inputs, {attribute: value for attribute, _, value in key})
        check_padding(row, inputs, filled)
        shape = padded_shape(row, inputs, filled, row.shape(inputs, filled))
        for what, size in (("values", prod(shape)), ("weights", sum(w.size for w in row.weights(inputs, filled)))):
            if size > MAX_NUMBERS:
                limit = f"the limit of 10^{len(str(MAX_NUMBERS)) - 1}"
                raise Misfit(f"`{name}` gives {size:.1e} {what}, beyond {limit}", "make the layer or its input smaller")
        return shape
    except Misfit as misfit:
        return misfit.with_traceback(None)


@lru_cache(maxsize=1 << 16)
def _counted(name: str, inputs: tuple[Shape, ...], key: AttributesKey) -> tuple[tuple[Weight, ...], int]:
    row = TABLE[name]
    filled = complete(row, inputs, {attribute: value for attribute, _, value in key})
    return row.weights(inputs, filled), row.macs(inputs, filled, row.shape(inputs, filled))

"""How a searched value is written, for the ways in which other tools write it."""

from __future__ import annotations

from sqsem_dsl.diagnostics.hints.spelling import folded

VALUES = "`[16, 32]`, `1..4` or `1e-4..1e-2 log`"
"""A list, a range, and a range on a logarithmic scale."""
SEARCHED = "a searched value is written `any [16, 32]`, `any 1..4` or `any 1e-4..1e-2 log`"
DOMAIN = f"the values to choose from are written {VALUES}"

_NAMES = frozenset({
    "categorical", "choice", "choices", "loguniform", "lograndint", "oneof", "options", "pchoice",
    "quniform", "qloguniform", "qrandint", "randint", "range", "sample", "suggestcategorical", "suggestfloat",
    "suggestint", "uniform", "uniformfloat", "uniformint", "values",
})  # fmt: skip
"""Functions of other tools that return a value to search, by their folded names."""


def searched_hint(name: str) -> str | None:
    """The hint for a name that is a function of other tools for searched values.

    >>> searched_hint("loguniform") == searched_hint("Choice") == SEARCHED, searched_hint("conv")
    (True, None)
    """
    return SEARCHED if folded(name) in _NAMES else None

"""The choices of a space as Optuna's distributions, and values in both directions.

| declaration | distribution | Optuna's value |
| --- | --- | --- |
| whole numbers in equal steps | `IntDistribution(low, high, step)` | the number |
| three or more other ascending numbers, `[0.1, 0.2, 0.5]` | `IntDistribution(0, count - 1)` | the position |
| any other discrete domain | `CategoricalDistribution` | the value |
| a real interval | `FloatDistribution(low, high, log)` | the number |

Conditions are not declared: the caller asks a sampler only for choices that are active under the values so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from sqsem_dsl.study.algorithms.protocols import Values
from sqsem_dsl.study.hyperparameters import Declaration, Declarations, Scalar


class OptunaParameters:
    """One distribution for each choice."""

    def __init__(self, declarations: Declarations) -> None:
        self.declarations = declarations
        self._ordered = {item.name for item in declarations if _rises(item)}
        self.distributions = {item.name: self._distribution(item) for item in declarations}

        self.unconditional = {
            name: self.distributions[name]
            for name in sorted(item.name for item in declarations if item.when == ((),))
            if not self.distributions[name].single()
        }
        """The distributions of the unconditional choices with more than one value, by name."""
        self.conditional = any(item.when != ((),) for item in declarations)
        """Whether some choice is conditional."""

    def suggested(self, suggest: Callable[[str, BaseDistribution], Any]) -> Values:
        """The values of the active choices, parents first, each as `suggest` returns it in Optuna's form."""
        values: Values = {}
        for item in self.declarations:
            if item.active(values):
                distribution = self.distributions[item.name]
                only = distribution.single()
                values[item.name] = item.at(0.0) if only else self._ours(item, suggest(item.name, distribution))
        return values

    def params(self, values: Mapping[str, Scalar]) -> dict[str, Any]:
        """Values in Optuna's form."""
        return {
            item.name: item.codes.index(values[item.name])
            if item.codes is not None and item.name in self._ordered
            else values[item.name]
            for item in self.declarations
            if item.name in values
        }

    def _ours(self, item: Declaration, value: Any) -> Scalar:
        if item.codes is not None and item.name in self._ordered:
            return item.codes[int(value)]
        if item.codes is not None:
            return item.codes[item.codes.index(value)]
        return float(value)

    def _distribution(self, item: Declaration) -> BaseDistribution:
        arguments = item.arguments
        if item.codes is None:
            log = arguments["sampling"] == "log"
            return FloatDistribution(arguments["min_value"], arguments["max_value"], log=log)
        if item.type == "Int":
            return IntDistribution(arguments["min_value"], arguments["max_value"], step=arguments["step"])
        if item.name in self._ordered:
            return IntDistribution(0, len(item.codes) - 1)
        return CategoricalDistribution(item.codes)


def _rises(item: Declaration) -> bool:
    """Whether the values are ascending numbers, so that a position is ordered like its value."""
    codes = item.codes or ()
    numbers = [code for code in codes if not isinstance(code, str)]
    return (
        item.type == "Choice"
        and len(numbers) == len(codes) >= 3
        and all(lower < higher for lower, higher in pairwise(numbers))
    )

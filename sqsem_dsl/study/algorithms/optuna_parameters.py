"""The choices of a space as Optuna's distributions, and values in both directions.

| domain | distribution | Optuna's value |
| --- | --- | --- |
| whole numbers in equal steps upwards | `IntDistribution(low, high, step)` | the number |
| three or more other ascending numbers, `[0.1, 0.2, 0.5]` | `IntDistribution(0, count - 1)` | the option's number |
| any other discrete domain | `CategoricalDistribution` | the option's number |
| a real interval | `FloatDistribution(low, high, log)` | the number |

Conditions are not declared: the caller asks a sampler only for choices that are active under the values so far.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any, assert_never

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from sqsem_dsl.ir.choices import Assignment, Categorical, Choice, Continuous, Domain, as_range
from sqsem_dsl.operators.row import Value
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree


class OptunaParameters:
    """One distribution for each choice."""

    def __init__(self, tree: ChoiceTree) -> None:
        self.tree = tree
        self.distributions = {choice.path: _distribution(choice.domain) for choice in tree}
        self.unconditional = {
            path: self.distributions[path]
            for path in sorted(choice.path for choice in tree if choice.when == ((),))
            if not self.distributions[path].single()
        }
        """The distributions of the unconditional choices with more than one value, by path."""
        self.conditional = any(choice.when != ((),) for choice in tree)
        """Whether some choice is conditional."""

    def suggested(self, suggest: Callable[[str, BaseDistribution], Any]) -> dict[str, Value]:
        """The values of the active choices, parents first, each as `suggest` returns it in Optuna's form."""
        made: dict[str, Value] = {}
        for choice in self.tree:
            if self.tree.is_active(choice, made):
                distribution = self.distributions[choice.path]
                only = distribution.single()
                made[choice.path] = choice.default if only else _ours(choice, suggest(choice.path, distribution))
        return made

    def params(self, choices: Assignment) -> dict[str, Any]:
        """An assignment in Optuna's form."""
        return {
            choice.path: _theirs(choice.domain, choices[choice.path]) for choice in self.tree if choice.path in choices
        }


def _distribution(domain: Domain) -> BaseDistribution:
    match domain:
        case Continuous(low=low, high=high, log=log):
            return FloatDistribution(float(low), float(high), log=log)
        case Categorical(values=values):
            steps = as_range(values)
            if steps is not None:
                return IntDistribution(steps[0], steps[-1], step=steps.step)
            if _rises(values):
                return IntDistribution(0, len(values) - 1)
            return CategoricalDistribution(range(len(values)))
        case _:
            assert_never(domain)


def _theirs(domain: Domain, value: Value) -> Any:
    match domain:
        case Continuous():
            return domain.encode(value)
        case Categorical(values=values):
            return value if as_range(values) is not None else domain.number(value)
        case _:
            assert_never(domain)


def _ours(choice: Choice, value: Any) -> Value:
    match choice.domain:
        case Continuous():
            return choice.domain.decode(float(value))
        case Categorical(values=values):
            return int(value) if as_range(values) is not None else values[int(value)]
        case _:
            assert_never(choice.domain)


def _rises(values: tuple[Value, ...]) -> bool:
    """Whether the values are ascending numbers, so that an option's number is ordered like its value."""
    numbers = [value for value in values if isinstance(value, int | Fraction) and not isinstance(value, bool)]
    return len(numbers) == len(values) >= 3 and all(lower < higher for lower, higher in pairwise(numbers))

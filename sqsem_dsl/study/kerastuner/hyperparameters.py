"""The choices of a space as KerasTuner's hyperparameters: one declaration for each choice, and the inverse.

| choice's domain | declaration | value in `hp.values` |
| --- | --- | --- |
| whole numbers in equal steps upwards, `1..4`, `[8, 16, 24]` | `Int(min_value, max_value, step)` | `int` |
| other whole numbers, `[32, 8, 16]` | `Choice(values)` | `int` |
| numbers, `[0.1, 0.01]`, `[0, 0.5]` | `Choice(values)` | `float` |
| symbols: `choose`, `bypass`, `any [relu, selu]` | `Choice(values)` | `str` |
| `true`, `false`: `slot`, `optional` | `Choice(["true", "false"])` (KerasTuner would make `[1, 0]` of them) | `str` |
| sets of alternatives: `pick` | `Choice(["a+b", "a+c"])`, the empty set `"-"` | `str` |
| anything mixed | `Choice` of the values' JSON text | `str` |
| a real interval, `0.0..0.8`, `1e-4..1e-2 log` | `Float(min_value, max_value, sampling)` | `float` |

The name is the choice's path, the default the value of the highest prior, or the first one without a prior. A choice
that is always active has no condition. With one cube of earlier choices, it has one `Parent` for each of them; with
several cubes, it has one condition that is their disjunction (`AnyOf`). So an oracle sees one dimension for each
choice, and it is active exactly when the choice is. (One declaration for each cube would not work:
`HyperParameters.ensure_active_values` drops the value of a name as soon as one of its declarations is inactive.) Beyond
`MAX_CUBES` cubes, a choice is declared without a condition, and the architecture ignores it if it is not active.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, assert_never

import keras
import keras_tuner
from keras_tuner.engine import hyperparameters as types
from keras_tuner.src.engine.conditions import Condition as KerasTunerCondition
from keras_tuner.src.engine.conditions import Parent

from sqsem_dsl.ir.choices import Assignment, Categorical, Choice, Continuous, as_range, plain
from sqsem_dsl.ir.draws import likeliest
from sqsem_dsl.operators.row import Value

Scalar = int | float | str
"""The type of a hyperparameter's value in KerasTuner. Never a `bool`."""
Condition = tuple[tuple[str, tuple[Scalar, ...]], ...]
"""A cube in KerasTuner's values: names with their accepted values; empty: always."""

MAX_CUBES = 64


@dataclass(frozen=True, slots=True)
class Declaration:
    """One hyperparameter."""

    choice: Choice
    codes: tuple[Scalar, ...] | None
    """The representation of each value of a discrete domain, in its order; None for an interval."""
    when: tuple[Condition, ...] = ((),)

    @property
    def name(self) -> str:
        return self.choice.path

    def active(self, values: Mapping[str, Scalar]) -> bool:
        """Whether it is active under the values of the hyperparameters before it."""
        return any(all(values.get(name) in allowed for name, allowed in cube) for cube in self.when)

    def encode(self, value: Value) -> Scalar:
        """KerasTuner's value for that of the choice. Raises ValueError if it is not in the domain."""
        match self.choice.domain:
            case Categorical() as domain:
                assert self.codes is not None
                return self.codes[domain.number(value)]
            case Continuous() as interval:
                interval.encode(value)
                assert isinstance(value, int | Fraction)
                return float(value)
            case _:
                assert_never(self.choice.domain)

    def decode(self, code: object) -> Value:
        """The choice's value for KerasTuner's: exactly the declared one, or the decimal number of an interval.

        Raises ValueError for a value that was never declared.
        """
        match self.choice.domain:
            case Categorical(values=values):
                assert self.codes is not None
                if not isinstance(code, bool) and code in self.codes:
                    return values[self.codes.index(code)]
                raise ValueError(f"`{self.name}` has no value {code!r}")
            case Continuous():
                return self.choice.decode(code)
            case _:
                assert_never(self.choice.domain)

    def hyperparameter(self) -> Any:
        """The `keras_tuner.engine.hyperparameters` object."""
        match self.choice.domain:
            case Categorical(values=values):
                assert self.codes is not None
                steps = as_range(values)
                if steps is None:
                    return types.Choice(self.name, values=list(self.codes), **self._common())
                return types.Int(self.name, min_value=steps[0], max_value=steps[-1], step=steps.step, **self._common())
            case Continuous(low=low, high=high, log=log):
                sampling = "log" if log else "linear"
                return types.Float(
                    self.name, min_value=float(low), max_value=float(high), sampling=sampling, **self._common()
                )
            case _:
                assert_never(self.choice.domain)

    def _common(self) -> dict[str, Any]:
        conditions: list[Any] = [AnyOf(self.when)]  # With no cubes, no value of another choice activates it.
        if any(not cube for cube in self.when):
            conditions = []
        elif len(self.when) == 1:
            conditions = [Parent(name, list(values)) for name, values in self.when[0]]
        return {"default": self.encode(likeliest(self.choice)), "conditions": conditions}


@keras.saving.register_keras_serializable(package="sqsem_dsl")
class AnyOf(KerasTunerCondition):  # type: ignore[misc]
    """Active if one of several cubes holds: each is a list of `[name, values]` pairs, all of which must hold."""

    def __init__(self, cubes: list[list[Any]] | tuple[Condition, ...]) -> None:
        self.cubes = [[(str(name), list(values)) for name, values in cube] for cube in cubes]

    def is_active(self, values: Mapping[str, Any]) -> bool:
        return any(all(values.get(name) in allowed for name, allowed in cube) for cube in self.cubes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyOf) and other.cubes == self.cubes

    __hash__ = None  # type: ignore[assignment]

    def get_config(self) -> dict[str, Any]:
        return {"cubes": [[[name, list(values)] for name, values in cube] for cube in self.cubes]}


@dataclass(frozen=True)
class Declarations:
    """All hyperparameters of a space, parents before children."""

    items: tuple[Declaration, ...]

    @classmethod
    def of(cls, choices: Iterable[Choice]) -> Declarations:
        """The declarations of choices, whose parents come before them."""
        made: dict[str, Declaration] = {}
        for choice in choices:
            when: tuple[Condition, ...] = ((),)
            if len(choice.when) <= MAX_CUBES:
                when = tuple(
                    tuple((path, tuple(made[path].encode(value) for value in values)) for path, values in cube)
                    for cube in choice.when
                )
            codes = encode_all(choice.domain.values) if isinstance(choice.domain, Categorical) else None
            made[choice.path] = Declaration(choice, codes, when)
        return cls(tuple(made.values()))

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self.items)

    def declare(self, hp: keras_tuner.HyperParameters) -> None:
        """Registers every hyperparameter; values that `hp` already has are kept."""
        hp.merge([item.hyperparameter() for item in self.items], overwrite=False)

    def decode(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """The assignment, by path, for the hyperparameters' values; names that are not of the space are left out.

        Raises ValueError for a value that was never declared.
        """
        return {item.name: item.decode(values[item.name]) for item in self.items if item.name in values}

    def encode(self, assignment: Assignment) -> dict[str, Scalar]:
        """Values for every active hyperparameter that correspond to an assignment, with defaults for missing
        choices."""
        values: dict[str, Scalar] = {}
        for item in self.items:
            if item.active(values):
                given = item.name in assignment
                values[item.name] = item.encode(assignment[item.name] if given else likeliest(item.choice))
        return values


def encode_all(values: tuple[Value, ...]) -> tuple[Scalar, ...]:
    """The representation of each value of a domain: of one type, all different.

    >>> encode_all((True, False)), encode_all((1, 2)), encode_all((("a", "b"), ()))
    (('true', 'false'), (1, 2), ('a+b', '-'))
    >>> encode_all((0, Fraction(1, 2))), encode_all((1, "one"))
    ((0.0, 0.5), ('1', '"one"'))
    """
    if all(type(v) is int for v in values):
        return tuple(v for v in values if isinstance(v, int))
    if all(isinstance(v, int | Fraction) and not isinstance(v, bool) for v in values):
        numbers = tuple(float(v) for v in values if isinstance(v, int | Fraction))
        if len(set(numbers)) == len(values):
            return numbers
    if all(isinstance(v, str) for v in values):
        return tuple(v for v in values if isinstance(v, str))
    if all(isinstance(v, tuple) and all(isinstance(part, str) for part in v) for v in values):
        joined = tuple("+".join(str(part) for part in v) or "-" for v in values if isinstance(v, tuple))
        if len(set(joined)) == len(values):
            return joined
    texts = tuple(json.dumps(plain(v), separators=(",", ":")) for v in values)
    if len(set(texts)) == len(values):
        return texts
    return tuple(str(v) for v in values)

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

The name is the choice's path, the default its first value. A choice that is always active has no condition. With one
cube of earlier choices, it has one `Parent` for each of them; with several cubes, it has one condition that is their
disjunction (`study.algorithms.conditions.AnyOf`). So an oracle sees one dimension for each choice, and it is active
exactly when the choice is. (One declaration for each cube would not work: `HyperParameters.ensure_active_values`
drops the value of a name as soon as one of its declarations is inactive.) Beyond `MAX_CUBES` cubes, a choice is
declared without a condition, and the walk ignores it if it is not active.

This module uses KerasTuner only through the methods of `Registry`; it imports neither KerasTuner nor Keras.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, Protocol, assert_never

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous, exact, plain
from sqsem_dsl.operators.row import Value

Scalar = int | float | str
"""The type of a hyperparameter's value in KerasTuner. Never a `bool`."""
Condition = tuple[tuple[str, tuple[Scalar, ...]], ...]
"""A cube in KerasTuner's values: names with their accepted values; empty: always."""

MAX_CUBES = 64


class Registry(Protocol):
    """The part of `keras_tuner.HyperParameters` that is used."""

    values: dict[str, Any]

    def merge(self, hps: list[Any], overwrite: bool = ...) -> None: ...


@dataclass(frozen=True, slots=True)
class Declaration:
    """One hyperparameter: its KerasTuner type, its arguments, and its conditions."""

    name: str
    type: Literal["Int", "Choice", "Float"]
    arguments: Mapping[str, Any]
    default: Scalar
    domain: Categorical | Continuous
    codes: tuple[Scalar, ...] | None
    """The representation of each value of a discrete domain, in its order; None for an interval."""
    when: tuple[Condition, ...] = ((),)

    def active(self, values: Mapping[str, Scalar]) -> bool:
        """Whether it is active under the values of the hyperparameters before it."""
        return any(all(values.get(name) in allowed for name, allowed in cube) for cube in self.when)

    def encode(self, value: Value) -> Scalar:
        """KerasTuner's value for that of a choice. Raises ValueError if it is not in the domain."""
        match self.domain:
            case Categorical(values=values):
                assert self.codes is not None
                for known, code in zip(values, self.codes, strict=True):
                    if known == value and isinstance(known, bool) == isinstance(value, bool):
                        return code
                raise ValueError(f"{self.name} has no value {value!r}")
            case Continuous():
                if not isinstance(value, int | Fraction):
                    raise ValueError(f"{self.name} has no value {value!r}")
                return float(value)
            case _:
                assert_never(self.domain)

    def decode(self, code: object) -> Value:
        """The choice's value for KerasTuner's: exactly the declared one, or the decimal number of an interval.

        Raises ValueError for a value that was never declared.
        """
        match self.domain:
            case Categorical(values=values):
                assert self.codes is not None
                if not isinstance(code, bool) and code in self.codes:
                    return values[self.codes.index(code)]
                raise ValueError(f"{self.name} has no value {code!r}")
            case Continuous(low=low, high=high):
                # KerasTuner's Bayesian optimization proposes NumPy floats, which print differently.
                number = exact(float(code) if isinstance(code, float) else code)
                if isinstance(number, bool) or not isinstance(number, int | Fraction):
                    raise ValueError(f"{self.name} has no value {code!r}")
                # An end of the interval may not be a float: a value that rounding moved outside becomes the end.
                return min(max(number, low), high)
            case _:
                assert_never(self.domain)

    def at(self, position: float) -> Scalar:
        """The value at a position from 0 to 1 of its range (logarithmic if the domain says so)."""
        match self.domain:
            case Categorical():
                assert self.codes is not None
                return self.codes[min(int(position * len(self.codes)), len(self.codes) - 1)]
            case Continuous(low=low, high=high, log=log):
                if log:
                    return float(low) * math.pow(float(high) / float(low), position)
                return float(low) + (float(high) - float(low)) * position
            case _:
                assert_never(self.domain)


@dataclass(frozen=True)
class Declarations:
    """All hyperparameters of a space, parents before children."""

    items: tuple[Declaration, ...]

    @classmethod
    def of(cls, choices: Iterable[Choice]) -> Declarations:
        """The declarations of choices, whose parents come before them."""
        made: dict[str, Declaration] = {}
        for choice in choices:
            made[choice.path] = _declaration(choice, made)
        return cls(tuple(made.values()))

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self.items)

    def declare(self, hp: Registry, make: Callable[[Declaration], Any]) -> None:
        """Registers every hyperparameter; values that `hp` already has are kept. `make` makes KerasTuner's object."""
        hp.merge([make(item) for item in self.items], overwrite=False)

    def read(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """The assignment, by path, for the hyperparameters' values; names that are not of the space are left out.

        Raises ValueError for a value that was never declared.
        """
        return {item.name: item.decode(values[item.name]) for item in self.items if item.name in values}

    def write(self, assignment: Mapping[str, Value]) -> dict[str, Scalar]:
        """Values for every active hyperparameter that correspond to an assignment, with defaults for missing
        choices."""
        values: dict[str, Scalar] = {}
        for item in self.items:
            if item.active(values):
                given = item.name in assignment
                values[item.name] = item.encode(assignment[item.name]) if given else item.default
        return values

    def draw(self, position: Callable[[], float]) -> dict[str, Scalar]:
        """Values for every active hyperparameter, each at the next position from 0 to 1."""
        values: dict[str, Scalar] = {}
        for item in self.items:
            if item.active(values):
                values[item.name] = item.at(position())
        return values

    def every(self, samples: int = 10, after: Mapping[str, Scalar] | None = None) -> Iterator[dict[str, Scalar]]:
        """Every assignment, the first choice most significant; for an interval, that many values, including its ends.

        With `after`, only those that follow it; the values of intervals in it must be among the samples.
        """
        items, values = self.items, dict[str, Scalar]()
        levels = [
            item.codes or tuple(dict.fromkeys(item.at(i / (samples - 1)) for i in range(samples))) for item in items
        ]

        def active_from(index: int) -> int:
            while index < len(items) and not items[index].active(values):
                index += 1
            return index

        open_levels: list[tuple[int, Iterator[Scalar]]] = []
        index = active_from(0)
        if after is not None:
            while index < len(items):
                at = levels[index].index(after[items[index].name])
                open_levels.append((index, iter(levels[index][at + 1 :])))
                values[items[index].name] = levels[index][at]
                index = active_from(index + 1)
        begun = after is None
        while True:
            if begun:
                if index == len(items):
                    yield dict(values)
                else:
                    open_levels.append((index, iter(levels[index])))
            begun = True
            while open_levels:
                last, rest = open_levels[-1]
                value = next(rest, None)
                if value is not None:
                    values[items[last].name] = value
                    index = active_from(last + 1)
                    break
                values.pop(items[last].name, None)
                open_levels.pop()
            else:
                return

    def last(self) -> dict[str, Scalar]:
        """The last of `every`: each active hyperparameter at its last value."""
        return self.draw(lambda: 1.0)

    @property
    def finite(self) -> bool:
        """Whether no hyperparameter is an interval."""
        return all(isinstance(item.domain, Categorical) for item in self.items)


def _declaration(choice: Choice, earlier: Mapping[str, Declaration]) -> Declaration:
    when: tuple[Condition, ...] = ((),)
    if len(choice.when) <= MAX_CUBES:
        when = tuple(
            tuple((path, tuple(earlier[path].encode(value) for value in values)) for path, values in cube)
            for cube in choice.when
        )
    domain = choice.domain
    match domain:
        case Categorical(values=values):
            codes = encode_all(values)
            step = _equal_step(codes)
            if step is not None:
                bounds = {"min_value": codes[0], "max_value": codes[-1], "step": step}
                return Declaration(choice.path, "Int", bounds, codes[0], domain, codes, when)
            return Declaration(choice.path, "Choice", {"values": list(codes)}, codes[0], domain, codes, when)
        case Continuous(low=low, high=high, log=log):
            arguments = {
                "min_value": float(low),
                "max_value": float(high),
                "sampling": "log" if log else "linear",
            }
            return Declaration(choice.path, "Float", arguments, float(low), domain, None, when)
        case _:
            assert_never(domain)


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


def _equal_step(codes: tuple[Scalar, ...]) -> int | None:
    """The positive step between two or more whole numbers, or None."""
    numbers = [c for c in codes if isinstance(c, int)]
    steps = {b - a for a, b in pairwise(numbers)}
    if len(numbers) != len(codes) or len(steps) != 1:
        return None
    step = steps.pop()
    return step if step > 0 else None

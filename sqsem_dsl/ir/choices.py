"""A choice: one place where an architecture may vary, with the path that journals and papers quote.

The value of a choice has three forms, which the methods of its domain translate: the exact `Value`, its JSON form
(`encode`, `decode`), and for discrete domains the number of the option (`number`, `values`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import isfinite
from numbers import Integral
from numbers import Real as RealNumber
from typing import Literal

from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.priors import Prior
from sqsem_dsl.operators.row import Value

Kind = Literal["param", "any", "slot", "optional", "choose", "pick", "repeat", "bypass"]
Section = Literal["architecture", "train"]
Conjunction = tuple[tuple[str, tuple[Value, ...]], ...]
"""A condition on earlier choices: each path with its accepted values. The empty cube always holds."""


ROUNDING = 10**9
"""A number that lies outside an interval by at most this part of its length was moved there by rounding."""
Assignment = Mapping[str, Value]
"""The values of choices, by path."""


@dataclass(frozen=True)
class Categorical:
    """Values to choose from: static, distinct, in declared order."""

    values: tuple[Value, ...]

    def number(self, value: Value) -> int:
        """The number of an option, from 0. Raises ValueError for a value that is not in the domain; `True` and 1
        differ."""
        found = self._numbers.get((type(value), value))
        if found is None:
            raise ValueError(f"no value {show(value)}")
        return found

    def encode(self, value: Value) -> object:
        """The JSON form of a value."""
        return self.forms[self.number(value)]

    def decode(self, data: object) -> Value:
        """The value of a JSON form: exactly the declared one. Raises ValueError if there is none."""
        return self.values[self.number_of_form(data)]

    def number_of_form(self, data: object) -> int:
        """The number of the option with a JSON form. Raises ValueError if there is none."""
        try:
            return self._numbers_of_forms[_key(data)]
        except (KeyError, TypeError):
            raise ValueError(f"no value {data!r}") from None

    @cached_property
    def forms(self) -> tuple[object, ...]:
        """The JSON form of each value. Fractions that are the same decimal number are written as fractions."""
        forms = [plain(value) for value in self.values]
        times = Counter(map(_key, forms))
        return tuple(
            str(value) if times[_key(form)] > 1 else form for value, form in zip(self.values, forms, strict=True)
        )

    @cached_property
    def _numbers(self) -> dict[tuple[type, Value], int]:
        return {(type(value), value): number for number, value in enumerate(self.values)}

    @cached_property
    def _numbers_of_forms(self) -> dict[Hashable, int]:
        return {_key(form): number for number, form in enumerate(self.forms)}

    def __str__(self) -> str:
        values = self.values
        steps = as_range(values)
        if steps is not None and len(steps) > 3:
            return f"{steps[0]}..{steps[-1]}" + (f" step {steps.step}" if steps.step != 1 else "")
        shown = [show(v) for v in values]
        return f"[{', '.join(shown)}]" if len(shown) <= 12 else f"[{', '.join(shown[:10])}, … {len(shown)} values]"


@dataclass(frozen=True, slots=True)
class Continuous:
    """A continuous interval. It is a dimension of the space, is never enumerated, and does not appear in shapes and
    counts."""

    low: Fraction
    high: Fraction
    log: bool = False

    def encode(self, value: Value) -> object:
        """The JSON form of a value. Raises ValueError for a value that is not a number."""
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise ValueError(f"no value {show(value)}")
        return plain(value)

    def decode(self, data: object) -> Value:
        """The decimal number of a JSON form, or of a number as others compute it. Raises ValueError for other data, and
        for a number that more than rounding has moved outside."""
        if type(data) is float and float(self.low) < data < float(self.high):  # the usual case
            return exact(data)
        try:
            # NumPy's numbers print differently.
            number = exact(float(data) if isinstance(data, float) else data)
        except (TypeError, ValueError):
            number = None
        slack = (self.high - self.low) / ROUNDING
        if (
            isinstance(number, bool)
            or not isinstance(number, int | Fraction)
            or not self.low - slack <= number <= self.high + slack
        ):
            raise ValueError(f"no value {data!r}")
        # An end of the interval may not be a float: its rounded value is the end.
        for end in (self.low, self.high):
            if number == exact(float(end)):
                return exact(end)
        return exact(min(max(number, self.low), self.high))

    def __str__(self) -> str:
        return f"{show(self.low, point=True)}..{show(self.high, point=True)}" + (" log" if self.log else "")


Domain = Categorical | Continuous


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of the space. `when` lists the disjoint conditions under which it is active."""

    at: Path
    kind: Kind
    domain: Domain
    section: Section = "architecture"
    when: tuple[Conjunction, ...] = ((),)
    exact: bool = True
    """False if `when` is too wide: the choice may then be declared without being active."""
    prior: Prior | None = None
    """How samplers draw its value; None: uniformly."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    path: str = field(init=False, compare=False, repr=False)
    """The text of `at`, the choice's name outside of the program."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", str(self.at))

    @property
    def default(self) -> Value:
        """The first value; the low end of an interval."""
        match self.domain:
            case Categorical(values=values):
                return values[0]
            case Continuous(low=low):
                return low

    def admits(self, value: Value) -> bool:
        """Whether the value is in the domain; `True` and 1 differ."""
        match self.domain:
            case Categorical() as domain:
                return (type(value), value) in domain._numbers
            case Continuous(low=low, high=high):
                return isinstance(value, int | Fraction) and not isinstance(value, bool) and low <= value <= high

    def encode(self, value: Value) -> object:
        """The JSON form of a value. Raises ValueError if it is not in the domain."""
        try:
            return self.domain.encode(value)
        except ValueError as problem:
            raise ValueError(f"`{self.path}` has {problem}") from None

    def decode(self, data: object) -> Value:
        """The value of a JSON form. Raises ValueError if it is not in the domain."""
        try:
            return self.domain.decode(data)
        except ValueError as problem:
            raise ValueError(f"`{self.path}` has {problem}") from None


def encode_choices(choices: Iterable[Choice], assignment: Assignment) -> dict[str, object]:
    """The JSON form of an assignment, in its order. Raises ValueError for paths and values that are not of the
    choices."""
    known = {choice.path: choice for choice in choices}
    return {path: _known(known, path).encode(value) for path, value in assignment.items()}


def decode_choices(choices: Iterable[Choice] | Mapping[str, Choice], data: Mapping[str, object]) -> dict[str, Value]:
    """The assignment of a JSON form, in its order. For many assignments, `choices` may be given by path. Raises
    ValueError for paths and values that are not of the choices."""
    known = choices if isinstance(choices, Mapping) else {choice.path: choice for choice in choices}
    return {path: _known(known, path).decode(value) for path, value in data.items()}


def _known(choices: Mapping[str, Choice], path: str) -> Choice:
    if path not in choices:
        raise ValueError(f"there is no choice `{path}`")
    return choices[path]


def _key(data: object) -> Hashable:
    """Equal for equal JSON data: `True` and 1 differ, 1 and 1.0 do not."""
    match data:
        case list() | tuple():
            return tuple(map(_key, data))
        case float() if data.is_integer():
            return int, int(data)
        case _:
            return type(data), data


def show(value: Value, point: bool = False) -> str:
    """A value as it is written in a spec.

    >>> show(Fraction(1, 4)), show(True), show(("a", "b")), show(Fraction(2), point=True), show(Fraction(1, 3))
    ('0.25', 'true', '[a, b]', '2.0', '1/3')
    """
    match value:
        case None:
            return "…"
        case bool():
            return "true" if value else "false"
        case tuple():
            return f"[{', '.join(show(v) for v in value)}]"
        case Fraction():
            if value.denominator == 1:
                return f"{value.numerator}.0" if point else str(value.numerator)
            return str(float(value)) if Fraction(str(float(value))) == value else str(value)
        case int() | str():
            return f"{value}.0" if point else str(value)


def plain(value: Value) -> object:
    """A value as JSON: fractions become floats, tuples become lists.

    >>> plain((Fraction(1, 2), True, "max"))
    [0.5, True, 'max']
    """
    match value:
        case tuple():
            return [plain(v) for v in value]
        case Fraction():
            return value.numerator if value.denominator == 1 else float(value)
        case _:
            return value


def exact(value: object) -> Value:
    """An exact value from JSON or from a tuner: a float becomes the fraction that its decimal notation denotes.

    >>> exact(0.1), exact([1, "a"]), exact(3.0)
    (Fraction(1, 10), (1, 'a'), 3)
    """
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            # `Fraction` reads a text slowly, with a regular expression.
            fraction = Fraction(Decimal(repr(value))) if isfinite(value) else Fraction(repr(value))
            return fraction.numerator if fraction.denominator == 1 else fraction
        case Fraction():
            return value.numerator if value.denominator == 1 else value
        case list() | tuple():
            return tuple(exact(v) for v in value)
        case Integral():  # NumPy's
            return int(value)
        case RealNumber():
            return exact(float(value))
        case _:
            raise TypeError(f"{value!r} is not a value of a choice")


def as_range(values: tuple[Value, ...]) -> range | None:
    """Two or more whole numbers in equal steps upwards as a range; None for other values.

    >>> as_range((8, 16, 24)), as_range((8, 16, 32)), as_range((True, False))
    (range(8, 25, 8), None, None)
    """
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    steps = {b - a for a, b in pairwise(numbers)}
    if len(numbers) != len(values) or len(steps) != 1 or min(steps) <= 0:
        return None
    return range(numbers[0], numbers[-1] + 1, min(steps))


def subsets(count: int, sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The subsets that a `pick` chooses from: sizes in the order given, each in lexicographic order."""
    from itertools import combinations

    for size in sizes:
        yield from combinations(range(count), size)

"""A choice: one place where an architecture may vary, with the path that journals and papers quote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from numbers import Integral
from numbers import Real as RealNumber
from typing import Literal

from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.priors import Near, Prior, Shares, favoring, whole_weights
from sqsem_dsl.operators.row import Value

Kind = Literal["param", "any", "slot", "optional", "choose", "pick", "repeat", "bypass"]
Section = Literal["architecture", "train"]
Conjunction = tuple[tuple[str, tuple[Value, ...]], ...]
"""A condition on earlier choices: each path with its accepted values. The empty cube always holds."""


@dataclass(frozen=True, slots=True)
class Categorical:
    """Values to choose from: static, distinct, in declared order."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        values = self.values
        if len(values) > 3 and all(type(v) is int for v in values):
            steps = {b - a for a, b in pairwise(values)}  # type: ignore[operator]
            if len(steps) == 1 and (step := steps.pop()) > 0:
                return f"{values[0]}..{values[-1]}" + (f" step {step}" if step != 1 else "")
        shown = [show(v) for v in values]
        return f"[{', '.join(shown)}]" if len(shown) <= 12 else f"[{', '.join(shown[:10])}, … {len(shown)} values]"


@dataclass(frozen=True, slots=True)
class Continuous:
    """A continuous interval. It is a dimension of the space, is never enumerated, and does not appear in shapes and
    counts."""

    low: Fraction
    high: Fraction
    log: bool = False

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

    @property
    def likeliest(self) -> Value:
        """The value with the highest prior; the default if there is no prior."""
        match self.domain, self.prior:
            case Categorical(values=values), Shares(best=best):
                return values[best]
            case Continuous(), Near(value=value):
                return value
            case _:
                return self.default

    def admits(self, value: Value) -> bool:
        """Whether the value is in the domain; `True` and 1 differ."""
        match self.domain:
            case Categorical(values=values):
                return any(type(v) is type(value) and v == value for v in values)
            case Continuous(low=low, high=high):
                return isinstance(value, int | Fraction) and not isinstance(value, bool) and low <= value <= high


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


def show_prior(domain: Domain, prior: Prior | None) -> str:
    """The prior of a choice as it is written in a spec; empty if there is none.

    >>> show_prior(Categorical((8, 16, 32)), favoring(1, 3)), show_prior(Categorical((True, False)), None)
    ('prior 16', '')
    """
    match domain, prior:
        case Categorical(values=values), Shares() as shares:
            best = shares.best
            if shares == favoring(best, len(values)):
                return f"prior {show(values[best])}"
            return f"prior {list(whole_weights(shares))}"
        case _, Near(value=value):
            return f"prior {show(value)}"
        case _:
            return ""


def show_domain(domain: Domain, prior: Prior | None) -> str:
    """The domain of a choice, with its prior if it has one."""
    shown = show_prior(domain, prior)
    return f"{domain} {shown}" if shown else str(domain)


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
            fraction = Fraction(repr(value))
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


def subsets(count: int, sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The subsets that a `pick` chooses from: sizes in the order given, each in lexicographic order."""
    from itertools import combinations

    for size in sizes:
        yield from combinations(range(count), size)

"""Priors of choices: what the author of a space believes before any training.

A prior changes how samplers draw, and nothing else: no count, no shape, no cost, no id. A named value has half of the
probability, and the other values share the other half equally. (Where there is only one other value this would say
nothing, so the named one has three quarters.) In an interval half of the draws are near the named value: normal around
it, in the scale of the domain, with a standard deviation of a tenth of its length, and cut at its ends. The other half
is uniform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import accumulate
from statistics import NormalDist

NEAR = Fraction(1, 10)
"""The standard deviation of draws near a value, as a part of the length of the interval."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The probability of each value of a discrete domain, in its order; together 1."""

    of: tuple[Fraction, ...]

    @property
    def best(self) -> int:
        """The number of the first of the most probable values."""
        return self.of.index(max(self.of))


@dataclass(frozen=True, slots=True)
class Near:
    """A value in an interval."""

    value: Fraction


Prior = Shares | Near


def favoring(number: int, count: int) -> Shares:
    """The prior that favors the value with a number.

    >>> [str(share) for share in favoring(1, 3).of], [str(share) for share in favoring(0, 2).of]
    (['1/4', '1/2', '1/4'], ['3/4', '1/4'])
    """
    own = Fraction(3, 4) if count == 2 else Fraction(1, 2)
    return Shares(tuple(own if k == number else (1 - own) / (count - 1) for k in range(count)))


def weighted(weights: Sequence[int | Fraction]) -> Shares:
    """The prior in proportion to weights, which are not negative and not all 0."""
    total = Fraction(sum(weights))
    return Shares(tuple(weight / total for weight in weights))


def whole_weights(shares: Shares) -> tuple[int, ...]:
    """The smallest whole weights with the same proportions.

    >>> whole_weights(weighted([Fraction(1, 2), 2, 0]))
    (1, 4, 0)
    """
    scale = math.lcm(*(share.denominator for share in shares.of))
    weights = [int(share * scale) for share in shares.of]
    return tuple(weight // math.gcd(*weights) for weight in weights)


def option_at(shares: Sequence[Fraction], position: float) -> int:
    """The number of the value at a position from 0 to 1, where each value has a part in proportion to its share, or
    equal parts if all shares are 0.

    >>> [option_at(favoring(1, 3).of, position) for position in (0.0, 0.3, 0.7, 0.8, 1.0)]
    [0, 1, 1, 2, 2]
    """
    if not any(shares):
        return min(int(position * len(shares)), len(shares) - 1)
    reached = position * float(sum(shares))
    last = max(number for number, share in enumerate(shares) if share)
    return next((number for number, end in enumerate(accumulate(shares)) if reached < end), last)


def position_near(middle: float, position: float) -> float:
    """Maps uniform positions from 0 to 1 to ones of which half are near `middle`.

    >>> [round(position_near(0.5, position), 2) for position in (0.0, 0.25, 0.4, 0.75, 1.0)]
    [0.0, 0.5, 0.58, 0.5, 1.0]
    """
    if position >= 0.5:
        return 2 * position - 1
    normal, below, within = _cut_normal(middle)
    quantile = min(max(below + 2 * position * within, 1e-12), 1 - 1e-12)
    return min(max(normal.inv_cdf(quantile), 0.0), 1.0)


def density_near(middle: float, position: float) -> float:
    """The density of `position_near` at a position; that of uniform draws is 1."""
    normal, _, within = _cut_normal(middle)
    return 0.5 + 0.5 * normal.pdf(position) / within


@cache
def _cut_normal(middle: float) -> tuple[NormalDist, float, float]:
    """The normal distribution, and its probability below 0 and between 0 and 1."""
    normal = NormalDist(middle, float(NEAR))
    below = normal.cdf(0.0)
    return normal, below, normal.cdf(1.0) - below

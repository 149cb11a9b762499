"""Values of choices at positions from 0 to 1: uniform, or as the prior of the choice says."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import assert_never

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous, Domain, show
from sqsem_dsl.ir.priors import Near, Prior, Shares, density_near, favoring, option_at, position_near, whole_weights
from sqsem_dsl.operators.row import Value


def value_at(domain: Domain, position: float) -> Value:
    """The value at a position from 0 to 1 of a domain (logarithmic if the domain says so)."""
    match domain:
        case Categorical(values=values):
            return values[min(int(position * len(values)), len(values) - 1)]
        case Continuous(low=low, high=high, log=True):
            return domain.decode(float(low) * math.pow(float(high) / float(low), position))
        case Continuous(low=low, high=high):
            return domain.decode(float(low) + (float(high) - float(low)) * position)
        case _:
            assert_never(domain)


def position_in(domain: Continuous, value: Value) -> float:
    """The position of a value from 0 to 1 of an interval: the inverse of `value_at`."""
    low, high = float(domain.low), float(domain.high)
    number = float(value) if isinstance(value, int | Fraction) else low
    if high == low:
        return 0.0
    return math.log(number / low) / math.log(high / low) if domain.log else (number - low) / (high - low)


def sample_at(domain: Domain, prior: Prior | None, position: float) -> Value:
    """The value that a sampler chooses at a random position from 0 to 1."""
    match domain, prior:
        case Categorical(values=values), Shares(of=shares):
            return values[option_at(shares, position)]
        case Continuous(), Near() as near:
            return value_at(domain, position_near(position_in(domain, near.value), position))
        case _:
            return value_at(domain, position)


def likeliest(choice: Choice) -> Value:
    """The value with the highest prior; the default of a choice without a prior."""
    match choice.domain, choice.prior:
        case Categorical(values=values), Shares(best=best):
            return values[best]
        case Continuous(), Near(value=value):
            return value
        case _:
            return choice.default


def density(domain: Domain, prior: Prior | None, value: Value) -> float:
    """The probability of a value, compared with uniform draws, which give 1."""
    match domain, prior:
        case Categorical(values=values), Shares(of=shares):
            return float(shares[domain.number(value)] * len(values))
        case Continuous(), Near() as near:
            return density_near(position_in(domain, near.value), position_in(domain, value))
        case _:
            return 1.0


def show_prior(domain: Domain, prior: Prior | None) -> str:
    """The prior of a choice as it is written in a spec; empty if there is none.

    >>> domain = Categorical((8, 16, 32))
    >>> show_prior(domain, favoring(1, 3)), show_prior(domain, Shares((Fraction(1, 5), Fraction(4, 5), Fraction(0))))
    ('prior 16', 'prior [1, 4, 0]')
    """
    match domain, prior:
        case Categorical(values=values), Shares() as shares:
            if shares == favoring(shares.best, len(values)):
                return f"prior {show(values[shares.best])}"
            return f"prior {list(whole_weights(shares))}"
        case _, Near(value=value):
            return f"prior {show(value)}"
        case _:
            return ""


def show_domain(domain: Domain, prior: Prior | None) -> str:
    """The domain of a choice, with its prior if it has one."""
    shown = show_prior(domain, prior)
    return f"{domain} {shown}" if shown else str(domain)

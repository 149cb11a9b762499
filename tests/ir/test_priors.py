"""Priors: how often samplers draw each value, and the density of draws."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

import pytest

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous
from sqsem_dsl.ir.draws import density, likeliest, position_in, sample_at, show_domain
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.priors import Near, Shares, favoring, weighted

WIDTHS = Categorical((16, 24, 32))
LINEAR = Continuous(Fraction(0), Fraction(4, 5))
LOG = Continuous(Fraction(1, 10**4), Fraction(1, 100), log=True)


def shares(domain, prior, count=20_000):
    random = Random(5)
    found = Counter(sample_at(domain, prior, random.random()) for _ in range(count))
    return [found[value] / count for value in domain.values]


@pytest.mark.parametrize(
    ("domain", "prior", "expected"),
    [
        (WIDTHS, favoring(1, 3), [0.25, 0.5, 0.25]),
        (WIDTHS, weighted([1, 4, 0]), [0.2, 0.8, 0.0]),
        (WIDTHS, weighted([Fraction(1, 2), 0, Fraction(1, 2)]), [0.5, 0.0, 0.5]),
        (Categorical((False, True)), favoring(1, 2), [0.25, 0.75]),
        (Categorical(tuple(range(9))), favoring(8, 9), [1 / 16] * 8 + [0.5]),
        (WIDTHS, None, [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_values_are_drawn_as_often_as_their_prior_says(domain, prior, expected):
    # Twenty thousand draws: three standard deviations are at most 0.011.
    assert shares(domain, prior) == pytest.approx(expected, abs=0.011)
    for value, share in zip(domain.values, expected, strict=True):
        assert density(domain, prior, value) == pytest.approx(share * len(domain.values))


def test_the_ends_of_the_positions_give_values_with_a_weight():
    assert sample_at(WIDTHS, weighted([0, 1, 0]), 0.0) == sample_at(WIDTHS, weighted([0, 1, 0]), 1.0) == 24
    for position in (0.0, 0.25, 0.4999, 0.5, 1.0):
        assert LOG.low <= sample_at(LOG, Near(LOG.low), position) <= LOG.high


@pytest.mark.parametrize("domain", [LINEAR, LOG])
@pytest.mark.parametrize("middle", [0.0, 0.3, 0.5, 0.97, 1.0])
def test_half_of_the_draws_of_an_interval_are_near_its_value(domain, middle):
    value = sample_at(domain, None, middle)
    prior, random, count = Near(Fraction(value)), Random(7), 20_000
    found = [position_in(domain, sample_at(domain, prior, random.random())) for _ in range(count)]
    assert all(0.0 <= position <= 1.0 for position in found)
    # Within two standard deviations of a tenth: 95.45 % of the near half, and as much of the others as has room there.
    low, high = max(middle - 0.2, 0.0), min(middle + 0.2, 1.0)
    cells = 400
    width = (high - low) / cells
    middles = (low + (k + 0.5) * width for k in range(cells))
    expected = sum(density(domain, prior, sample_at(domain, None, position)) for position in middles) * width
    assert sum(low <= position <= high for position in found) / count == pytest.approx(expected, abs=0.011)
    if 0.3 <= middle <= 0.7:
        assert expected == pytest.approx(0.5 * 0.9545 + 0.5 * 0.4, abs=0.003)


@pytest.mark.parametrize("middle", [0.0, 0.3, 1.0])
def test_a_density_is_1_on_average(middle):
    prior = Near(Fraction(sample_at(LOG, None, middle)))
    cells = 2_000
    total = sum(density(LOG, prior, sample_at(LOG, None, (k + 0.5) / cells)) for k in range(cells)) / cells
    assert total == pytest.approx(1.0, abs=1e-3)


def test_the_likeliest_value_is_the_default_without_a_prior():
    path = Path.parse("width")
    assert likeliest(Choice(path, "param", WIDTHS)) == 16
    assert likeliest(Choice(path, "param", WIDTHS, prior=favoring(2, 3))) == 32
    assert likeliest(Choice(path, "param", WIDTHS, prior=weighted([0, 1, 1]))) == 24
    assert likeliest(Choice(path, "param", LOG, prior=Near(Fraction(1, 1000)))) == Fraction(1, 1000)
    assert Choice(path, "param", WIDTHS, prior=favoring(2, 3)).default == 16


def test_a_prior_is_shown_as_it_is_written():
    assert show_domain(WIDTHS, favoring(1, 3)) == "[16, 24, 32] prior 24"
    assert show_domain(WIDTHS, weighted([2, 8, 2])) == "[16, 24, 32] prior [1, 4, 1]"
    assert show_domain(WIDTHS, weighted([1, 2, 1])) == "[16, 24, 32] prior 24"
    assert show_domain(LOG, Near(Fraction(1, 1000))) == "0.0001..0.01 log prior 0.001"
    assert show_domain(WIDTHS, None) == "[16, 24, 32]"


def test_equal_priors_are_equal():
    assert favoring(1, 3) == weighted([1, 2, 1]) == Shares((Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)))

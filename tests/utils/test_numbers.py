"""Numbers on a page: separators, digits, units, percents."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sqsem_dsl.utils.numbers import exactly, percent, short, signed, whole


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (25_765_100, "25,765,100"),
        (10**15 - 1, "999,999,999,999,999"),
        (10**15, "1.00e15"),
        (21_758_655_492_572_485_851, "2.18e19"),
        (9_999 * 10**400, "1.00e404"),
    ],
)
def test_whole(number: int, text: str) -> None:
    assert whole(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (890, "890"),
        (999.6, "1K"),
        (7_123, "7.12K"),
        (999_999, "1M"),
        (1_250_000, "1.25M"),
        (12_024_020_992, "12G"),
        (3 * 10**12, "3T"),
        (10**20, "100000000T"),
        (-450, "-450"),
        (Fraction(1, 3), "0.333"),
        (Fraction(100), "100"),
    ],
)
def test_short(number: float, text: str) -> None:
    assert short(Fraction(number)) == text


def test_what_is_added_has_a_sign_and_nothing_is_left_out() -> None:
    assert [signed(Fraction(n)) for n in (7_123, -7_123, Fraction(1, 2), 0)] == ["+7.12K", "-7.12K", "+0.5", ""]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (500, "500"),
        (2_500, "2.5K"),
        (12_500, "12.5K"),
        (1_237_500, "1.2375M"),
        (1_237_501, "1,237,501"),
        (30_000_000, "30M"),
        (250_000_000_000, "250G"),
    ],
)
def test_exactly(number: int, text: str) -> None:
    assert exactly(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(0), "0 %"),
        (Fraction(1, 10**9), "<0.1 %"),
        (Fraction(1, 1000), "0.1 %"),
        (Fraction(1, 3), "33.3 %"),
        (Fraction(1, 2), "50.0 %"),
        (Fraction(999, 1000), "99.9 %"),
        (1 - Fraction(1, 10**9), ">99.9 %"),
        (Fraction(1), "100 %"),
    ],
)
def test_percent(share: Fraction, text: str) -> None:
    assert percent(share) == text

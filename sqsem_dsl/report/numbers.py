"""Numbers as a person reads them on a page. `--emit analysis` has them all exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

LONGEST = 10**15
"""Whole numbers from here on are shown as a power of ten."""
UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))


def whole(number: int) -> str:
    """With thousands separators, or rounded to three digits where it is very long.

    >>> whole(25765100), whole(21758655492572485851)
    ('25,765,100', '2.18e19')
    """
    return f"{number:,}" if abs(number) < LONGEST else f"{Decimal(number):.2e}".replace("e+", "e")


def short(number: Fraction | int) -> str:
    """Rounded to three digits, with K, M, G and T for the powers of 1000.

    >>> short(890), short(7123), short(999_999), short(-1_250_000), short(Fraction(1, 3))
    ('890', '7.12K', '1M', '-1.25M', '0.333')
    """
    rounded = Decimal(f"{Decimal(number.numerator) / Decimal(number.denominator):.2e}")
    for size, unit in UNITS:
        if abs(rounded) >= size:
            return f"{_plain(rounded / size)}{unit}"
    return _plain(rounded)


def exactly(number: int) -> str:
    """Short where that loses nothing.

    >>> exactly(12_500), exactly(1_237_500), exactly(1_237_501)
    ('12.5K', '1.2375M', '1,237,501')
    """
    size, unit = next(((size, unit) for size, unit in UNITS if abs(number) >= size), (1, ""))
    return whole(number) if number * 10_000 % size else f"{_plain(Decimal(number) / size)}{unit}"


def signed(number: Fraction | int) -> str:
    """What is added, short; nothing for 0.

    >>> signed(7123), signed(-5), signed(0)
    ('+7.12K', '-5', '')
    """
    return f"{'+' if number > 0 else ''}{short(number)}" if number else ""


def percent(share: Fraction) -> str:
    """A part of the whole, to a tenth of a percent; only none is 0 %, and only all is 100 %.

    >>> percent(Fraction(1, 3)), percent(Fraction(1, 10**6)), percent(1 - Fraction(1, 10**6)), percent(Fraction(1))
    ('33.3 %', '<0.1 %', '>99.9 %', '100 %')
    """
    if share in (0, 1):
        return f"{int(share) * 100} %"
    if share < Fraction(1, 1000):
        return "<0.1 %"
    if share > Fraction(999, 1000):
        return ">99.9 %"
    return f"{float(share):.1%}".replace("%", " %")


def _plain(number: Decimal) -> str:
    """Without a power of ten, and without zeros at the end.

    >>> _plain(Decimal("1.20")), _plain(Decimal("1E+2"))
    ('1.2', '100')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

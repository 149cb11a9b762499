"""Numbers, scores, times and sizes for display. `--emit analysis` and `--json` have the exact values."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

LONGEST = 10**15
"""Whole numbers from here on are displayed with a power of ten."""
UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))
BYTES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def whole(number: int) -> str:
    """With thousands separators, or rounded to three digits if it is very long.

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
    """Short if no digit is lost.

    >>> exactly(12_500), exactly(1_237_500), exactly(1_237_501)
    ('12.5K', '1.2375M', '1,237,501')
    """
    size, unit = next(((size, unit) for size, unit in UNITS if abs(number) >= size), (1, ""))
    return whole(number) if number * 10_000 % size else f"{_plain(Decimal(number) / size)}{unit}"


def signed(number: Fraction | int) -> str:
    """An increment, short and with its sign; empty for 0.

    >>> signed(7123), signed(-5), signed(0)
    ('+7.12K', '-5', '')
    """
    return f"{'+' if number > 0 else ''}{short(number)}" if number else ""


def percent(share: Fraction) -> str:
    """A part of the whole, to a tenth of a percent; only 0 gives 0 %, and only 1 gives 100 %.

    >>> percent(Fraction(1, 3)), percent(Fraction(1, 10**6)), percent(1 - Fraction(1, 10**6)), percent(Fraction(1))
    ('33.3 %', '<0.1 %', '>99.9 %', '100 %')
    """
    if share in (0, 1):
        return f"{int(share) * 100} %"
    if share < Fraction(1, 1000):
        return "<0.1 %"
    if share > Fraction(999, 1000):
        return ">99.9 %"
    return rounded_percent(float(share), 1)


def rounded_percent(share: float, digits: int = 0) -> str:
    """A part of the whole, rounded.

    >>> rounded_percent(0.125), rounded_percent(0.125, 1)
    ('12 %', '12.5 %')
    """
    return f"{share:.{digits}%}".replace("%", " %")


def four_digits(value: float, spread: float | None = None) -> str:
    """A score with four digits, and its deviation between executions if known. A count keeps all its digits.

    >>> four_digits(0.91234), four_digits(0.91234, 0.00407), four_digits(12345), four_digits(0.00001234)
    ('0.9123', '0.9123 ±0.0041', '12,345', '1.234e-05')
    """
    if isinstance(value, int):
        return f"{value:,}"
    text = _digits(value)
    return text if spread is None else f"{text} ±{_digits(spread)}"


def score_difference(value: float | None) -> str:
    """A difference of scores, with its sign.

    >>> score_difference(0.0213), score_difference(-0.5), score_difference(12345.6), score_difference(None)
    ('+0.021', '−0.500', '+12,346', '–')
    """
    if value is None:
        return "–"
    size = abs(value)
    text = f"{size:,.0f}" if size >= 1000 else f"{size:.3f}" if size >= 0.0005 or size == 0 else f"{size:.1g}"
    return f"{'−' if value < 0 else '+'}{text}"


def duration(seconds: float) -> str:
    """A time, rounded.

    >>> duration(0), duration(87.4), duration(754), duration(3 * 3600 + 240), duration(50 * 3600)
    ('0 s', '87 s', '13 min', '3 h 4 min', '2 d 2 h')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(minutes / 60)
    return f"{hours // 24} d {hours % 24} h"


def byte_size(size: int) -> str:
    """A number of bytes.

    >>> byte_size(890), byte_size(1_250_000), byte_size(123_456_789)
    ('890 B', '1.2 MB', '123 MB')
    """
    for unit, name in BYTES:
        if size >= unit:
            return f"{size / unit:.{1 if size < 100 * unit else 0}f} {name}"
    return f"{size} B"


def counted(parts: Iterable[tuple[int, str]]) -> str:
    """Counts with their words, without those that are 0.

    >>> counted([(3, "completed"), (0, "running"), (1, "failed")])
    '3 completed, 1 failed'
    """
    return ", ".join(f"{count:,} {what}" for count, what in parts if count)


def plural(count: int, word: str) -> str:
    """A count and its noun.

    >>> plural(1, "trial"), plural(1200, "trial")
    ('1 trial', '1,200 trials')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _digits(value: float) -> str:
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e7 else f"{value:.4g}"


def _plain(number: Decimal) -> str:
    """Without a power of ten, and without zeros at the end.

    >>> _plain(Decimal("1.20")), _plain(Decimal("1E+2"))
    ('1.2', '100')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Irrational numbers, between two rational ones: `log2`, `exp` and `sqrt` where they have no exact value.

Whatever is computed from such a number keeps its bounds (interval arithmetic). A whole number or a comparison that
follows from the bounds is certain; any other is undefined. Bounds are about 10^-48 apart, so that `floor(log2(n))` and
`floor(sqrt(n))` are exact for every whole n up to 10^30.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from math import ceil, floor, isqrt

from sqsem_dsl.ir.undefined import Undefined

GRID = 2**160
"""Bounds are multiples of 1 / GRID, so that their digits do not grow."""
DIGITS = Context(prec=80)
MARGIN = Fraction(1, 10**70)
"""More than the error of the logarithms and exponentials of `decimal` with 80 digits, which are correctly rounded."""
MAX_EXPONENT = 69
"""e^69 < 10^30, the largest number of the language."""

Number = int | Fraction
Ends = tuple[Number, Number]


class Approximate(Fraction):
    """A number between `low` and `high`, in between as a fraction; never a whole number.

    Only this module and `scalars` calculate with its bounds. For others it is a fraction close to the number.
    """

    __slots__ = ("high", "low")
    low: Fraction
    high: Fraction

    def __new__(cls, low: Fraction, high: Fraction) -> Approximate:
        middle = (low + high) / 2
        made: Approximate = super().__new__(cls, middle + Fraction(1, 4 * GRID) if middle.denominator == 1 else middle)
        made.low, made.high = low, high
        return made

    def __reduce__(self) -> tuple[type[Approximate], tuple[Fraction, Fraction]]:
        return Approximate, (self.low, self.high)

    def __copy__(self) -> Approximate:
        return self

    def __deepcopy__(self, memo: object) -> Approximate:
        return self

    def __str__(self) -> str:
        return str(float(self))


def between(low: Number, high: Number) -> Number:
    """A number between two bounds; exact if they are equal."""
    if low == high:
        return low
    return Approximate(Fraction(floor(low * GRID), GRID), Fraction(ceil(high * GRID), GRID))


def ends(value: Number) -> Ends:
    """The bounds of a number, which is both if it is exact."""
    return (value.low, value.high) if isinstance(value, Approximate) else (value, value)


def in_double_precision(value: Approximate) -> Fraction:
    """The nearest number of double precision, unless that is a whole number: then the number itself."""
    nearest = Fraction(float(value))
    return value if nearest.denominator == 1 else nearest


def certain_floor(value: Number, function: str) -> int:
    """The largest whole number that is not above a number. Raises `Undefined` if the bounds allow two."""
    low, high = ends(value)
    if floor(low) != floor(high):
        raise _uncertain(f"`{function}`", floor(high))
    return floor(low)


def certain_ceiling(value: Number, function: str) -> int:
    """The smallest whole number that is not below a number. Raises `Undefined` if the bounds allow two."""
    low, high = ends(value)
    if ceil(low) != ceil(high):
        raise _uncertain(f"`{function}`", ceil(low))
    return ceil(low)


def compared(a: Number, b: Number, symbol: str) -> int:
    """-1 if a number is less than another, 1 if it is more, 0 if both are exact and equal. Raises `Undefined` if the
    bounds allow more than one."""
    (low, high), (other_low, other_high) = ends(a), ends(b)
    if low == high == other_low == other_high:
        return 0
    if high < other_low:
        return -1
    if low > other_high:
        return 1
    raise _uncertain(f"`{symbol}`", b)


def _uncertain(what: str, other: Number) -> Undefined:
    message = f"the result of {what} is not certain: an irrational number cannot be distinguished from "
    return Undefined("uncertain", f"{message}{float(other):.10g}")


def arithmetic(name: str, a: Number, b: Number) -> Number:
    """`+`, `-`, `*`, `/`, `//` or `%` on two numbers of which one is not exact."""
    (al, ah), (bl, bh) = ends(a), ends(b)
    match name:
        case "+":
            return between(al + bl, ah + bh)
        case "-":
            return between(al - bh, ah - bl)
        case "*":
            products = [al * bl, al * bh, ah * bl, ah * bh]
            return between(min(products), max(products))
        case "/":
            if bl <= 0 <= bh:
                raise _uncertain("`/`", 0)
            quotients = [Fraction(x) / y for x in (al, ah) for y in (bl, bh)]
            return between(min(quotients), max(quotients))
        case "//":
            return certain_floor(arithmetic("/", a, b), "//")
        case _:
            return arithmetic("-", a, arithmetic("*", b, certain_floor(arithmetic("/", a, b), "%")))


def power(base: Approximate, exponent: int) -> Number:
    """A number that is not exact to a whole power."""
    # The inverse comes first: a small number to a power would have few digits left on the grid.
    factor = base if exponent >= 0 else arithmetic("/", 1, base)
    found: Number = 1
    for _ in range(abs(exponent)):
        found = arithmetic("*", found, factor)
    return found


def square_root(value: Number) -> Number:
    return _increasing(_square_root, value)


def log2(value: Number) -> Number:
    return _increasing(_log2, value)


def exp(value: Number) -> Number:
    """Raises `Undefined` if the result or its inverse is above the largest number."""
    return _increasing(_exp, value)


def _increasing(bounds: Callable[[Fraction], Ends], value: Number) -> Number:
    low, high = (bounds(Fraction(end)) for end in ends(value))
    return between(low[0], high[1])


def _square_root(value: Fraction) -> Ends:
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    if root * root == value:
        return root, root
    scaled = isqrt(value.numerator * value.denominator * GRID**2)
    return Fraction(scaled, GRID * value.denominator), Fraction(scaled + 1, GRID * value.denominator)


def _log2(value: Fraction) -> Ends:
    up, down = value.numerator.bit_length() - 1, value.denominator.bit_length() - 1
    if value == Fraction(2**up, 2**down):
        return up - down, up - down
    top, bottom, two = (DIGITS.ln(Decimal(n)) for n in (value.numerator, value.denominator, 2))
    found = Fraction(DIGITS.divide(DIGITS.subtract(top, bottom), two))
    return found - MARGIN, found + MARGIN


def _exp(value: Fraction) -> Ends:
    if value == 0:
        return 1, 1
    if abs(value) > MAX_EXPONENT:
        raise Undefined("large")
    found = Fraction(DIGITS.exp(DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))))
    return found * (1 - MARGIN), found * (1 + MARGIN)

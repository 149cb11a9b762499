"""Arithmetic that is exact, or certain, or has no value."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from math import isqrt
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sqsem_dsl.ir.approximate import Approximate, ends
from sqsem_dsl.ir.scalars import Undefined, compute

LONG = Context(prec=140)
WHOLE = st.integers(1, 10**30)
RATIONAL = st.builds(Fraction, st.integers(1, 10**6), st.integers(1, 10**6))


def of(function: str, *arguments: Any) -> Any:
    return compute(function, arguments)


@given(WHOLE)
def test_the_floor_of_a_logarithm_and_of_a_root_is_exact(n: int) -> None:
    assert of("floor", of("log2", n)) == n.bit_length() - 1
    assert of("ceil", of("log2", n)) == (n - 1).bit_length()
    assert of("floor", of("sqrt", n)) == isqrt(n)
    assert of("ceil", of("sqrt", n)) == isqrt(n - 1) + 1


@pytest.mark.parametrize("k", range(1, 100))
def test_beside_a_power_of_two(k: int) -> None:
    assert of("log2", 2**k) == k
    assert type(of("log2", 2**k)) is int
    assert of("floor", of("log2", 2**k - 1)) == k - 1
    assert of("floor", of("log2", 2**k + 1)) == k
    assert of("log2", Fraction(1, 2**k)) == -k


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_the_root_of_a_square_is_exact(n: int, d: int) -> None:
    root = of("sqrt", Fraction(n, d) ** 2)
    assert root == Fraction(n, d)
    assert not isinstance(root, Approximate)


def test_exact_values() -> None:
    assert [of("floor", x) for x in (Fraction(7, 2), Fraction(-7, 2), 3)] == [3, -4, 3]
    assert [of("ceil", x) for x in (Fraction(7, 2), Fraction(-7, 2), 3)] == [4, -3, 3]
    assert (of("exp", 0), of("sqrt", 0), of("log2", 1)) == (1, 0, 0)
    assert of("floor", None) is None


def exact(value: Any) -> Decimal:
    return LONG.divide(Decimal(value.numerator), Decimal(value.denominator))


def within(found: Any, wanted: Decimal) -> None:
    low, high = ends(found)
    real = Fraction(wanted)
    error = (1 + abs(real)) / 10**130
    assert low - error <= real <= high + error
    assert high - low <= max(1, abs(low)) * Fraction(1, 10**40)


@given(RATIONAL)
def test_the_bounds_hold_the_number(x: Fraction) -> None:
    within(of("sqrt", x), LONG.sqrt(exact(x)))
    within(of("log2", x), LONG.divide(LONG.ln(exact(x)), LONG.ln(2)))
    small = x - int(x) + int(x) % 60
    within(of("exp", small), LONG.exp(exact(small)))
    within(of("exp", -small / 2), LONG.exp(exact(-small / 2)))


OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": LONG.add, "-": LONG.subtract, "*": LONG.multiply, "/": LONG.divide, "min": LONG.min, "max": LONG.max,
}  # fmt: skip


@given(RATIONAL, RATIONAL, st.sampled_from(sorted(OPERATIONS)), st.integers(-5, 5))
@example(Fraction(1, 277460), Fraction(1), "*", -3)
def test_arithmetic_keeps_the_bounds(x: Fraction, y: Fraction, name: str, exponent: int) -> None:
    root, real_root = of("sqrt", x), LONG.sqrt(exact(x))
    log, real_log = of("log2", y), LONG.divide(LONG.ln(exact(y)), LONG.ln(2))
    if not (name == "/" and log == 0):
        within(of(name, root, log), OPERATIONS[name](real_root, real_log))
    within(of(name, y, root), OPERATIONS[name](exact(y), real_root))
    within(of("**", root, exponent), LONG.power(real_root, exponent))
    if isinstance(root, Approximate):
        quotient = of("//", root, y)
        assert quotient * y < root < (quotient + 1) * y
        assert of("%", root, y) == of("-", root, of("*", y, quotient))


def test_whole_numbers_and_comparisons_are_certain_or_undefined() -> None:
    root = of("sqrt", 2)
    two = of("*", root, root)
    assert of("round", two) == 2
    assert of("round", of("+", two, Fraction(1, 4))) == 2
    assert of("<", root, Fraction(3, 2)) is True
    assert of("==", root, Fraction(3, 2)) is False
    assert of("in", root, 1, 2) is False
    for function, arguments in (
        ("floor", (two,)), ("ceil", (two,)), ("<", (two, 2)), (">=", (2, two)), ("==", (two, 2)), ("!=", (root, root)),
        ("in", (two, 1, 2)), ("//", (two, 2)), ("%", (two, 2)), ("/", (1, of("-", two, 2))),
        ("round", (of("+", two, Fraction(1, 2)),)),
    ):  # fmt: skip
        with pytest.raises(Undefined) as caught:
            of(function, *arguments)
        assert caught.value.reason == "uncertain", function


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [
        ("log2", (0,), "operand"), ("log2", (-1,), "operand"), ("sqrt", (-1,), "operand"), ("exp", (70,), "large"),
        ("exp", (-70,), "large"), ("sqrt", ("a",), "operand"), ("floor", (True,), "operand"),
        ("multiple", (8, 0), "operand"), ("multiple", (8, Fraction(1, 2)), "operand"),
        ("*", (Approximate(Fraction(10**20), Fraction(10**20 + 1)), 10**11), "large"),
    ],
)  # fmt: skip
def test_there_is_no_value(function: str, arguments: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(Undefined) as caught:
        of(function, *arguments)
    assert caught.value.reason == reason


@given(st.builds(Fraction, st.integers(0, 10**5), st.integers(1, 1000)), st.integers(1, 64))
def test_multiple_is_the_rounding_of_the_papers(v: Fraction, divisor: int) -> None:
    wanted = max(divisor, int(v + Fraction(divisor, 2)) // divisor * divisor)
    if wanted < Fraction(9, 10) * v:
        wanted += divisor
    assert of("multiple", v, divisor) == wanted
    assert type(of("multiple", v, divisor)) is int


def test_multiples_of_published_networks() -> None:
    widths = (16, 24, 32, 64, 96, 160, 320)  # MobileNetV2 with a width of 0.35 and of 1.4
    assert [of("multiple", w * Fraction(35, 100), 8) for w in widths] == [8, 8, 16, 24, 32, 56, 112]
    assert [of("multiple", w * Fraction(14, 10), 8) for w in widths] == [24, 32, 48, 88, 136, 224, 448]


def test_an_irrational_number_survives_copies() -> None:
    root = of("sqrt", 3)
    for other in (pickle.loads(pickle.dumps(root)), copy.copy(root), copy.deepcopy(root)):
        assert ends(other) == ends(root)
        assert other == root
    assert str(root) == "1.7320508075688772"

"""The forms of a choice's value: exact, JSON, and the number of an option."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from sqsem_dsl.ir.choices import Categorical, Choice, Continuous, Domain, decode_choices, encode_choices
from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import Value

CLOSE = Fraction(1, 3), Fraction(10**20 + 3, 3 * 10**20)
"""Two fractions that are the same decimal number."""


def choice(path: str, domain: Domain) -> Choice:
    return Choice(Path.parse(path), "param", domain)


@pytest.mark.parametrize(
    ("values", "forms"),
    [
        ((1, 2, 3), [1, 2, 3]),
        ((Fraction(1, 3), Fraction(1, 2), 1), [1 / 3, 0.5, 1]),
        ((True, False), [True, False]),
        ((1, True, "1"), [1, True, "1"]),
        (("max", "avg"), ["max", "avg"]),
        ((("a", "b"), ("a",), ()), [["a", "b"], ["a"], []]),
        (CLOSE, [str(value) for value in CLOSE]),
    ],
)
def test_values_come_back_exactly_from_json_and_from_numbers(values: tuple[Value, ...], forms: list[object]) -> None:
    domain = Categorical(values)
    assert list(domain.forms) == forms
    for number, value in enumerate(values):
        back = domain.decode(json.loads(json.dumps(domain.encode(value))))
        assert (back, type(back)) == (value, type(value))
        assert domain.number(value) == domain.number_of_form(forms[number]) == number


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert Categorical((1, 2)).decode(2.0) == 2


@pytest.mark.parametrize("data", [4, True, "1", None, [1], {"a": 1}, float("nan")])
def test_other_data_are_no_values(data: object) -> None:
    with pytest.raises(ValueError, match="`c` has no value"):
        choice("c", Categorical((1, 2))).decode(data)


@pytest.mark.parametrize("data", [True, "1", None, [1], {"a": 1}, float("nan"), float("inf")])
def test_other_data_are_no_numbers_of_an_interval(data: object) -> None:
    with pytest.raises(ValueError, match="rate"):
        choice("rate", Continuous(Fraction(0), Fraction(1))).decode(data)


def test_a_number_of_an_interval_is_read_as_it_is_written_and_within_its_ends() -> None:
    interval = Continuous(Fraction(0), Fraction(1, 3))
    for number, value in ((0.1, Fraction(1, 10)), (np.float64(0.1), Fraction(1, 10)), (0.0, 0), (0, 0)):
        assert interval.decode(number) == value
    assert interval.decode(interval.encode(Fraction(1, 3))) == Fraction(1, 3)
    assert interval.decode(0.33333333333333337) == Fraction(1, 3)
    for outside in (0.34, -0.01, 10**400):
        with pytest.raises(ValueError, match="no value"):
            interval.decode(outside)


def test_assignments() -> None:
    choices = [choice("flag", Categorical((True, False))), choice("rate", Continuous(Fraction(0), Fraction(1)))]
    data = encode_choices(choices, {"rate": Fraction(1, 4), "flag": True})
    assert data == {"rate": 0.25, "flag": True}
    assert decode_choices(choices, data) == {"rate": Fraction(1, 4), "flag": True}
    with pytest.raises(ValueError, match="there is no choice `other`"):
        decode_choices(choices, {"other": 1})

"""Exact arithmetic on values: the scalar functions of the language, each defined in one place."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeGuard

from sqsem_dsl.ir import approximate
from sqsem_dsl.ir.approximate import Approximate, certain_ceiling, certain_floor, compared
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.undefined import Undefined as Undefined
from sqsem_dsl.operators.row import Value

LARGEST = 10**30
"""The largest number allowed; without a bound, `9 ** 9 ** 9` would exhaust the machine."""

AXES = {"channels": -1, "width": -2, "height": -3, "length": -2}


def is_number(value: Value) -> TypeGuard[int | Fraction]:
    return type(value) is int or isinstance(value, Fraction)


def kind_of(value: Value) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | Fraction():
            return "a number"
        case str():
            return "a symbol"
        case tuple():
            return "a list"
        case None:
            return "a continuous value"


def compute(function: str, arguments: tuple[Value, ...]) -> Value:
    """The value of a function of `FUNCTIONS`. None (a continuous value not decided yet) gives None.

    >>> compute("/", (1, 4)), compute("//", (-1, 2)), compute("round", (Fraction(5, 2),)), compute("**", (2, -1))
    (Fraction(1, 4), -1, 3, Fraction(1, 2))

    Raises `Undefined` where there is none.
    """
    if None in arguments:
        return None
    return FUNCTIONS[function](*arguments)


def binary(function: str) -> Callable[[Value, Value], Value]:
    """`compute` for one function of two arguments."""
    rule = FUNCTIONS[function]
    return lambda a, b: None if a is None or b is None else rule(a, b)


def _number(value: Value, function: str) -> int | Fraction:
    if not is_number(value):
        raise Undefined("operand", f"`{function}` takes numbers, not `{show(value)}`, {kind_of(value)}")
    return value


def _whole(value: int | Fraction) -> int | Fraction:
    if isinstance(value, Approximate):
        if abs(value) > LARGEST:
            raise Undefined("large")
        return value
    if abs(value.numerator) > LARGEST or value.denominator > LARGEST:
        raise Undefined("large")
    return value.numerator if value.denominator == 1 else value


def _arithmetic(name: str, rule: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    divides = name in ("/", "//", "%")

    def apply(a: Value, b: Value) -> Value:
        if type(a) is int and type(b) is int and not (divides and b == 0) and (name != "/" or a % b == 0):
            number: int = a // b if name == "/" else rule(a, b)
            if -LARGEST <= number <= LARGEST:
                return number
            raise Undefined("large")
        left, right = _number(a, name), _number(b, name)
        if divides and right == 0:
            raise Undefined("zero", f"{show(left)} {name} 0")
        if isinstance(left, Approximate) or isinstance(right, Approximate):
            return _whole(approximate.arithmetic(name, left, right))
        return _whole(rule(Fraction(left), Fraction(right)))

    return apply


def _power(a: Value, b: Value) -> Value:
    if isinstance(a, Approximate) and type(b) is int and abs(b) <= 200:
        return _whole(approximate.power(a, b))
    base, exponent = Fraction(_number(a, "**")), Fraction(_number(b, "**"))
    if exponent.denominator != 1:
        raise Undefined("operand", f"`**` needs a whole exponent, not {show(exponent)}")
    if base == 0 and exponent < 0:
        raise Undefined("zero", f"0 ** {show(exponent)}")
    if abs(exponent) > 200 and base not in (0, 1, -1):
        raise Undefined("large")
    return _whole(base ** int(exponent))


def _compare(name: str, rule: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Value]:
    def apply(a: Value, b: Value) -> Value:
        if type(a) is int and type(b) is int:
            return rule(a, b)
        left, right = _number(a, name), _number(b, name)
        if isinstance(left, Approximate) or isinstance(right, Approximate):
            return rule(compared(left, right, name), 0)
        return rule(left, right)

    return apply


def _alike(a: Value, b: Value) -> bool:
    return type(a) is type(b) or kind_of(a) == kind_of(b)


def _same(a: Value, b: Value) -> bool:
    if not _alike(a, b):
        raise Undefined("operand", f"`{show(a)}`, {kind_of(a)}, is compared with `{show(b)}`, {kind_of(b)}")
    return _equal(a, b)


def _equal(a: Value, b: Value) -> bool:
    """Whether two values of one kind are equal."""
    if is_number(a) and is_number(b) and (isinstance(a, Approximate) or isinstance(b, Approximate)):
        return compared(a, b, "==") == 0
    return a == b


def _not(a: Value) -> Value:
    if not isinstance(a, bool):
        raise Undefined("operand", f"`not` takes true or false, not `{show(a)}`")
    return not a


def _member(a: Value, *options: Value) -> Value:
    return any(_alike(o, a) and _equal(o, a) for o in options)


def _least(*values: Value) -> Value:
    low, high = zip(*(approximate.ends(_number(value, "min")) for value in values), strict=True)
    return approximate.between(min(low), min(high))


def _most(*values: Value) -> Value:
    low, high = zip(*(approximate.ends(_number(value, "max")) for value in values), strict=True)
    return approximate.between(max(low), max(high))


def _floor(a: Value) -> Value:
    return certain_floor(_number(a, "floor"), "floor")


def _ceil(a: Value) -> Value:
    return certain_ceiling(_number(a, "ceil"), "ceil")


def _round(a: Value) -> Value:
    low, high = approximate.ends(_number(a, "round"))
    return certain_floor(approximate.between(low + Fraction(1, 2), high + Fraction(1, 2)), "round")


def _irrational(name: str, rule: Callable[[int | Fraction], int | Fraction], above: int | None) -> Callable[..., Value]:
    """A function of numbers that are at least 0 (`above` is -1), more than 0 (0), or any."""

    def apply(a: Value) -> Value:
        number = _number(a, name)
        if above is not None and not (approximate.ends(number)[0] > 0 or (above < 0 and number == 0)):
            wanted = "above 0" if above == 0 else "of at least 0"
            raise Undefined("operand", f"`{name}` takes a number {wanted}, not {show(number)}")
        return _whole(rule(number))

    return apply


def _multiple(a: Value, b: Value) -> Value:
    """A number rounded to a multiple of another, at least once it and not below 0.9 of the number.

    Source: `_make_divisible` of MobileNet's reference code (github.com/tensorflow/models, slim/nets/mobilenet).
    """
    number, of = _number(a, "multiple"), _number(b, "multiple")
    if of.denominator != 1 or of < 1:
        raise Undefined("operand", f"`multiple` rounds to a multiple of a whole number above 0, not {show(of)}")
    step = int(of)
    halves = _whole(approximate.arithmetic("/", approximate.arithmetic("+", number, Fraction(step, 2)), step))
    found = max(step, certain_floor(halves, "multiple") * step)
    least = approximate.arithmetic("*", number, Fraction(9, 10))
    return _whole(found + step if compared(found, least, "<") < 0 else found)


def _sum(*values: Value) -> Value:
    total: Value = 0
    for value in values:
        total = FUNCTIONS["+"](total, value)
    return total


def _count(picked: Value) -> Value:
    if not isinstance(picked, tuple):
        raise Undefined("operand", f"`count` takes conditions and picks, not `{show(picked)}`, {kind_of(picked)}")
    return len(picked)


def _picks(picked: Value, name: Value) -> Value:
    return isinstance(picked, tuple) and name in picked


def _item(table: Value, index: Value) -> Value:
    if not isinstance(table, tuple):
        raise Undefined("operand", f"`{show(table)}` is not a table")
    number = _number(index, "[ ]")
    if Fraction(number).denominator != 1 or not 0 <= number < len(table):
        raise Undefined("table", show(number), len(table))
    return table[int(number)]


def _list(*items: Value) -> Value:
    return items


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "+": _arithmetic("+", operator.add),
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", operator.truediv),
    "//": _arithmetic("//", operator.floordiv),
    "%": _arithmetic("%", operator.mod),
    "**": _power,
    "<": _compare("<", operator.lt),
    "<=": _compare("<=", operator.le),
    ">": _compare(">", operator.gt),
    ">=": _compare(">=", operator.ge),
    "==": _same,
    "!=": lambda a, b: not _same(a, b),
    "not": _not,
    "in": _member,
    "min": _least,
    "max": _most,
    "round": _round,
    "floor": _floor,
    "ceil": _ceil,
    "log2": _irrational("log2", approximate.log2, 0),
    "exp": _irrational("exp", approximate.exp, None),
    "sqrt": _irrational("sqrt", approximate.square_root, -1),
    "multiple": _multiple,
    "sum": _sum,
    "count": _count,
    "picks": _picks,
    "item": _item,
    "list": _list,
}
CALLABLE = {
    "min": (1, None),
    "max": (1, None),
    "sum": (1, None),
    "count": (1, None),
    "where": (3, 3),
    "multiple": (2, 2),
    **dict.fromkeys(("round", "floor", "ceil", "log2", "exp", "sqrt"), (1, 1)),
}
"""The functions that a user calls by name, with their minimum and maximum number of arguments; the dimensions are
`AXES`."""

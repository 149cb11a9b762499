"""Functions of numbers as Python expressions with the exact results of sqsem.

sqsem computes with exact fractions and Python with floats. Both agree on whole numbers, on numbers as they are written,
and on one whole number divided by another. Two more values are compared and rounded without a difference in the last
digit:

- A value that has at most d decimals, such as a whole number times 0.25. Its float is closer to it than to any other
  such value, so `round(x, d)` is the float that is written the same; sums of it and a half are then exact or far from
  the next whole number.
- A sum or a quotient with a logarithm, a root or a quotient inside: for whole k and d > 0, the floor of (x + k) / d is
  that of (floor(x) + k) / d (R. L. Graham, D. E. Knuth, O. Patashnik, "Concrete Mathematics", 1994, equation 3.11).
  The floors of log2 and sqrt of a whole number come from its bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.values import ATOM, PRODUCT, SIGN, SUM, Kind, Scalar
from sqsem_dsl.backends.hypermodel.writer import Writer

FRACTIONS = "fractions are exact in sqsem and floats in Python"
MOST_DECIMALS = 6
"""With more, products of large numbers may not have all of them in a float."""


def exact(writer: Writer, node: nodes.Node, side: Scalar) -> Scalar:
    """A value that is equal to that of sqsem; refused if there is no code for it."""
    if side.kind != "real" or side.static:
        return side
    if side.decimals is not None:
        return Scalar(f"round({side.code}, {side.decimals})", "number", decimals=side.decimals)
    remedy = "use whole numbers, or one divided by another"
    writer.module.refuse(node.span, f"`{node.span.text}`", FRACTIONS, remedy)
    return side


def with_bounds(operator: str, left: Scalar, right: Scalar, found: Scalar) -> Scalar:
    """The result of an operator, with its decimals, and with its floor and ceiling where they are exact."""
    found = replace(found, decimals=_decimals(operator, left, right))
    if found.kind == "int":
        return found
    if operator in ("+", "-") and right.kind == "int":
        return replace(found, floor=_plus(operator, left.floor, right), ceiling=_plus(operator, left.ceiling, right))
    if operator == "+" and left.kind == "int":
        return replace(found, floor=_plus(operator, right.floor, left), ceiling=_plus(operator, right.ceiling, left))
    if operator == "/" and right.kind == "int" and (left.kind == "int" or _is_positive(right)):
        floor = left if left.kind == "int" else left.floor
        ceiling = left if left.kind == "int" else left.ceiling
        return replace(found, floor=_divided(floor, right), ceiling=_ceiling_of_divided(ceiling, right))
    return found


def _is_positive(side: Scalar) -> bool:
    return isinstance(side.value, int) and side.value > 0


def _plus(operator: str, bound: Scalar | None, other: Scalar) -> Scalar | None:
    if bound is None:
        return None
    if operator == "+" and other.value == 1 and bound.code.endswith(" - 1"):
        return Scalar(bound.code.removesuffix(" - 1"), "int")  # of a number of bits
    right = other.inside(SUM if operator == "+" else SUM + 1)
    return Scalar(f"{bound.inside(SUM)} {operator} {right}", "int", SUM)


def _divided(bound: Scalar | None, by: Scalar) -> Scalar | None:
    if bound is None:
        return None
    return Scalar(f"{bound.inside(PRODUCT)} // {by.inside(PRODUCT + 1)}", "int", PRODUCT)


def _ceiling_of_divided(bound: Scalar | None, by: Scalar) -> Scalar | None:
    if bound is None:
        return None
    return Scalar(f"-(-{bound.inside(SIGN)} // {by.inside(PRODUCT + 1)})", "int", SIGN)


def decimals_of(value: object) -> int | None:
    """The decimals of a number; None if they do not end.

    >>> decimals_of(3), decimals_of(Fraction(3, 8)), decimals_of(Fraction(1, 3))
    (0, 3, None)
    """
    if not isinstance(value, int | Fraction):
        return None
    exponent = 0
    while (Fraction(value) * 10**exponent).denominator != 1:
        exponent += 1
        if exponent > MOST_DECIMALS:
            return None
    return exponent


def _decimals(operator: str, left: Scalar, right: Scalar) -> int | None:
    one, other = own_decimals(left), own_decimals(right)
    if one is None or other is None:
        return None
    match operator:
        case "+" | "-":
            found = max(one, other)
        case "*":
            found = one + other
        case "/" if isinstance(right.value, int | Fraction) and right.value:
            inverse = decimals_of(1 / Fraction(right.value))
            if inverse is None:
                return None
            found = one + inverse
        case "**" if isinstance(right.value, int) and right.value >= 0:
            found = one * right.value
        case _:
            return None
    return found if found <= MOST_DECIMALS else None


def own_decimals(side: Scalar) -> int | None:
    """How many decimals a value has at most; None if that is not known."""
    if side.kind == "int":
        return 0
    return decimals_of(side.value) if side.static else side.decimals


def most_decimals(sides: Sequence[Scalar]) -> int | None:
    """How many decimals several values have at most."""
    several = [own_decimals(side) for side in sides]
    return None if None in several else max(each for each in several if each is not None)


def function(writer: Writer, node: nodes.Node, name: str, sides: Sequence[Scalar]) -> Scalar:
    """A function of the language, none of whose results is known yet."""
    math = writer.module.imports
    match name:
        case "round" | "floor" | "ceil" if sides[0].kind == "int":
            return sides[0]
        case "floor" if sides[0].floor is not None:
            return sides[0].floor
        case "ceil" if sides[0].ceiling is not None:
            return sides[0].ceiling
        case "round":
            math.add("math")
            return Scalar(f"math.floor({exact(writer, node, sides[0]).inside(SUM)} + 0.5)", "int")
        case "floor" | "ceil":
            math.add("math")
            return Scalar(f"math.{name}({exact(writer, node, sides[0]).code})", "int")
        case "log2" | "sqrt" | "exp":
            return _irrational(writer, name, sides[0])
        case "multiple":
            x, of = sides
            if of.kind != "int" or (x.kind == "quotient" and own_decimals(x) is None):
                remedy = "use whole numbers, or numbers with a few decimals"
                writer.module.refuse(node.span, f"`{node.span.text}`", FRACTIONS, remedy)
            x = exact(writer, node, x)
            return Scalar(f"{helper(writer.module, 'multiple')}({x.code}, {of.code})", "int")
        case _:
            sides = [exact(writer, node, side) for side in sides]
            code = f"{name}({', '.join(side.code for side in sides)})"
            return Scalar(code, joint([side.kind for side in sides]), decimals=most_decimals(sides))


def _irrational(writer: Writer, name: str, side: Scalar) -> Scalar:
    writer.module.imports.add("math")
    found = Scalar(f"math.{name}({side.code})", "real")
    if side.kind != "int":
        return found
    inner = side.inside(ATOM)
    number = f"({inner})" if inner.isdigit() else inner
    match name:
        case "log2":
            floor = Scalar(f"{number}.bit_length() - 1", "int", SUM)
            ceiling = Scalar(f"({side.inside(SUM)} - 1).bit_length()", "int")
            return replace(found, floor=floor, ceiling=ceiling)
        case "sqrt":
            floor = Scalar(f"math.isqrt({side.code})", "int")
            ceiling = Scalar(f"{helper(writer.module, 'ceil_sqrt')}({side.code})", "int")
            return replace(found, floor=floor, ceiling=ceiling)
        case _:
            return found


def joint(kinds: Sequence[Kind]) -> Kind:
    """The kind of a value that is of one of several kinds."""
    several = set(kinds)
    if len(several) == 1:
        return kinds[0]
    return "real" if several & {"real", "quotient"} else "number"

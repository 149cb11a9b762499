"""Values of the language as text, for messages."""

from __future__ import annotations

from fractions import Fraction

from sqsem_dsl.utils.shapes import facts


def show(value: object) -> str:
    """A value as the language writes it: shapes and lists in brackets, fractions as decimals, symbols bare.

    >>> show((32, 32, 3)), show(Fraction(5, 2)), show(True), show("same")
    ('[32, 32, 3]', '2.5', 'true', '`same`')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return "[" + ", ".join(show(item) for item in value) + "]" + facts(value)
        case Fraction():
            return f"{float(value):.6g}"
        case str():
            return f"`{value}`"
        case None:
            return "a real number"
        case _:
            return str(value)

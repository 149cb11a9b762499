"""The values of expressions in the emitted code: tensors and numbers, each as the Python expression for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

from sqsem_dsl.ir.choices import show
from sqsem_dsl.operators.row import Value

ATOM, POWER, SIGN, PRODUCT, SUM, COMPARISON, NOT, AND, OR, WHERE = range(10, 0, -1)
"""How strongly Python's operators bind; the highest binds most."""
CALL = "()"
"""What calls the function of a tensor that is made when it is first read."""

Kind = Literal["int", "number", "quotient", "real", "bool", "symbol", "list"]
"""`number`: a number as written, whole or not; `quotient`: one whole number divided by another; `real`: other
arithmetic on numbers that are not whole, which floats give only nearly."""


class _Unknown:
    """Marks a value that depends on a choice or an argument."""


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Tensor:
    """A tensor: the variable that holds it, and its number of dimensions without the batch axis."""

    code: str
    rank: int
    below: int | None = None
    """For whole numbers: what all are below."""
    padded: bool = False
    """For whole numbers: whether places of padding are -1."""
    zero: bool = False
    """Whether it may be an object of the class `Zeros` in place of a tensor (`zeros`)."""
    lazy: bool = False
    """Whether its code is the call of a function that makes it (`lazies`)."""
    reads: frozenset[str] = frozenset()
    """The variables that this function reads."""
    fewer: frozenset[int] = frozenset()
    """Other numbers of dimensions that it may have, if these are chosen: all are less than `rank`."""


def joined(tensor: Tensor, others: Iterable[Tensor]) -> Tensor:
    """A tensor that may have the dimensions of others, too."""
    ranks = {rank for each in (tensor, *others) for rank in (each.rank, *each.fewer)}
    return replace(tensor, rank=max(ranks), fewer=frozenset(ranks - {max(ranks)}))


@dataclass(frozen=True)
class Scalar:
    """A number, symbol, truth value or list."""

    code: str
    kind: Kind
    binds: int = ATOM
    value: Value | _Unknown = UNKNOWN
    entries: Kind = "int"
    """The kind of the entries of a list."""
    decimals: int | None = None
    """How many decimals a number that is not known has at most, if that is known (`functions`)."""
    floor: Scalar | None = None
    ceiling: Scalar | None = None
    """The floor and the ceiling of a number, where there is exact code for them."""

    @property
    def static(self) -> bool:
        return not isinstance(self.value, _Unknown)

    def inside(self, binds: int) -> str:
        """The code as an operand of an operator that binds so strongly."""
        return self.code if self.binds >= binds else f"({self.code})"


Meaning = Tensor | Scalar


def literal(value: Value) -> str:
    """A value as Python code.

    >>> literal(Fraction(1, 4)), literal(("same", 3)), literal(True), literal(1_250_000)
    ('0.25', '["same", 3]', 'True', '1_250_000')
    """
    match value:
        case bool():
            return str(value)
        case int():
            return f"{value:_}" if abs(value) >= 10_000 else str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case tuple():
            return f"[{', '.join(map(literal, value))}]"
        case Fraction():
            return number(value)
        case None:
            raise AssertionError("a continuous choice has no literal")


def number(value: int | Fraction | float) -> str:
    """A number as a float: `0.25`, `1e-05`."""
    return repr(float(value))


def known(value: Value) -> Scalar:
    """A scalar whose value is known."""
    kind = kind_of(value)
    if isinstance(value, tuple):
        entries: Kind = "int"
        kinds = {kind_of(each) for each in value}
        entries = kinds.pop() if len(kinds) == 1 else "number"
        return Scalar(literal(value), "list", value=value, entries=entries)
    negative = isinstance(value, int | Fraction) and not isinstance(value, bool) and value < 0
    return Scalar(literal(value), kind, SIGN if negative else ATOM, value)


def kind_of(value: Value) -> Kind:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case str():
            return "symbol"
        case tuple():
            return "list"
        case _:
            return "number"


def text(value: Value) -> str:
    """A value as in a spec, for messages."""
    return show(value)

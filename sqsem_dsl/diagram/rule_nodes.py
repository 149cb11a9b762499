"""What the terms of rules are made of (`rule_terms`). Equal terms are one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Apply, Dim, Draw, If, Input, Item, ItemId
from sqsem_dsl.ir.scalars import Undefined
from sqsem_dsl.operators.row import Value

Names = frozenset[ItemId]
NONE: Names = frozenset()
Number = int | Fraction
Bounds = tuple[Number, Number]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a size is not known: its tensor failed, or does not have that axis. `fault` is None if the fault is reported
    where the tensor is made."""

    fault: Fault | None


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    value: Value
    names: Names = NONE


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """There is no value: the computation stops here."""

    reason: Undefined | Failed
    names: Names = NONE


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A choice, or a size of a tensor."""

    item: ItemId
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    function: str
    arguments: tuple[Term, ...]
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """The sum of choices of whole numbers and a constant. The order in which they become known makes no difference."""

    items: tuple[ItemId, ...]
    constant: int
    low: int
    """The least and the greatest value that the sum can have."""
    high: int
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """A term of a `count(…)` or `sum(…)` that is not added yet: what is left of it, and the choices and tensors that it
    names and that are not known. If one of them can no longer become active, the term adds 0."""

    term: Term
    missing: Names
    bounds: Bounds | None
    """The least and the most that it adds, 0 included; None if it may have no value."""


@dataclass(frozen=True, slots=True, eq=False)
class Total:
    """A `count(…)` or `sum(…)`: the total so far, or why there is none, and the terms that are still open."""

    so_far: Value | Undefined
    open: tuple[Open, ...]
    bounds: Bounds | None
    names: Names
    """All that the open terms name."""


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    test: Term
    then: Term
    other: Term
    names: Names


Term = Known | Raised | Read | Applied | Sum | Total | Conditional


def named(items: Sequence[Item], scalar: ItemId) -> Names:
    """The draws of choices and the tensors that a scalar reads, without those in its `count(…)` and `sum(…)`."""
    found: set[ItemId] = set()
    pending, seen = [scalar], {scalar}
    for item in pending:
        match items[item]:
            case Draw():
                found.add(item)
            case Dim(of=of):
                if not isinstance(items[of], Input):
                    found.add(of)
            case Apply() | If() as node:
                fresh = dict.fromkeys(child for child in children(node) if child not in seen)
                seen.update(fresh)
                pending.extend(fresh)
            case _:
                pass
    return frozenset(found)

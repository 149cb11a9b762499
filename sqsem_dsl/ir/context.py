"""The choices known at a place: which branches lead there, and so which values an expression can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import Apply, ChoiceId, Const, Declared, Dim, Draw, If, Item, ItemId
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Value
from sqsem_dsl.utils.effort import Effort

LIMIT = 4096
"""Combinations of choices tried to find the values of an expression; beyond this limit nothing is assumed."""
MAX_TRIED_STEPS = 500_000
"""Items evaluated for this in a whole space: about a second."""


@dataclass(frozen=True, slots=True)
class Context:
    """Tests that hold here, each with its accepted values."""

    assumed: tuple[tuple[ItemId, tuple[object, ...]], ...] = ()

    def assume(self, test: ItemId, values: tuple[object, ...]) -> Context:
        return Context((*self.assumed, (test, values)))


class Unknown(Exception):
    """An expression reads a shape or a continuous choice: its values are not known without an evaluation."""


def draws(items: Sequence[Item], root: ItemId, found: set[ChoiceId], seen: set[ItemId] | None = None) -> None:
    """Adds the choices that a scalar reads to `found`. Raises `Unknown` if the scalar reads a shape."""
    seen = set() if seen is None else seen
    if root in seen:
        return
    seen.add(root)
    match items[root]:
        case Const():
            pass
        case Draw(choice=choice):
            found.add(choice)
        case Apply(arguments=arguments):
            for argument in arguments:
                draws(items, argument, found, seen)
        case If(test=test, then=then, other=other):
            for part in (test, then, other):
                draws(items, part, found, seen)
        case _:
            raise Unknown


def value_of(
    items: Sequence[Item],
    root: ItemId,
    assignment: Mapping[ChoiceId, Value],
    known: dict[ItemId, Value] | None = None,
) -> Value:
    """The value of a scalar that reads no shape. Raises `Undefined` or `Unknown`."""
    known = {} if known is None else known
    if root in known:
        return known[root]
    match items[root]:
        case Const(value=value):
            result = value
        case Draw(choice=choice):
            result = assignment[choice]
        case Apply(function=function, arguments=arguments):
            result = compute(function, tuple(value_of(items, a, assignment, known) for a in arguments))
        case If(test=test, then=then, other=other):
            decided = value_of(items, test, assignment, known)
            if not isinstance(decided, bool):
                raise Undefined("operand", "a condition must be true or false")
            result = value_of(items, then if decided else other, assignment, known)
        case _:
            raise Unknown
    known[root] = result
    return result


def assignments(
    items: Sequence[Item], choices: Sequence[Declared], root: ItemId, context: Context, effort: Effort
) -> Iterable[dict[ChoiceId, Value]] | None:
    """The ways to set the choices that a scalar reads under the assumptions; None if there are too many or they are
    unknown. One step of the effort evaluates one item for one way."""
    wanted: set[ChoiceId] = set()
    seen: set[ItemId] = set()
    try:
        draws(items, root, wanted, seen)
    except Unknown:
        return None
    relevant = []
    size = len(seen)
    for test, values in context.assumed:
        reads: set[ChoiceId] = set()
        seen = set()
        try:
            draws(items, test, reads, seen)
        except Unknown:
            continue
        if reads & wanted:
            relevant.append((test, values, reads))
            size += len(seen)
    involved = sorted(wanted.union(*(reads for *_, reads in relevant)))
    domains = []
    for choice in involved:
        match choices[choice].domain:
            case Categorical(values=values):
                domains.append(values)
            case _:
                return None
    ways = prod(len(d) for d in domains)
    if ways > LIMIT or ways * size > effort.left:
        return None
    effort.spend(ways * size)
    return _filtered(items, involved, domains, [(t, v) for t, v, _ in relevant])


def _filtered(
    items: Sequence[Item],
    involved: Sequence[ChoiceId],
    domains: Sequence[tuple[Value, ...]],
    relevant: Sequence[tuple[ItemId, tuple[object, ...]]],
) -> Iterable[dict[ChoiceId, Value]]:
    for values in product(*domains):
        assignment = dict(zip(involved, values, strict=True))
        try:
            if all(_among(value_of(items, test, assignment), allowed) for test, allowed in relevant):
                yield assignment
        except Undefined:
            continue


def _among(value: Value, allowed: tuple[object, ...]) -> bool:
    return any(type(value) is type(a) and value == a for a in allowed)


def possible(
    items: Sequence[Item], choices: Sequence[Declared], root: ItemId, context: Context, effort: Effort
) -> tuple[Value, ...] | None:
    """The distinct values that a scalar can have here, in the order in which the choices give them; None if they are
    not known or need more steps than are left.

    An undefined value (a division by zero) is left out: the evaluation reports it where it is reached.
    """
    match items[root]:
        case Const(value=value):
            return (value,)
        case Dim():
            return None
        case _:
            pass
    ways = assignments(items, choices, root, context, effort)
    if ways is None:
        return None
    found: dict[tuple[type, Value], Value] = {}
    for assignment in ways:
        try:
            value = value_of(items, root, assignment)
        except Undefined:
            continue
        found.setdefault((type(value), value), value)
    return tuple(found.values())

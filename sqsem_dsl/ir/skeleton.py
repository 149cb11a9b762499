"""The items of a graph in one form, for comparisons that need not know their types.

A comparison decides for itself about choices, sets of weights and rules, and whether one item may have cases that the
other lacks.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from sqsem_dsl.ir.graph import (
    Apply,
    Const,
    Dim,
    Draw,
    ErrorNode,
    FixedArg,
    Guard,
    If,
    Input,
    Item,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Part,
    Residual,
    SubsetArg,
    Switch,
    Tally,
)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """An item without its place in the text and its name.

    Items with different heads are different. `fixed` are the items that it always reads; `cases` those of which one or
    several are selected: the cases of a switch, the steps of a loop, the alternatives of a `pick`.
    """

    head: tuple[object, ...]
    fixed: tuple[ItemId, ...] = ()
    cases: Mapping[Hashable, ItemId] = field(default_factory=dict)
    rules: tuple[ItemId, ...] = ()
    weights: str | None = None


def skeleton(item: Item) -> Skeleton:
    """The skeleton of an item. That of a `Draw` says nothing about its choice."""
    match item:
        case Const(value=value):
            return Skeleton((Const, typed(value)))
        case Draw():
            return Skeleton((Draw,))
        case Apply(function=function, arguments=arguments):
            return Skeleton((Apply, function), arguments)
        case If(test=test, then=then, other=other):
            return Skeleton((If,), (test, then, other))
        case Dim(of=of, axis=axis):
            return Skeleton((Dim, axis), (of,))
        case Tally(terms=terms):
            return Skeleton((Tally,), terms)
        case Input(name=name, shape=shape, extents=extents):
            return Skeleton((Input, name, None if extents else shape), extents)
        case Op(row=row, inputs=inputs, attributes=attributes, weights=weights):
            names, values = tuple(name for name, _ in attributes), tuple(value for _, value in attributes)
            return Skeleton((Op, row, names), inputs + values, weights=weights)
        case Switch(of=of, test=test, cases=cases):
            before = () if of is None else (of,)
            return Skeleton((Switch,), (*before, test), {typed(value): node for value, node in cases})
        case Loop(steps=steps, count=count):
            return Skeleton((Loop,), (count,), dict(enumerate(steps)))
        case Residual(of=of, mode=mode, body=body, weights=weights):
            return Skeleton((Residual,), (of, mode, body), weights=weights)
        case Merge(parts=parts, how=how, axis=axis):
            settings = (how,) if axis is None else (how, axis)
            fixed = (*settings, *(each for part in parts for each in _fixed(part)))
            picks = [(at, part) for at, part in enumerate(parts) if isinstance(part, SubsetArg)]
            named: dict[Hashable, ItemId] = {(at, name): node for at, pick in picks for name, node in pick.alternatives}
            return Skeleton((Merge, len(settings), *map(type, parts)), fixed, named)
        case Guard(rules=rules, body=body):
            return Skeleton((Guard,), (body,), rules=rules)
        case ErrorNode():
            return Skeleton((ErrorNode,))
        case _:
            assert_never(item)


def _fixed(part: Part) -> tuple[ItemId, ...]:
    match part:
        case FixedArg(node=node):
            return (node,)
        case OptionalArg(test=test, node=node):
            return (test, node)
        case SubsetArg(chosen=chosen):
            return (chosen,)
        case _:
            assert_never(part)


def typed(value: object) -> tuple[object, ...]:
    """A value in which `true` and 1 differ, as they do in the language."""
    return tuple(map(typed, value)) if isinstance(value, tuple) else (type(value), value)

"""The items that an item of the graph reads."""

from __future__ import annotations

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


def children(item: Item) -> tuple[ItemId, ...]:
    """The items that an item reads, in evaluation order, without a Guard's rules."""
    match item:
        case Const() | Draw() | ErrorNode():
            return ()
        case Input(extents=extents):
            return extents
        case Apply(arguments=arguments):
            return arguments
        case If(test=test, then=then, other=other):
            return (test, then, other)
        case Dim(of=of):
            return (of,)
        case Tally(terms=terms):
            return terms
        case Op(inputs=inputs, attributes=attributes):
            return inputs + tuple(value for _, value in attributes)
        case Switch(of=of, test=test, cases=cases):
            return (*_some(of), test, *(node for _, node in cases))
        case Loop(steps=steps, count=count):
            return (steps[0], count, *steps[1:])
        case Residual(of=of, mode=mode, body=body):
            return (of, mode, body)
        case Merge(parts=parts, how=how, axis=axis):
            return (*(c for part in parts for c in part_children(part)), how, *_some(axis))
        case Guard(of=of, body=body):
            return (*_some(of), body)
        case _:
            assert_never(item)


def part_children(part: Part) -> tuple[ItemId, ...]:
    match part:
        case FixedArg(node=node):
            return (node,)
        case OptionalArg(test=test, node=node):
            return (test, node)
        case SubsetArg(chosen=chosen, alternatives=alternatives):
            return (chosen, *(node for _, node in alternatives))
        case _:
            assert_never(part)


def _some(item: ItemId | None) -> tuple[ItemId, ...]:
    return () if item is None else (item,)

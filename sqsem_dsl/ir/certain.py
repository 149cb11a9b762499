"""The choices and tensors that every evaluation of a space reads, whatever the other choices are."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import (
    Const,
    Declared,
    Draw,
    FixedArg,
    Graph,
    If,
    Item,
    ItemId,
    Loop,
    Merge,
    OptionalArg,
    SubsetArg,
    Switch,
)


def certainly_read(graph: Graph) -> frozenset[ItemId]:
    """The items that each output reads under no condition. It need not have all of them. A failed item does not end the
    evaluation of these: they are read even then."""
    found = {item for _, item in graph.outputs}
    pending = list(found)
    while pending:
        fresh = {*_always(graph.items, graph.choices, graph.items[pending.pop()])} - found
        found |= fresh
        pending.extend(fresh)
    return frozenset(found)


def must_read(items: Sequence[Item], choices: Sequence[Declared], item: ItemId, other: ItemId) -> bool:
    """Whether every evaluation of an item reads another."""
    pending, seen = [item], {item}
    while pending:
        current = pending.pop()
        if current == other:
            return True
        # Items refer only to those before them.
        fresh = {each for each in _always(items, choices, items[current]) if each >= other} - seen
        seen |= fresh
        pending.extend(fresh)
    return False


def _always(items: Sequence[Item], choices: Sequence[Declared], item: Item) -> tuple[ItemId, ...]:
    match item:
        case If(test=test):
            return (test,)
        case Switch(of=of, test=test):
            return (test,) if of is None else (of, test)
        case Loop(count=count, steps=steps):
            return (count, *steps[: _least(items, choices, count) + 1])
        case Merge(parts=parts):
            nodes = [part.node for part in parts if isinstance(part, FixedArg)]
            tests = [part.test for part in parts if isinstance(part, OptionalArg)]
            return (*nodes, *tests, *(part.chosen for part in parts if isinstance(part, SubsetArg)))
        case _:
            return children(item)


def _least(items: Sequence[Item], choices: Sequence[Declared], count: ItemId) -> int:
    """The fewest iterations of a loop; 0 if they are not known here."""
    match items[count]:
        case Const(value=int() as value):
            return value
        case Draw(choice=choice):
            domain = choices[choice].domain
            values = domain.values if isinstance(domain, Categorical) else ()
            return min((value for value in values if isinstance(value, int)), default=0)
        case _:
            return 0

"""The kinds of values that a scalar can have, found without an evaluation: numbers, truth values, symbols, lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import Apply, Const, Declared, Dim, Draw, If, Item, ItemId, Tally
from sqsem_dsl.ir.scalars import kind_of
from sqsem_dsl.operators.row import Value

NUMBER, TRUTH, SYMBOL, LIST = "a number", "true or false", "a symbol", "a list"
Kinds = frozenset[str]
ANY: Kinds = frozenset((NUMBER, TRUTH, SYMBOL, LIST))

_GIVES = {
    **dict.fromkeys(("+", "-", "*", "/", "//", "%", "**", "min", "max", "round"), frozenset((NUMBER,))),
    **dict.fromkeys(("floor", "ceil", "log2", "exp", "sqrt", "multiple", "sum", "count"), frozenset((NUMBER,))),
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "not", "in", "picks"), frozenset((TRUTH,))),
    "list": frozenset((LIST,)),
}


def kinds(items: Sequence[Item], choices: Sequence[Declared], root: ItemId) -> Kinds:
    """The kinds of values that a scalar has in some architecture. May include more, never fewer."""
    found: set[str] = set()
    pending, queue = {root: None}, [root]
    for item in queue:  # the values that nested conditions choose among, each once
        node = items[item]
        if isinstance(node, If):
            fresh = dict.fromkeys(branch for branch in (node.then, node.other) if branch not in pending)
            pending.update(fresh)
            queue.extend(fresh)
        else:
            found |= _plain(items, choices, node)
    return frozenset(found)


def _plain(items: Sequence[Item], choices: Sequence[Declared], node: Item) -> Kinds:
    match node:
        case Const(value=value):
            return frozenset((kind_of(value),))
        case Draw(choice=choice):
            match choices[choice].domain:
                case Categorical(values=values):
                    return frozenset(map(kind_of, values))
                case _:
                    return frozenset((NUMBER,))
        case Dim() | Tally():
            return frozenset((NUMBER,))
        case Apply(function="item", arguments=(table, _)):
            return _entries(items, table)
        case Apply(function=function):
            return _GIVES.get(function, ANY)
        case _:
            return ANY


def _entries(items: Sequence[Item], table: ItemId) -> Kinds:
    match items[table]:
        case Const(value=tuple() as entries):
            return frozenset(map(kind_of, entries))
        case _:
            return ANY


def example(items: Sequence[Item], choices: Sequence[Declared], root: ItemId, unlike: str) -> Value:
    """A value of a choice or constant that is not of the kind `unlike`; None if none is found."""
    match items[root]:
        case Const(value=value):
            return value
        case Draw(choice=choice):
            match choices[choice].domain:
                case Categorical(values=values):
                    return next((v for v in values if kind_of(v) != unlike), None)
                case _:
                    return None
        case _:
            return None

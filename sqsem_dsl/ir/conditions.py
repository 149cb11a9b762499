"""The options of choices that give a condition a value: the cubes under a test of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.context import LIMIT, Unknown
from sqsem_dsl.ir.graph import Apply, ChoiceId, Const, Draw, Graph, If, ItemId
from sqsem_dsl.ir.scalars import Undefined, compute
from sqsem_dsl.operators.row import Value

MAX_CUBES = 64
MAX_READ = 200_000
"""Scalar items evaluated to find the ways to the values of one."""
Part = dict[int, frozenset[int]]
"""A cube under construction: choice to option numbers."""
Options = dict[int, int]
Holds = Callable[[Value], bool]
"""The accepted values of a test."""


def equals(value: Value) -> Holds:
    return lambda v: type(v) is type(value) and v == value


def at_least(count: int) -> Holds:
    return lambda v: isinstance(v, int) and v >= count


def picks(name: str) -> Holds:
    return lambda v: isinstance(v, tuple) and name in v


def several_of(count: int) -> Holds:
    return lambda v: isinstance(v, tuple) and len(v) >= count


def conditions(graph: Graph, test: ItemId, holds: Holds) -> list[Part] | None:
    """The options, for which a test holds, of the choices that it reads; None if they are not known."""
    accepted: list[Options] = []
    try:
        for options, value in _ways(graph, test):
            if holds(value):
                accepted.append(options)
    except Unknown:
        return None
    cubes = _joined([{choice: frozenset((option,)) for choice, option in options.items()} for options in accepted])
    return cubes if len(cubes) <= MAX_CUBES else None


class _Unread(Exception):
    """A choice is read for which no option is assumed."""

    def __init__(self, choice: ChoiceId, values: Sequence[Value]) -> None:
        super().__init__(choice)
        self.choice, self.values = choice, values


def _ways(graph: Graph, test: ItemId) -> Iterator[tuple[Options, Value]]:
    """The values of a scalar, each with the options that lead to it. Only choices that are read count: a choice behind
    `and` may not even be active. Raises `Unknown` if a shape or a continuous choice is read, or if there are too many
    ways or one is too long."""
    pending: list[Options] = [{}]
    left = MAX_READ
    tried = 0
    while pending:
        options = pending.pop()
        known: dict[ItemId, Value] = {}
        try:
            value = _value(graph, test, options, known)
        except _Unread as unread:
            pending += [{**options, unread.choice: option} for option in reversed(range(len(unread.values)))]
        except Undefined:
            tried += 1
        else:
            tried += 1
            yield options, value
        left -= 1 + len(known)
        if tried > LIMIT or left < 0:
            raise Unknown


def _value(graph: Graph, item: ItemId, options: Options, known: dict[ItemId, Value]) -> Value:
    """The value of a scalar under some options. Raises `_Unread`, `Undefined`, or `Unknown`."""
    if item in known:
        return known[item]
    match graph.items[item]:
        case Const(value=value):
            result = value
        case Draw(choice=choice):
            domain = graph.choices[choice].domain
            if not isinstance(domain, Categorical):
                raise Unknown
            if choice not in options:
                raise _Unread(choice, domain.values)
            result = domain.values[options[choice]]
        case Apply(function=function, arguments=arguments):
            result = compute(function, tuple([_value(graph, a, options, known) for a in arguments]))
        case If(test=test, then=then, other=other):
            branch = then if _value(graph, test, options, known) is True else other
            result = _value(graph, branch, options, known)
        case _:
            raise Unknown
    known[item] = result
    return result


def _joined(cubes: list[Part]) -> list[Part]:
    """The same disjoint cubes, after merging those that differ only in the options of one choice."""
    for choice in dict.fromkeys(choice for cube in reversed(cubes) for choice in reversed(cube)):
        groups: dict[frozenset[tuple[int, frozenset[int]]], Part] = {}
        kept: list[Part] = []
        for cube in cubes:
            rest = frozenset((c, options) for c, options in cube.items() if c != choice)
            if choice not in cube:
                kept.append(cube)
            elif rest in groups:
                groups[rest][choice] |= cube[choice]
            else:
                groups[rest] = dict(cube)
                kept.append(groups[rest])
        cubes = kept
    return cubes

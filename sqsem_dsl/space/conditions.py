"""Which options of which choices give a condition a value: the cubes under a test of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqsem_dsl.space.choices import Discrete
from sqsem_dsl.space.context import LIMIT, Unknown
from sqsem_dsl.space.graph import Apply, Const, Draw, Graph, If, ItemId
from sqsem_dsl.space.operators.row import Value
from sqsem_dsl.space.scalars import Undefined, compute

MOST_CUBES = 64
Part = dict[int, frozenset[int]]
"""A cube under construction: choice to option numbers."""
Options = dict[int, int]
Holds = Callable[[Value], bool]
"""Which values of a test are meant."""


def equals(value: Value) -> Holds:
    return lambda v: type(v) is type(value) and v == value


def at_least(count: int) -> Holds:
    return lambda v: isinstance(v, int) and v >= count


def picks(name: str) -> Holds:
    return lambda v: isinstance(v, tuple) and name in v


def several_of(count: int) -> Holds:
    return lambda v: isinstance(v, tuple) and len(v) >= count


def conditions(graph: Graph, test: ItemId, holds: Holds) -> list[Part] | None:
    """The options of the choices that a test reads for which it holds; None where they are not known."""
    accepted: list[Options] = []
    try:
        for tried, (options, value) in enumerate(_ways(graph, test, {})):
            if tried >= LIMIT:
                return None
            if holds(value):
                accepted.append(options)
    except Unknown:
        return None
    cubes = _joined([{choice: frozenset((option,)) for choice, option in options.items()} for options in accepted])
    return cubes if len(cubes) <= MOST_CUBES else None


def _ways(graph: Graph, item: ItemId, known: Options) -> Iterator[tuple[Options, Value]]:
    """The values of a scalar, each with the options that lead to it. A choice is there only where it is read: what
    `and` does not come to may not even exist. Raises `Unknown` where a shape or a continuous choice is read."""
    match graph.items[item]:
        case Const(value=value):
            yield known, value
        case Draw(choice=choice):
            domain = graph.choices[choice].domain
            if not isinstance(domain, Discrete):
                raise Unknown
            for option, value in enumerate(domain.values):
                if known.get(choice, option) == option:
                    yield {**known, choice: option}, value
        case Apply(function=function, arguments=arguments):
            for options, values in _several_ways(graph, arguments, known):
                try:
                    result = compute(function, values)
                except Undefined:
                    continue
                yield options, result
        case If(test=test, then=then, other=other):
            for options, value in _ways(graph, test, known):
                yield from _ways(graph, then if value is True else other, options)
        case _:
            raise Unknown


def _several_ways(graph: Graph, items: Sequence[ItemId], known: Options) -> Iterator[tuple[Options, tuple[Value, ...]]]:
    if not items:
        yield known, ()
        return
    for options, value in _ways(graph, items[0], known):
        for more, values in _several_ways(graph, items[1:], options):
            yield more, (value, *values)


def _joined(cubes: list[Part]) -> list[Part]:
    """The same disjoint cubes, with those that differ in the options of one choice made one."""
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

"""When a choice exists: the conditions on other choices under which the walk from the outputs meets it.

The conditions of a choice are *cubes*, disjoint from each other, each a list of earlier choices with the values that they must have
one of; ancestors come first. KerasTuner's conditional scopes are made of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.space.choices import Choice, Cube, Discrete
from sqsem_dsl.space.context import Context, Unknown, assignments, draws, value_of
from sqsem_dsl.space.graph import (
    CallOf,
    Const,
    Draw,
    Graph,
    If,
    ItemId,
    Loop,
    Maybe,
    Merge,
    OneOf,
    Picked,
    ScalarOf,
    SettingValue,
    Several,
    Switch,
    children,
    part_children,
)
from sqsem_dsl.space.operators.row import Value
from sqsem_dsl.space.scalars import Undefined

MOST_CUBES = 64
Part = dict[int, frozenset[int]]
"""A cube under construction: choice to option numbers."""


@dataclass
class Reach:
    """Where an item is reached from. Not exact where a condition is not known, and taken to hold."""

    cubes: list[Part]
    exact: bool = True

    def add(self, other: Reach) -> None:
        self.exact &= other.exact
        for cube in other.cubes:
            if any(_within(cube, known) for known in self.cubes):
                continue
            self.cubes = [known for known in self.cubes if not _within(known, cube)]
            self.cubes.append(cube)
        if len(self.cubes) > MOST_CUBES:
            self.cubes, self.exact = [{}], False


def reach(graph: Graph, order: Sequence[int]) -> tuple[Choice, ...]:
    """The choices with the conditions under which each exists, in draw order, save that those in a condition come before."""
    found = _reached(graph)
    position = {choice: i for i, choice in enumerate(order)}
    where = {choice: found.get(choice, Reach([{}], False)) for choice in order}
    cubes = {choice: _disjoint(graph, [_ordered(cube, position) for cube in where[choice].cubes]) for choice in order}
    for choice in order:
        if len(cubes[choice]) > MOST_CUBES or any(c not in position for cube in cubes[choice] for c in cube):
            cubes[choice], where[choice] = [{}], Reach([{}], False)
    placed: dict[int, None] = {}
    waiting = list(order)
    while waiting:
        ready = next((c for c in waiting if all(p in placed for cube in cubes[c] for p in cube)), None)
        if ready is None:
            # Each waits for another: declare the first wherever it may exist, and more widely.
            ready = waiting[0]
            cubes[ready], where[ready] = [{}], Reach([{}], False)
        placed[ready] = None
        waiting.remove(ready)
    return tuple(_choice(graph, choice, cubes[choice], where[choice].exact) for choice in placed)


def _choice(graph: Graph, number: int, cubes: Sequence[Part], exact: bool) -> Choice:
    declared = graph.choices[number]
    when = tuple(_named(graph, cube) for cube in cubes)
    return Choice(declared.path, declared.kind, declared.domain, declared.section, when, exact, declared.span)


def _reached(graph: Graph) -> dict[int, Reach]:
    """For each choice where it is read, found from the outputs down: an item's parents all have higher numbers."""
    at: dict[ItemId, Reach] = {}
    found: dict[int, Reach] = {}

    def meet(item: ItemId, where: Reach) -> None:
        known = at.get(item)
        if known is None:
            at[item] = Reach(list(where.cubes), where.exact)
        else:
            known.add(where)

    for _, output in graph.outputs:
        meet(output, Reach([{}]))
    for _, setting in graph.train:
        for item, where in _settings(graph, setting, Reach([{}])):
            meet(item, where)
    for item in range(len(graph.items) - 1, -1, -1):
        where = at.pop(item, None)
        if where is None:
            continue
        node = graph.items[item]
        if isinstance(node, Draw):
            found.setdefault(node.choice, Reach([])).add(where)
            continue
        for child, reached in _edges(graph, item, where):
            meet(child, reached)
    return found


def _edges(graph: Graph, item: ItemId, where: Reach) -> Iterator[tuple[ItemId, Reach]]:
    """What an item reads, each with where it is read."""
    node = graph.items[item]
    match node:
        case Switch(of=of, test=test, cases=cases):
            if of is not None:
                yield of, where
            yield test, where
            for value, case in cases:
                yield case, _given(graph, where, test, lambda v, value=value: type(v) is type(value) and v == value)  # type: ignore[misc]
        case If(test=test, then=then, other=other):
            yield test, where
            yield then, _given(graph, where, test, lambda v: v is True)
            yield other, _given(graph, where, test, lambda v: v is False)
        case Loop(steps=steps, count=count):
            yield steps[0], where
            yield count, where
            for k, step in enumerate(steps[1:], start=1):
                yield step, _given(graph, where, count, lambda v, k=k: isinstance(v, int) and v >= k)  # type: ignore[misc]
        case Merge(parts=parts, how=how):
            for part in parts:
                match part:
                    case Maybe(test=test, node=tensor):
                        yield test, where
                        yield tensor, _given(graph, where, test, lambda v: v is True)
                    case Picked(chosen=chosen, alternatives=alternatives):
                        yield chosen, where
                        for name, tensor in alternatives:
                            yield tensor, _given(graph, where, chosen, lambda v, name=name: name in v)  # type: ignore[misc]
                    case _:
                        for child in part_children(part):
                            yield child, where
            yield how, _several(graph, where, node)
        case _:
            for child in children(node):
                yield child, where


def _several(graph: Graph, where: Reach, merge: Merge) -> Reach:
    """Where a merge has more than one tensor, so that its `how` is drawn."""
    certain = sum(1 for part in merge.parts if not isinstance(part, Maybe | Picked))
    maybes = [part.test for part in merge.parts if isinstance(part, Maybe)]
    picks = [part.chosen for part in merge.parts if isinstance(part, Picked)]
    if certain > 1 or certain + len(picks) > 1:
        return where
    found = Reach([], where.exact)
    for test in maybes:
        found.add(_given(graph, where, test, lambda v: v is True))
    for chosen in picks:
        least = 2 - certain
        found.add(_given(graph, where, chosen, lambda v: isinstance(v, tuple) and len(v) >= least))
    return found


def _settings(graph: Graph, setting: SettingValue, where: Reach) -> Iterator[tuple[ItemId, Reach]]:
    match setting:
        case ScalarOf(item=item):
            yield item, where
        case CallOf(arguments=arguments):
            for _, argument in arguments:
                yield from _settings(graph, argument, where)
        case Several(items=items):
            for each in items:
                yield from _settings(graph, each, where)
        case OneOf(test=test, options=options):
            yield test, where
            for name, option in options:
                yield from _settings(graph, option, _given(graph, where, test, lambda v, name=name: v == name))  # type: ignore[misc]


def _given(graph: Graph, where: Reach, test: ItemId, holds: object) -> Reach:
    """Where also a test has a value that `holds` accepts."""
    assert callable(holds)
    if isinstance(known := graph.items[test], Const):
        return where if holds(known.value) else Reach([], where.exact)
    found = Reach([], where.exact)
    conditions = _conditions(graph, test, holds)
    if conditions is None:
        return Reach(where.cubes, False)
    for cube in where.cubes:
        for condition in conditions:
            joined = _and(cube, condition)
            if joined is not None:
                found.add(Reach([joined]))
    return found


def _conditions(graph: Graph, test: ItemId, holds: object) -> list[Part] | None:
    """The options of the choices that a test reads for which it holds; None where they are not known."""
    assert callable(holds)
    reads: set[int] = set()
    try:
        draws(graph.items, test, reads)
    except Unknown:
        return None
    ways = assignments(graph.items, graph.choices, test, Context())
    if ways is None:
        return None
    accepted: list[dict[int, Value]] = []
    for assignment in ways:
        try:
            if holds(value_of(graph.items, test, assignment)):
                accepted.append(assignment)
        except Undefined:
            continue
    if len(reads) == 1:
        (choice,) = reads
        options = frozenset(_option(graph, choice, assignment[choice]) for assignment in accepted)
        return [{choice: options}] if options else []
    if len(accepted) > MOST_CUBES:
        return None
    return [{c: frozenset((_option(graph, c, v),)) for c, v in assignment.items()} for assignment in accepted]


def _option(graph: Graph, choice: int, value: Value) -> int:
    domain = graph.choices[choice].domain
    assert isinstance(domain, Discrete)
    return next(i for i, v in enumerate(domain.values) if type(v) is type(value) and v == value)


# ---- cubes


def _within(cube: Part, other: Part) -> bool:
    """Whether one cube says no more than another."""
    return all(choice in cube and cube[choice] <= options for choice, options in other.items())


def _and(cube: Part, other: Part) -> Part | None:
    joined = dict(cube)
    for choice, options in other.items():
        kept = joined[choice] & options if choice in joined else options
        if not kept:
            return None
        joined[choice] = kept
    return joined


def _ordered(cube: Part, position: Mapping[int, int]) -> Part:
    return dict(sorted(cube.items(), key=lambda entry: position.get(entry[0], len(position))))


def _disjoint(graph: Graph, cubes: list[Part]) -> list[Part]:
    """The same conditions without overlap."""
    kept: list[Part] = []
    for cube in cubes:
        pieces = [cube]
        for other in kept:
            pieces = [rest for piece in pieces for rest in _without(graph, piece, other)]
        kept.extend(pieces)
        if len(kept) > MOST_CUBES:
            break
    return kept


def _without(graph: Graph, cube: Part, other: Part) -> list[Part]:
    """What one cube says and another does not, in disjoint pieces. It goes down the other's choices in order, ancestors first,
    so that each piece names a choice only where that choice exists."""
    if _and(cube, other) is None:
        return [cube]
    pieces = []
    inside: Part = dict(cube)
    for choice, options in other.items():
        allowed = inside.get(choice, _every(graph, choice))
        if allowed - options:
            pieces.append({**inside, choice: allowed - options})
        inside[choice] = allowed & options
    return pieces


def _every(graph: Graph, choice: int) -> frozenset[int]:
    domain = graph.choices[choice].domain
    assert isinstance(domain, Discrete)
    return frozenset(range(len(domain.values)))


def _named(graph: Graph, cube: Part) -> Cube:
    named = []
    for choice, options in cube.items():
        declared = graph.choices[choice]
        assert isinstance(declared.domain, Discrete)
        if options != _every(graph, choice):
            named.append((declared.path, tuple(declared.domain.values[i] for i in sorted(options))))
    return tuple(named)

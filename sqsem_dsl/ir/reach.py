"""When a choice is active: the conditions on other choices under which the walk from the outputs reaches it.

The conditions of a choice are disjoint *cubes*. Each cube lists earlier choices with their accepted values, ancestors
first. KerasTuner's conditional scopes are made of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.ir.children import children, part_children
from sqsem_dsl.ir.choices import Categorical, Choice, Conjunction
from sqsem_dsl.ir.conditions import MAX_CUBES, Holds, Part, at_least, conditions, equals, picks, several_of
from sqsem_dsl.ir.graph import (
    CallValue,
    ChoiceValue,
    Const,
    Draw,
    Graph,
    If,
    ItemId,
    ListValue,
    Loop,
    MapValue,
    Merge,
    OptionalArg,
    ScalarOf,
    SettingValue,
    SubsetArg,
    Switch,
)


@dataclass
class Reach:
    """The conditions under which an item is reached. Not exact if a condition is not known and is assumed to hold."""

    cubes: list[Part]
    exact: bool = True

    def add(self, other: Reach) -> None:
        self.exact &= other.exact
        for cube in other.cubes:
            if any(_within(cube, known) for known in self.cubes):
                continue
            self.cubes = [known for known in self.cubes if not _within(known, cube)]
            self.cubes.append(cube)
        if len(self.cubes) > MAX_CUBES:
            self.cubes, self.exact = [{}], False


def reach(graph: Graph, order: Sequence[int]) -> tuple[Choice, ...]:
    """The choices, each with the conditions under which it is active, in draw order, except that the choices in a
    condition come before it."""
    found = _reached(graph)
    position = {choice: i for i, choice in enumerate(order)}
    where = {choice: found.get(choice, Reach([{}], False)) for choice in order}
    cubes = {choice: _disjoint(graph, where[choice].cubes, position) for choice in order}
    for choice in order:
        if len(cubes[choice]) > MAX_CUBES or any(c not in position for cube in cubes[choice] for c in cube):
            cubes[choice], where[choice] = [{}], Reach([{}], False)
    placed: dict[int, None] = {}
    waiting = list(order)
    while waiting:
        ready = next((c for c in waiting if all(p in placed for cube in cubes[c] for p in cube)), None)
        if ready is None:
            # A cycle: declare the first choice unconditionally, which is not exact.
            ready = waiting[0]
            cubes[ready], where[ready] = [{}], Reach([{}], False)
        placed[ready] = None
        waiting.remove(ready)
    return tuple(_choice(graph, choice, cubes[choice], where[choice].exact) for choice in placed)


def _choice(graph: Graph, number: int, cubes: Sequence[Part], exact: bool) -> Choice:
    declared = graph.choices[number]
    when = tuple(_named(graph, cube) for cube in cubes)
    return Choice(
        declared.at, declared.kind, declared.domain, declared.section, when, exact, declared.prior, declared.span
    )


def _reached(graph: Graph) -> dict[int, Reach]:
    """For each choice, the conditions under which it is read. Found from the outputs down: an item's parents all have
    higher numbers."""
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
        if item not in at:
            continue
        where = at.pop(item)
        node = graph.items[item]
        if isinstance(node, Draw):
            found.setdefault(node.choice, Reach([])).add(where)
            continue
        for child, reached in _edges(graph, item, where):
            meet(child, reached)
    return found


def _edges(graph: Graph, item: ItemId, where: Reach) -> Iterator[tuple[ItemId, Reach]]:
    """The items that an item reads, each with the conditions under which it reads them."""
    node = graph.items[item]
    match node:
        case Switch(of=of, test=test, cases=cases):
            if of is not None:
                yield of, where
            yield test, where
            for value, case in cases:
                yield case, _given(graph, where, test, equals(value))
        case If(test=test, then=then, other=other):
            yield test, where
            yield then, _given(graph, where, test, equals(True))
            yield other, _given(graph, where, test, equals(False))
        case Loop(steps=steps, count=count):
            yield steps[0], where
            yield count, where
            for k, step in enumerate(steps[1:], start=1):
                yield step, _given(graph, where, count, at_least(k))
        case Merge(parts=parts, how=how, axis=axis):
            for part in parts:
                match part:
                    case OptionalArg(test=test, node=tensor):
                        yield test, where
                        yield tensor, _given(graph, where, test, equals(True))
                    case SubsetArg(chosen=chosen, alternatives=alternatives):
                        yield chosen, where
                        for name, tensor in alternatives:
                            yield tensor, _given(graph, where, chosen, picks(name))
                    case _:
                        for child in part_children(part):
                            yield child, where
            for setting in (how,) if axis is None else (how, axis):
                yield setting, _several(graph, where, node)
        case _:
            for child in children(node):
                yield child, where


def _several(graph: Graph, where: Reach, merge: Merge) -> Reach:
    """The conditions under which a merge has more than one tensor, so that its `how` is chosen."""
    certain = sum(1 for part in merge.parts if not isinstance(part, OptionalArg | SubsetArg))
    maybes = [part.test for part in merge.parts if isinstance(part, OptionalArg)]
    picks = [part.chosen for part in merge.parts if isinstance(part, SubsetArg)]
    if certain > 1 or certain + len(picks) > 1:
        return where
    found = Reach([], where.exact)
    for test in maybes:
        found.add(_given(graph, where, test, equals(True)))
    for chosen in picks:
        least = 2 - certain
        found.add(_given(graph, where, chosen, several_of(least)))
    return found


def _settings(graph: Graph, setting: SettingValue, where: Reach) -> Iterator[tuple[ItemId, Reach]]:
    match setting:
        case ScalarOf(item=item):
            yield item, where
        case CallValue(arguments=named) | MapValue(entries=named):
            for _, argument in named:
                yield from _settings(graph, argument, where)
        case ListValue(items=items):
            for each in items:
                yield from _settings(graph, each, where)
        case ChoiceValue(test=test, options=options):
            yield test, where
            for name, option in options:
                yield from _settings(graph, option, _given(graph, where, test, equals(name)))


def _given(graph: Graph, where: Reach, test: ItemId, accepts: Holds) -> Reach:
    """The conditions under which, in addition, a test has an accepted value."""
    if isinstance(known := graph.items[test], Const):
        return where if accepts(known.value) else Reach([], where.exact)
    found = Reach([], where.exact)
    met = conditions(graph, test, accepts)
    if met is None:
        return Reach(where.cubes, False)
    for cube in where.cubes:
        for condition in met:
            joined = _and(cube, condition)
            if joined is not None:
                found.add(Reach([joined]))
    return found


# ---- cubes


def _within(cube: Part, other: Part) -> bool:
    """Whether one cube implies another."""
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


def _disjoint(graph: Graph, cubes: Sequence[Part], position: Mapping[int, int]) -> list[Part]:
    """The same conditions without overlap; those on the first choices come first."""
    last = len(position)
    ordered = [_ordered(cube, position) for cube in cubes]
    ordered.sort(key=lambda cube: [(position.get(choice, last), sorted(options)) for choice, options in cube.items()])
    kept: list[Part] = []
    for cube in ordered:
        pieces = [cube]
        for other in kept:
            pieces = [rest for piece in pieces for rest in _without(graph, piece, other)]
            if len(pieces) > MAX_CUBES:
                return kept + pieces
        kept.extend(_ordered(piece, position) for piece in pieces)
        if len(kept) > MAX_CUBES:
            break
    return kept


def _without(graph: Graph, cube: Part, other: Part) -> list[Part]:
    """The difference of two cubes, in disjoint pieces. The pieces follow the other cube's choices in order, ancestors
    first, so that each piece names a choice only where that choice is active."""
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
    assert isinstance(domain, Categorical)
    return frozenset(range(len(domain.values)))


def _named(graph: Graph, cube: Part) -> Conjunction:
    named = []
    for choice, options in cube.items():
        declared = graph.choices[choice]
        assert isinstance(declared.domain, Categorical)
        if options != _every(graph, choice):
            named.append((declared.path, tuple(declared.domain.values[i] for i in sorted(options))))
    return tuple(named)

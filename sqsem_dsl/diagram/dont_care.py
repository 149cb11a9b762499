"""Choices that need not be remembered.

A choice of a shared cell is read at every use of it, so all its choices would be in scope at once throughout the
network. Most of them change no shape and no condition: every value leads to the same next state. Such a choice is
*forgotten*: it is decided where it is first read, and every later place tries all its options, which must agree. The
assumption is checked: if the options disagree, or if it is not certain that the choice was decided before, the choice
is remembered and the evaluation starts again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import product
from math import prod
from typing import Any, Protocol

from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import Apply, Dim, Draw, FixedArg, Graph, Guard, If, Item, ItemId, Merge, Tally
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.ir.settings import setting_items
from sqsem_dsl.operators.row import Value

MAX_TRIED = 256
"""Combinations of forgotten choices tried at one place."""
Condition = tuple[ItemId, object]


class Tries(Protocol):
    def compute_with(
        self, item: ItemId, front: Any, later: Later, override: Mapping[ItemId, tuple[int, Value]]
    ) -> Any: ...


class DontCareElimination:
    """The choices that this evaluation forgets, and the results of checking them."""

    def __init__(self, graph: Graph, liveness: Liveness, remembered: Set[ItemId]) -> None:
        self.graph = graph
        self.path: list[Condition] = []
        self.disagreed: set[ItemId] = set()
        self._read: dict[ItemId, tuple[ItemId, ...]] = {}
        self._places: dict[ItemId, list[tuple[ItemId, frozenset[Condition]]]] = {}
        self._forgotten = candidates(graph, liveness, self._read) - remembered

    def forgets(self, item: ItemId) -> bool:
        return item in self._forgotten

    def ghosts(self, item: ItemId) -> tuple[ItemId, ...]:
        """The forgotten choices that an item reads and that were decided before."""
        reads = self._read.get(item, ())
        if not reads:
            return ()
        return tuple(d for d in reads if d in self._forgotten and self._decided_before(d, item))

    def _decided_before(self, draw: ItemId, item: ItemId) -> bool:
        conditions = frozenset(self.path)
        places = self._places.setdefault(draw, [])
        if any(place == item and known == conditions for place, known in places):
            return False
        if any(place != item and known <= conditions for place, known in places):
            return True
        if all(_exclude(known, conditions) for _, known in places):
            places.append((item, conditions))
            return False
        self.disagreed.add(draw)
        return True

    def agreed(self, ghosts: Sequence[ItemId], evaluator: Tries, item: ItemId, front: Any, later: Later) -> Any:
        """The state after one state for every value of the ghosts; ghosts whose options disagree must be remembered."""
        domains = []
        for draw in ghosts:
            node = self.graph.items[draw]
            assert isinstance(node, Draw)
            domain = self.graph.choices[node.choice].domain
            assert isinstance(domain, Categorical)
            domains.append(tuple(enumerate(domain.values)))
        if prod(len(d) for d in domains) > MAX_TRIED:
            self.disagreed.update(ghosts)
            domains = [d[:1] for d in domains]
        first = None
        for combination in product(*domains):
            result = evaluator.compute_with(item, front, later, dict(zip(ghosts, combination, strict=True)))
            if first is None:
                first = result
            elif result != first:
                self.disagreed.update(ghosts)
                break
        return first


def _exclude(one: frozenset[Condition], other: frozenset[Condition]) -> bool:
    """Whether two sets of conditions exclude each other: a test has one value here and another there."""
    decided = {test: value for test, value in one if not isinstance(value, tuple)}
    return any(
        test in decided and (type(decided[test]) is not type(value) or decided[test] != value)
        for test, value in other
        if not isinstance(value, tuple)
    )


def candidates(graph: Graph, liveness: Liveness, read: dict[ItemId, tuple[ItemId, ...]]) -> set[ItemId]:
    """Discrete choices that several tensors read, each once and unconditionally, and that no rule or setting reads."""
    items, heavy = graph.items, liveness.heavy
    readers: dict[ItemId, int] = {}
    excluded: set[ItemId] = set()
    for item in liveness.reachable:
        node = graph.items[item]
        if isinstance(node, Draw | Apply | If | Dim):
            continue
        found: list[ItemId] = []
        for child in children(node):
            _draws(items, heavy, child, found, excluded, _is_conditional(node, child))
        for draw in found:
            readers[draw] = readers.get(draw, 0) + 1
        excluded.update(draw for draw in found if found.count(draw) > 1)
        if found:
            read[item] = tuple(found)
        if isinstance(node, Guard):
            for rule in node.rules:
                _draws(items, heavy, rule, [], excluded, True)
    for rule in graph.rules:
        _draws(items, heavy, rule, [], excluded, True)
    for _, value in graph.train:
        for item in setting_items(value):
            _draws(items, heavy, item, [], excluded, True)
    return {
        draw
        for draw, count in readers.items()
        if count > 1 and draw not in excluded and isinstance(_domain(graph, draw), Categorical)
    }


def certain_draws(items: Sequence[Item], heavy: Set[ItemId], item: ItemId) -> tuple[ItemId, ...]:
    """The draws that an item reads unconditionally."""
    found: list[ItemId] = []
    sometimes: set[ItemId] = set()
    for child in children(items[item]):
        _draws(items, heavy, child, found, sometimes, _is_conditional(items[item], child))
    return tuple(draw for draw in dict.fromkeys(found) if draw not in sometimes)


def _is_conditional(node: Item, child: ItemId) -> bool:
    """Whether a scalar is read only sometimes, such as the `how` of a merge that may have a single tensor."""
    return (
        isinstance(node, Merge)
        and child in (node.how, node.axis)
        and sum(isinstance(p, FixedArg) for p in node.parts) < 2
    )


def _domain(graph: Graph, draw: ItemId) -> object:
    node = graph.items[draw]
    return graph.choices[node.choice].domain if isinstance(node, Draw) else None


def _draws(
    items: Sequence[Item],
    heavy: Set[ItemId],
    root: ItemId,
    found: list[ItemId],
    excluded: set[ItemId],
    exclude: bool,
) -> None:
    """The draws in a scalar, without those under a condition and those in values that are computed once."""
    if root in heavy:
        below = _all_draws(items, root)
        found.extend(below)
        excluded.update(below)
        return
    match items[root]:
        case Draw():
            found.append(root)
            if exclude:
                excluded.add(root)
        case Apply(arguments=arguments):
            for argument in arguments:
                _draws(items, heavy, argument, found, excluded, exclude)
        case If(test=test, then=then, other=other):
            _draws(items, heavy, test, found, excluded, exclude)
            _draws(items, heavy, then, found, excluded, True)
            _draws(items, heavy, other, found, excluded, True)
        case Tally(terms=terms):
            for term in terms:
                _draws(items, heavy, term, found, excluded, True)
        case _:
            pass


def _all_draws(items: Sequence[Item], root: ItemId) -> list[ItemId]:
    """Every draw in a scalar, each once."""
    pending, queue = {root: None}, [root]
    for item in queue:
        node = items[item]
        if isinstance(node, Apply | If):
            fresh = dict.fromkeys(child for child in children(node) if child not in pending)
            pending.update(fresh)
            queue.extend(fresh)
    return [item for item in pending if isinstance(items[item], Draw)]

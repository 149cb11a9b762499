"""Choices that are decided after they are read, so that a cost analysis can keep many of them in scope at once.

A choice of a stacked cell is read at every use of the cell. Remembering its option from the first use to the last takes
one state for each option. But most options lead to the same states and differ only in their costs. So a state holds an
*undecided* choice: the options that have led to the same states so far, each with its cost beyond the cost already
spent. Every use tries all of them. Options that lead to different states are separated there. A choice is decided when
one option is left or nothing reads it again; the edge carries the whole cost of the option so far.

Each assignment keeps its one path through the diagram; only the positions of its draws move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial

from sqsem_dsl.diagram.cost_evaluator import CostEvaluator, CostTrace
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, Cost, Vertex, added, beyond, least_of
from sqsem_dsl.diagram.dont_care import candidates, certain_draws
from sqsem_dsl.diagram.exceeded import StateLimitExceeded
from sqsem_dsl.diagram.frontier import Frontier, Slots, State, StateSet, slot, with_slot
from sqsem_dsl.ir.graph import Draw, Graph, ItemId
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.utils.effort import Effort

Option = tuple[int, Cost, int]
"""The number of an option, its cost beyond the cost already spent, and the
number of elements of the largest tensor that it adds."""


class Pending:
    """The options of an undecided choice. Equal ones are one object, so that states are compared quickly."""

    __slots__ = ("options",)

    def __init__(self, options: tuple[Option, ...]) -> None:
        self.options = options


class Masked:
    """Replaces a value in a slot that is not read while options are tried."""


ASIDE = Masked()


@dataclass(frozen=True, slots=True)
class Transition:
    """The result of an option: a state with only the values that may be read on the way, and the cost spent. `state` is
    None if there are several states: the option is then decided before it is read."""

    state: State | None
    cost: Cost = FREE
    size: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """Options that lead to the same state, each with its cost beyond the cost that all of them spend."""

    led: Transition
    undecided: Pending


class Diverged(Exception):
    """An option that is tried leads to several states."""


class Scratch(CostTrace):
    """The trace for trying one option: one state, from beginning to end, with its cost."""

    def draw(self, source: Vertex, choice: int, option: int, target: Vertex, cost: Cost = FREE, size: int = 0) -> None:
        raise Diverged


class LateEvaluator(CostEvaluator):
    """Evaluates all networks with their costs. `late` are the `Draw` items of choices that are decided late."""

    def __init__(
        self, graph: Graph, liveness: Liveness, depth: bool, late: Set[ItemId], effort: Effort | None = None
    ) -> None:
        super().__init__(graph, liveness, depth, effort)
        self.costly: frozenset[ItemId] = frozenset()
        """After too many states: choices that would need fewer states if decided early."""
        read: dict[ItemId, tuple[ItemId, ...]] = {}
        candidates(graph, liveness, read)
        self._draws: dict[ItemId, tuple[tuple[ItemId, ...], tuple[ItemId, ...]]] = {}
        """For each item that reads late choices: the other choices it reads, and the late ones."""
        for item in read:
            draws = certain_draws(graph.items, liveness.heavy, item)
            if not late.isdisjoint(draws):
                self._draws[item] = tuple(d for d in draws if d not in late), tuple(d for d in draws if d in late)
        self._choices = {draw: node.choice for draw in late if isinstance(node := graph.items[draw], Draw)}
        self._values = {draw: dict(options(graph, choice)) for draw, choice in self._choices.items()}
        self._pending: dict[tuple[Option, ...], Pending] = {}
        self._fresh = {draw: self._one(tuple((o, FREE, 0) for o in values)) for draw, values in self._values.items()}
        self._reach: dict[ItemId, Later] = {}
        self._apart: set[tuple[ItemId, ItemId, int]] = set()
        """Readers, draws and options that led to several states."""

    # ---- where choices are read

    def _finish(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        early, late = self._draws.get(item, ((), ()))
        for draw in early:
            node = self.items[draw]
            assert isinstance(node, Draw)
            front = self.drop(self._draw(draw, node.choice, front, later))
        return self._reading(item, late, front, later)

    def take(self, item: ItemId, front: Frontier, held: StateSet) -> Frontier:
        return front if item in self.override else super().take(item, front, held)

    def _reading(self, item: ItemId, draws: Sequence[ItemId], front: Frontier, later: Later) -> Frontier:
        """The value of an item that reads choices, some of which are not decided yet."""
        if not draws:
            return self._compute(item, front, later)
        draw = draws[0]
        first = self._first(item)
        led = cache(partial(self._try, item, draws, later))
        ways = cache(self._ways)
        found, decided = StateSet(self.trace), StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            known = slot(slots, draw)
            if known is None:
                slots = with_slot(slots, draw, self._fresh[draw])
            elif not isinstance(known[0], Pending):
                decided.put(slots, stack, vertex)
                continue
            values = dict(slots)
            local = self._local(item, draw, slots), () if first is None else stack[-1:]
            several = ways(values[draw], led, local)
            for way in several:
                target, values[draw] = self._enter(draw, way, vertex, len(several) == 1)
                if way.led.state is None:
                    decided.put(tuple(values.items()), stack, target)
                else:
                    after, made = way.led.state
                    filled = tuple([(key, values[key] if value is ASIDE else value) for key, value in after])
                    found.put(filled, (stack if first is None else stack[:-1]) + made, target)
        found.merge(self._reading(item, draws[1:], decided.front(), later))
        return found.front()

    def _local(self, item: ItemId, draw: ItemId, slots: Slots) -> Slots:
        """Slots that an item may read besides a choice once its first tensor is evaluated; the other slots are set
        aside."""
        later = self._reach.get(item)
        if later is None:
            rest = self.rest(item, self.liveness.announced(item, 0))
            first = self._first(item)
            later = rest[0] if first is None else self.liveness.later(-2 - first, rest[1])
            self._reach[item] = later
        read = self.rules.reached(slots, self.liveness.live, later)
        return tuple([(key, value if key in read and key != draw else ASIDE) for key, value in slots])

    def _try(self, item: ItemId, draws: Sequence[ItemId], later: Later, local: State, option: int) -> Transition | None:
        """The result of an option of the first of the choices that an item reads; None if it leads to no state."""
        draw, rest = draws[0], draws[1:]
        if (item, draw, option) in self._apart:
            return Transition(None)
        before = self.trace, self.override, self.wanted, self._aside
        self.trace = scratch = Scratch()
        self.override = {**self.override, draw: (option, self._values[draw][option])}
        try:
            front = self.project(item, self._reading(item, rest, {local: 0}, later), later)
        except Diverged:
            self._apart.add((item, draw, option))
            return Transition(None)
        finally:
            self.trace, self.override, self.wanted, self._aside = before
        return next((Transition(state, *scratch.spent.get(0, (FREE, 0))) for state in front), None)

    def _ways(
        self, undecided: Pending, led: Callable[[State, int], Transition | None], local: State
    ) -> tuple[Way, ...]:
        """The continuations of a state, given the result of each option from it."""
        found: list[Way] = []
        meeting: dict[State, list[Option]] = {}
        for option, cost, size in undecided.options:
            to = led(local, option)
            if to is None:
                continue
            if to.state is None:
                found.append(Way(to, self._one(((option, cost, size),))))
            else:
                meeting.setdefault(to.state, []).append((option, added(cost, to.cost), max(size, to.size)))
        for state, several in meeting.items():
            least, largest = (FREE, 0) if len(several) == 1 else _least(several)
            rest = ((o, beyond(cost, least), size if size > largest else 0) for o, cost, size in several)
            found.append(Way(Transition(state, least, largest), self._one(tuple(rest))))
        return tuple(found)

    def _one(self, several: tuple[Option, ...]) -> Pending:
        return self._pending.setdefault(several, Pending(several))

    def _enter(self, draw: ItemId, way: Way, vertex: Vertex, alone: bool) -> tuple[Vertex, object]:
        """The next vertex, and the value of the choice or its options if it is undecided. `alone`: it is the only
        continuation."""
        options = way.undecided.options
        if len(options) == 1:
            return self._decided(draw, way.undecided, vertex), self._values[draw][options[0][0]]
        target = vertex
        if not alone:
            target = self.trace.vertex()
            self.trace.draw(vertex, EPSILON, 0, target)
        self.trace.spend(target, way.led.cost, way.led.size)
        return target, way.undecided

    def _decided(self, draw: ItemId, undecided: Pending, vertex: Vertex) -> Vertex:
        """The next vertex after a choice is decided, with an edge for each of its options."""
        target = self.trace.vertex()
        for option, cost, size in undecided.options:
            self.trace.draw(vertex, self._choices[draw], option, target, cost, size)
        return target

    # ---- after the last reader

    def without(self, slots: Slots, later: Later) -> Slots | None:
        kept = super().without(slots, later)
        if kept is None or not self.override or len(kept) == len(slots):
            return kept
        # While an option is tried, nothing is decided, and values set aside are unknown.
        read = dict(kept)
        return tuple([(k, read.get(k, v)) for k, v in slots if k in read or isinstance(v, Pending | Masked)])

    def leave(self, slots: Slots, kept: Slots, vertex: Vertex) -> Vertex | None:
        left = super().leave(slots, kept, vertex)
        if left is not None:
            for key, value in slots:
                if isinstance(value, Pending) and slot(kept, key) is None:
                    left = self._decided(key, value, left)
        return left

    def too_wide(self, item: ItemId, front: Frontier) -> StateLimitExceeded:
        self.costly = self._costly(front)
        return super().too_wide(item, front)

    def _costly(self, front: Frontier) -> frozenset[ItemId]:
        """Choices with more distinct costs in a frontier than options."""
        met: dict[ItemId, set[Pending]] = {}
        for slots, _ in front:
            for key, value in slots:
                if isinstance(value, Pending):
                    met.setdefault(key, set()).add(value)
        return frozenset(draw for draw, several in met.items() if len(several) > len(self._values[draw]))


def _least(several: Sequence[Option]) -> tuple[Cost, int]:
    """The minimum of each cost over some options, each cost by itself."""
    return least_of([cost for _, cost, _ in several]), min(size for *_, size in several)

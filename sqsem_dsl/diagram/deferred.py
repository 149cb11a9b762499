"""Choices that are drawn after they are read, so that many can be live together where costs are asked for.

A choice of a cell that is stacked is read at every use of the cell. To remember its option from the first use to the
last takes a state for each; but most options lead to the same states and differ only in what they cost. So a state
holds an *undrawn* choice: the options that have led to the same states so far, each with what it costs beyond what is
spent. At every use all of them are tried. Options that lead to different states part there. Where one option is left,
or nobody reads the choice again, it is drawn, on an edge with all that the option has cost until then.

Each assignment keeps its one way through the diagram; only the places of its draws move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial

from sqsem_dsl.diagram.cost_evaluator import CostEvaluator, CostTrace
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, Cost, Vertex
from sqsem_dsl.diagram.dont_care import candidates, certain_draws
from sqsem_dsl.diagram.frontier import Frontier, Slots, State, StateLimitExceeded, StateSet, slot, with_slot
from sqsem_dsl.diagram.minimize import added
from sqsem_dsl.ir.graph import Draw, Graph, ItemId
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.utils.effort import Effort

Option = tuple[int, Cost, int]
"""The number of an option, with what it costs beyond what is spent: parameters, trainable parameters, MACs; and the
elements of the largest tensor that it brings."""


class Pending:
    """What a state knows of a choice that is not drawn yet. Equal ones are one object, so that states are compared
    quickly."""

    __slots__ = ("options",)

    def __init__(self, options: tuple[Option, ...]) -> None:
        self.options = options


class Masked:
    """Stands in a slot for a value that is not read where options are tried."""


ASIDE = Masked()


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an option leads: a state with only what may be read on the way, and what is spent. Without a state it is
    several: the option is drawn before it is read."""

    state: State | None
    cost: Cost = FREE
    size: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """Options that lead to the same state, with what each costs beyond what is spent for all."""

    led: Transition
    undrawn: Pending


class Diverged(Exception):
    """An option that is tried leads to several states."""


class Scratch(CostTrace):
    """Where an option is tried: one state, from the beginning to the end, with what it spends."""

    def draw(self, source: Vertex, choice: int, option: int, target: Vertex, cost: Cost = FREE, size: int = 0) -> None:
        raise Diverged


class LateEvaluator(CostEvaluator):
    """Evaluates all networks with their costs; `late` are the `Draw` items of choices that are drawn late."""

    def __init__(
        self, graph: Graph, liveness: Liveness, depth: bool, late: Set[ItemId], effort: Effort | None = None
    ) -> None:
        super().__init__(graph, liveness, depth, effort)
        self.costly: frozenset[ItemId] = frozenset()
        """Where there were too many states: choices that would take fewer if they were drawn early."""
        read: dict[ItemId, tuple[ItemId, ...]] = {}
        candidates(graph, liveness, read)
        self._draws: dict[ItemId, tuple[tuple[ItemId, ...], tuple[ItemId, ...]]] = {}
        """For each item that reads choices which are drawn late, what else it reads of choices, and these."""
        for item in read:
            draws = certain_draws(graph.items, liveness.heavy, item)
            if not late.isdisjoint(draws):
                self._draws[item] = tuple(d for d in draws if d not in late), tuple(d for d in draws if d in late)
        self._choices = {draw: node.choice for draw in late if isinstance(node := graph.items[draw], Draw)}
        self._values = {draw: dict(options(graph, choice)) for draw, choice in self._choices.items()}
        self._undrawn: dict[tuple[Option, ...], Pending] = {}
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
        """The value of an item that reads choices, of which some are not drawn yet."""
        if not draws:
            return self._compute(item, front, later)
        draw = draws[0]
        first = self._first(item)
        led = cache(partial(self._try, item, draws, later))
        ways = cache(self._ways)
        found, drawn = StateSet(self.trace), StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            known = slot(slots, draw)
            if known is None:
                slots = with_slot(slots, draw, self._fresh[draw])
            elif not isinstance(known[0], Pending):
                drawn.put(slots, stack, vertex)
                continue
            values = dict(slots)
            local = self._local(item, draw, slots), () if first is None else stack[-1:]
            several = ways(values[draw], led, local)
            for way in several:
                target, values[draw] = self._enter(draw, way, vertex, len(several) == 1)
                if way.led.state is None:
                    drawn.put(tuple(values.items()), stack, target)
                else:
                    after, made = way.led.state
                    filled = tuple([(key, values[key] if value is ASIDE else value) for key, value in after])
                    found.put(filled, (stack if first is None else stack[:-1]) + made, target)
        found.merge(self._reading(item, draws[1:], drawn.front(), later))
        return found.front()

    def _local(self, item: ItemId, draw: ItemId, slots: Slots) -> Slots:
        """Slots that an item may read beside a choice, once its first tensor is there; others are aside."""
        later = self._reach.get(item)
        if later is None:
            rest = self.rest(item, self.liveness.announced(item, 0))
            first = self._first(item)
            later = rest[0] if first is None else self.liveness.later(-2 - first, rest[1])
            self._reach[item] = later
        read = self.rules.kept(slots, self.liveness.live, later)
        return tuple([(key, value if key in read and key != draw else ASIDE) for key, value in slots])

    def _try(self, item: ItemId, draws: Sequence[ItemId], later: Later, local: State, option: int) -> Transition | None:
        """Where an option of the first of some choices that an item reads leads; None where that is nowhere."""
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

    def _ways(self, undrawn: Pending, led: Callable[[State, int], Transition | None], local: State) -> tuple[Way, ...]:
        """The ways on from a state, given where an option leads from it."""
        found: list[Way] = []
        meeting: dict[State, list[Option]] = {}
        for option, cost, size in undrawn.options:
            to = led(local, option)
            if to is None:
                continue
            if to.state is None:
                found.append(Way(to, self._one(((option, cost, size),))))
            else:
                meeting.setdefault(to.state, []).append((option, added(cost, to.cost), max(size, to.size)))
        for state, several in meeting.items():
            least, largest = (FREE, 0) if len(several) == 1 else _least(several)
            beyond = ((o, _beyond(cost, least), size if size > largest else 0) for o, cost, size in several)
            found.append(Way(Transition(state, least, largest), self._one(tuple(beyond))))
        return tuple(found)

    def _one(self, several: tuple[Option, ...]) -> Pending:
        return self._undrawn.setdefault(several, Pending(several))

    def _enter(self, draw: ItemId, way: Way, vertex: Vertex, alone: bool) -> tuple[Vertex, object]:
        """Where a state goes on, and what it knows of the choice; `alone` says that there is no other way."""
        options = way.undrawn.options
        if len(options) == 1:
            return self._drawn(draw, way.undrawn, vertex), self._values[draw][options[0][0]]
        target = vertex
        if not alone:
            target = self.trace.vertex()
            self.trace.draw(vertex, EPSILON, 0, target)
        self.trace.spend(target, way.led.cost, way.led.size)
        return target, way.undrawn

    def _drawn(self, draw: ItemId, undrawn: Pending, vertex: Vertex) -> Vertex:
        """Where a state goes on after a choice is drawn at last."""
        target = self.trace.vertex()
        for option, cost, size in undrawn.options:
            self.trace.draw(vertex, self._choices[draw], option, target, cost, size)
        return target

    # ---- where nobody reads them again

    def without(self, slots: Slots, later: Later) -> Slots:
        kept = super().without(slots, later)
        if not self.override or len(kept) == len(slots):
            return kept
        # Where an option is tried, nothing is drawn, and of what is aside nothing is known.
        read = {key for key, _ in kept}
        return tuple([e for e in slots if e[0] in read or isinstance(e[1], Pending | Masked)])

    def leave(self, slots: Slots, kept: Slots, vertex: Vertex) -> Vertex | None:
        left = super().leave(slots, kept, vertex)
        if left is not None:
            for key, value in slots:
                if isinstance(value, Pending) and slot(kept, key) is None:
                    left = self._drawn(key, value, left)
        return left

    def too_wide(self, item: ItemId, front: Frontier) -> StateLimitExceeded:
        self.costly = self._costly(front)
        return super().too_wide(item, front)

    def _costly(self, front: Frontier) -> frozenset[ItemId]:
        """Choices with more different costs in a frontier than they have options."""
        met: dict[ItemId, set[Pending]] = {}
        for slots, _ in front:
            for key, value in slots:
                if isinstance(value, Pending):
                    met.setdefault(key, set()).add(value)
        return frozenset(draw for draw, several in met.items() if len(several) > len(self._values[draw]))


def _least(several: Sequence[Option]) -> tuple[Cost, int]:
    """What the cheapest of some options costs, each cost by itself."""
    params, trainable, macs = (min(column) for column in zip(*(cost for _, cost, _ in several), strict=True))
    return (params, trainable, macs), min(size for *_, size in several)


def _beyond(cost: Cost, least: Cost) -> Cost:
    return cost[0] - least[0], cost[1] - least[1], cost[2] - least[2]

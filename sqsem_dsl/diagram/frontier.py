"""Frontiers: the states that an evaluation can be in, each with its vertex in the decision diagram.

A state is what is known (`slots`: choices and shared tensors that are still read) and the values under way (`stack`).
Equal states are one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.decision_diagram import DiagramBuilder, Vertex
from sqsem_dsl.diagram.dont_care import DontCareElimination
from sqsem_dsl.diagram.effort import SLOTS_PER_STEP
from sqsem_dsl.diagram.rules import Rules
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.utils.effort import Effort

Slots = tuple[tuple[int, object], ...]
Stack = tuple[object, ...]
State = tuple[Slots, Stack]
Frontier = dict[State, Vertex]
Applied = tuple[ItemId, tuple[object, ...], tuple[type, ...]]
"""An item with its tensors and values, and the types of the values: True is not 1."""

MAX_STATES = 20_000
"""States of one frontier. Beyond it the evaluation gives up and names the choices that are live together."""
MAX_EDGES = 250_000
"""Edges of one decision diagram: the same limit for a space that is long rather than wide."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorValue:
    """The value of what failed. It says nothing more on its way. An evaluation has one for each set of faults, so that
    states are compared by identity there."""

    faults: frozenset[Fault]


@dataclass(frozen=True, slots=True)
class Met:
    """A fault that an evaluation met: where in its diagram, and with which options of the choices tried out there."""

    fault: Fault
    vertex: Vertex
    tried: tuple[tuple[ItemId, int], ...]


Place = tuple[type[Fault], Span]
MAX_MET = 8
"""Faults that are noted of one place."""


class StateLimitExceeded(Exception):
    """A frontier is larger than the limit; `keys` are the slots that its states hold."""

    def __init__(self, keys: frozenset[int], at: ItemId) -> None:
        super().__init__(keys)
        self.keys, self.at = keys, at


class Long(StateLimitExceeded):
    """An evaluation takes more steps than it may."""


class StateSet:
    """A frontier in the making: states that become equal are joined."""

    def __init__(self, trace: DiagramBuilder) -> None:
        self.trace = trace
        self._found: Frontier = {}
        self._several: dict[State, list[Vertex]] = {}
        """The vertices of states that were put more than once."""

    def put(self, slots: Slots, stack: Stack, vertex: Vertex) -> None:
        state = (slots, stack)
        known = self._found.setdefault(state, vertex)
        if known != vertex:
            self._several.setdefault(state, [known]).append(vertex)

    def merge(self, front: Frontier) -> None:
        if not self._found:
            self._found = dict(front)
            return
        for (slots, stack), vertex in front.items():
            self.put(slots, stack, vertex)

    def front(self) -> Frontier:
        """The frontier, which is made once."""
        if self._several:
            for state in self._found:
                if state in self._several:
                    self._found[state] = self.trace.join(self._several[state])
            self._several = {}
        return self._found


def slot(slots: Slots, key: int) -> tuple[object] | None:
    """The value in a slot, wrapped; None where it is empty."""
    for known, value in slots:
        if known == key:
            return (value,)
    return None


def slot_keys(front: Frontier) -> frozenset[int]:
    """The keys of all slots that the states of a frontier hold."""
    return frozenset(key for slots, _ in front for key, _ in slots)


def with_slot(slots: Slots, key: int, value: object) -> Slots:
    """The slots, in the order of their keys, with one that is new."""
    for position, (known, _) in enumerate(slots):
        if known > key:
            return (*slots[:position], (key, value), *slots[position:])
    return (*slots, (key, value))


class Fronts:
    """What is done with whole frontiers, whatever the item."""

    trace: DiagramBuilder
    rules: Rules
    liveness: Liveness
    memory: DontCareElimination | None
    most: tuple[int, int] = (MAX_STATES, MAX_EDGES)
    """The limits of this evaluation: states of a frontier, edges of the diagram."""
    effort: Effort
    override: dict[ItemId, tuple[int, object]]
    """Choices that are tried out, each with an option and its value."""
    met: dict[Place, list[Met]]
    """The first faults at each place."""
    applied: dict[Applied, object]
    """What operators, bypasses and merges made of all that they met in a proof."""
    errors: dict[frozenset[Fault], ErrorValue]
    """The error values of this evaluation."""

    def once(
        self, item: ItemId, values: Sequence[object], tensors: int, rule: Callable[[Sequence[object]], object]
    ) -> object:
        """What an item makes of values, of which the first are tensors: a proof meets the same in many states."""
        if self.memory is None:
            return rule(values)
        key = (item, tuple(values), tuple(map(type, values[tensors:])))
        if key not in self.applied:
            self.applied[key] = rule(values)
        return self.applied[key]

    def states(self, front: Frontier) -> int:
        """The steps to go through a front that has states: those with many slots are long to compare."""
        return len(front) * (1 + len(next(iter(front))[0]) // SLOTS_PER_STEP)

    def work(self, item: ItemId, front: Frontier, steps: int) -> None:
        """Count steps before they are taken, so that nothing is made of what is too much. Raises `Long`."""
        self.effort.left -= steps
        if self.effort.left < 0:
            raise Long(slot_keys(front), item)

    def drop(self, front: Frontier) -> Frontier:
        """Without the value on top: what flows in has come to be, and stays in its slot for those who read it."""
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            found.put(slots, stack[:-1], vertex)
        return found.front()

    def split(self, front: Frontier, apart: Callable[[object], bool], gathered: StateSet) -> Frontier:
        rest: Frontier = {}
        for (slots, stack), vertex in front.items():
            if apart(stack[-1]):
                gathered.put(slots, stack, vertex)
            else:
                rest[slots, stack] = vertex
        return rest

    def replace(self, front: Frontier, count: int, rule: Callable[[Sequence[object]], object]) -> Frontier:
        """The last `count` values of each stack replaced by one; poison among them is the result."""
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            cut = len(stack) - count
            values = stack[cut:]
            result: object = self.together(values) or rule(values)
            if isinstance(result, Fault):
                result = self.failed(result, vertex)
            found.put(slots, (*stack[:cut], result), vertex)
        return found.front()

    def failed(self, fault: Fault, vertex: Vertex) -> ErrorValue:
        """The value of what fails in a state."""
        met = self.met.setdefault((type(fault), fault.span), [])
        if len(met) < MAX_MET:
            met.append(Met(fault, vertex, tuple((draw, option) for draw, (option, _) in self.override.items())))
        return self.error(frozenset((fault,)))

    def error(self, faults: frozenset[Fault]) -> ErrorValue:
        """The error value of faults."""
        known = self.errors.get(faults)
        if known is None:
            known = self.errors[faults] = ErrorValue(faults)
        return known

    def together(self, values: Sequence[object]) -> ErrorValue | None:
        """The error values among values, and in the tuples among them, as one; None where there is none."""
        first: ErrorValue | None = None
        for value in values:
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, ErrorValue) and each is not first:
                    first = each if first is None else self.error(first.faults | each.faults)
        return first

    def without(self, slots: Slots, later: Later) -> Slots:
        """The slots that are still read; the same tuple where all are."""
        return slots and self.rules.without(slots, self.liveness.live, later)

    def leave(self, slots: Slots, kept: Slots, vertex: Vertex) -> Vertex | None:
        """Where a state goes on that keeps only some of its slots; None where it may not."""
        return vertex

    def project(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """States without the slots that nobody reads again."""
        if len(front) == 1 and self.memory is None:
            return front
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            kept = self.without(slots, later)
            if kept is slots:
                found.put(slots, stack, vertex)
            elif (left := self.leave(slots, kept, vertex)) is not None:
                found.put(kept, stack, left)
        result = found.front()
        if len(result) > self.most[0] or len(self.trace.edges) > self.most[1]:
            raise self.too_wide(item, result)
        return result

    def too_wide(self, item: ItemId, front: Frontier) -> StateLimitExceeded:
        """What to raise where a frontier is larger than the limit."""
        return StateLimitExceeded(slot_keys(front), item)

    def activate(self, front: Frontier, rules: Sequence[ItemId]) -> Frontier:
        """Put rules in force: at once where all that they name is known, else as soon as it is."""
        if not rules:
            return front
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            settled = self.rules.settle(self.rules.add(slots, rules))
            if settled is not None:
                found.put(settled, stack, vertex)
        return found.front()

"""Frontiers: the possible states of an evaluation, each with its vertex in the decision diagram.

A state has its known values (`slots`: choices and shared tensors that are still read) and its values in progress
(`stack`). Equal states are one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.decision_diagram import DiagramBuilder, Vertex
from sqsem_dsl.diagram.dont_care import DontCareElimination
from sqsem_dsl.diagram.effort import SLOTS_PER_STEP
from sqsem_dsl.diagram.exceeded import Long, StateLimitExceeded
from sqsem_dsl.diagram.rules import Rules
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.utils.effort import Effort

Slots = tuple[tuple[int, object], ...]
Stack = tuple[object, ...]
State = tuple[Slots, Stack]
Frontier = dict[State, Vertex]
Received = tuple[tuple[object, ...], tuple[type, ...]]
"""The tensors and values that an item reads, and the types of the values: True and 1 differ."""
Rule = Callable[[tuple[object, ...]], object]
"""Returns the value of an item, or a `Fault`, for the values that it reads."""

MAX_STATES = 20_000
"""States of one frontier. Beyond this limit the evaluation stops and names the choices that are in scope at once."""
MAX_EDGES = 250_000
"""Edges of one decision diagram: the same limit for spaces that are long rather than wide."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorValue:
    """The value of a failed item. It raises no further faults. An evaluation has one object for each set of faults, so
    that states are compared by identity."""

    faults: frozenset[Fault]


@dataclass(frozen=True, slots=True)
class Met:
    """A fault found by an evaluation: its place in the diagram, and the options of the choices tried out there."""

    fault: Fault
    vertex: Vertex
    tried: tuple[tuple[ItemId, int], ...]


Place = tuple[type[Fault], Span]
MAX_MET = 8
"""Faults recorded for one place."""


class StateSet:
    """A frontier under construction. It joins states that become equal."""

    def __init__(self, trace: DiagramBuilder) -> None:
        self.trace = trace
        self.states: Frontier = {}
        """The states so far, each with the first of its vertices."""
        self._several: dict[State, list[Vertex]] = {}
        """The vertices of states that were added more than once."""

    def put(self, slots: Slots, stack: Stack, vertex: Vertex) -> None:
        state = (slots, stack)
        known = self.states.setdefault(state, vertex)
        if known != vertex:
            self.again(state, known, vertex)

    def again(self, state: State, known: Vertex, vertex: Vertex) -> None:
        """Adds a state that has a vertex already. Long loops call it themselves."""
        self._several.setdefault(state, [known]).append(vertex)

    def merge(self, front: Frontier) -> None:
        if not self.states:
            self.states = dict(front)
            return
        for (slots, stack), vertex in front.items():
            self.put(slots, stack, vertex)

    def front(self) -> Frontier:
        """The frontier, built once."""
        if self._several:
            for state in self.states:
                if state in self._several:
                    self.states[state] = self.trace.join(self._several[state])
            self._several = {}
        return self.states


def slot(slots: Slots, key: int) -> tuple[object] | None:
    """The value in a slot, wrapped; None if the slot is empty."""
    place = bisect_left(slots, (key,))
    if place < len(slots) and slots[place][0] == key:
        return (slots[place][1],)
    return None


def slot_values(key: int, front: Frontier) -> list[Any]:
    """The values in a slot of all states; empty if one has none, or has it at another place than the first."""
    place = next((i for i, (known, _) in enumerate(next(iter(front))[0]) if known == key), None)
    if place is None or any(len(slots) <= place or slots[place][0] != key for slots, _ in front):
        return []
    return [slots[place][1] for slots, _ in front]


def slot_keys(front: Frontier) -> frozenset[int]:
    """The keys of all slots that the states of a frontier hold."""
    return frozenset(key for slots, _ in front for key, _ in slots)


def with_slot(slots: Slots, key: int, value: object) -> Slots:
    """The slots in key order, with a new one."""
    place = bisect_left(slots, (key + 1,))
    return (*slots[:place], (key, value), *slots[place:])


Columns = Sequence[Sequence[object]]
"""Values that are not on the stacks of a frontier, each list with one for each state."""


def rows(columns: Columns) -> Iterable[tuple[object, ...]]:
    """The values of each state."""
    return zip(*columns, strict=True) if columns else repeat(())


class Fronts:
    """Operations on whole frontiers, for any item."""

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
    applied: dict[ItemId, dict[Received, object]]
    """All shapes that operators, bypasses and merges received and produced in a proof."""
    errors: dict[frozenset[Fault], ErrorValue]
    """The error values of this evaluation."""
    dropped: int = 0
    """The slots that a walk has dropped. Steps count them, so that the limits do not depend on when it does so."""

    def sound(self, rule: Rule) -> Rule:
        """The rule, for values among which may be error values: if one of them is poison, so is the result."""
        return lambda values: self.together(values) or rule(values)

    def once(self, item: ItemId, scalars: int, rule: Rule) -> Rule:
        """The same for an item that reads some scalars after its tensors. Results are kept, since a proof repeats them
        in many states."""
        if self.memory is None:
            return self.sound(rule)
        known = self.applied.setdefault(item, {})

        def kept(values: tuple[object, ...]) -> object:
            key = values, tuple(map(type, values[-scalars:])) if scalars else ()
            result = known.get(key)
            if result is None:
                result = self.together(values)
                if result is None:
                    result = known[key] = rule(values)
            return result

        return kept

    def states(self, front: Frontier) -> int:
        """The steps for a frontier that has states; states with many slots take longer to compare."""
        return len(front) * (1 + (len(next(iter(front))[0]) + self.dropped) // SLOTS_PER_STEP)

    def work(self, item: ItemId, front: Frontier, steps: int) -> None:
        """Counts steps before they are done, so that nothing beyond the limit is built. Raises `Long`."""
        self.effort.left -= steps
        if self.effort.left < 0:
            raise Long(slot_keys(front), item, self.effort.most)

    def pushed(self, front: Frontier, columns: Columns) -> Frontier:
        """The states with the values of the columns on top."""
        if not columns:
            return front
        return {(s, stack + more): v for ((s, stack), v), more in zip(front.items(), rows(columns), strict=True)}

    def drop(self, front: Frontier) -> Frontier:
        """The states without the value on top: the input is evaluated and stays in its slot for its readers."""
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

    def replace(self, front: Frontier, count: int, rule: Rule, columns: Columns = ()) -> Frontier:
        """Replaces the last `count` values of each stack by one. The rule also receives the values of the columns."""
        found = StateSet(self.trace)
        states = found.states
        for ((slots, stack), vertex), more in zip(front.items(), rows(columns), strict=False):
            cut = len(stack) - count
            result = rule(stack[cut:] + more)
            if isinstance(result, Fault):
                result = self.failed(result, vertex)
            state = slots, (*stack[:cut], result)
            if (known := states.setdefault(state, vertex)) != vertex:
                found.again(state, known, vertex)
        return found.front()

    def failed(self, fault: Fault, vertex: Vertex) -> ErrorValue:
        """The value of an item that fails in a state."""
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
        """The error values among values, including those in tuples, merged into one; None if there are none."""
        first: ErrorValue | None = None
        for value in values:
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, ErrorValue) and each is not first:
                    first = each if first is None else self.error(first.faults | each.faults)
        return first

    def without(self, slots: Slots, later: Later) -> Slots | None:
        """The slots that are still read; the same tuple if all are, and None if a rule is broken."""
        return slots and self.rules.without(slots, self.liveness.live, later)

    def leave(self, slots: Slots, kept: Slots, vertex: Vertex) -> Vertex | None:
        """The next state with only some of its slots; None if the state is dropped."""
        return vertex

    def project(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """States without the slots that nothing reads again."""
        result = front
        if self.rules.drops((slots for slots, _ in front), self.liveness.live, later):
            found = StateSet(self.trace)
            for (slots, stack), vertex in front.items():
                kept = self.without(slots, later)
                if kept is slots:
                    found.put(slots, stack, vertex)
                elif kept is not None and (left := self.leave(slots, kept, vertex)) is not None:
                    found.put(kept, stack, left)
            result = found.front()
        if len(result) > self.most[0] or len(self.trace.edges) > self.most[1]:
            raise self.too_wide(item, result)
        return result

    def too_wide(self, item: ItemId, front: Frontier) -> StateLimitExceeded:
        """The exception to raise if a frontier or the diagram exceeds its limit."""
        states, edges = self.most
        if len(self.trace.edges) > edges:
            return StateLimitExceeded(slot_keys(front), item, "edges", edges)
        return StateLimitExceeded(slot_keys(front), item, "states", states)

    def activate(self, front: Frontier, rules: Sequence[ItemId]) -> Frontier:
        """Puts rules in force: at once if everything they name is known, otherwise as soon as it is."""
        if not rules:
            return front
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            settled = self.rules.settle(self.rules.add(slots, rules))
            if settled is not None:
                found.put(settled, stack, vertex)
        return found.front()

"""The evaluator: evaluates a space under one assignment, or under all of them at once.

It evaluates the graph on demand, like an interpreter, but with a whole frontier of states: every state that the choices
so far can lead to. A walk is the same with one option for each choice. Choices are decided in evaluation order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.diagram.combine import Combiner
from sqsem_dsl.diagram.decision_diagram import DiagramBuilder
from sqsem_dsl.diagram.domains import Maker
from sqsem_dsl.diagram.dont_care import DontCareElimination
from sqsem_dsl.diagram.effort import MAX_STEPS, PER_ITEM
from sqsem_dsl.diagram.frontier import Frontier, StateSet, slot, with_slot
from sqsem_dsl.diagram.item_values import ItemValues, Options, T, Wanted
from sqsem_dsl.diagram.known_scalars import KnownScalars
from sqsem_dsl.diagram.rule_nodes import NONE
from sqsem_dsl.diagram.rules import Rules
from sqsem_dsl.diagram.weight_sharing import FIRST_KEY, Tied
from sqsem_dsl.ir.certain import certainly_read
from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import (
    Apply,
    Const,
    Dim,
    Draw,
    FixedArg,
    Graph,
    Guard,
    If,
    Item,
    ItemId,
    Loop,
    Merge,
    Op,
    Residual,
    Switch,
)
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.operators.row import Value
from sqsem_dsl.utils.effort import Effort

FEW_SLOTS = 256
"""Slots that a walk carries along rather than looking for those that it can drop."""


@dataclass(frozen=True, slots=True)
class Step:
    """An item on the chain of first inputs."""

    item: ItemId
    held: StateSet
    """The states in which it is already evaluated."""
    later: Later
    read: Wanted
    """Whether the item that asks for it becomes part of the network."""
    wanted: Wanted
    """Whether the item itself becomes part of the network."""


class Evaluator(ItemValues[T]):
    """Evaluates a graph. `options` selects the options of a choice to follow; `maker` makes the tensors."""

    def __init__(
        self,
        graph: Graph,
        maker: Maker[T],
        options: Options,
        liveness: Liveness,
        memory: DontCareElimination | None = None,
        effort: Effort | None = None,
    ) -> None:
        self.items: Sequence[Item] = graph.items
        self.graph, self.maker, self.options = graph, maker, options
        self.combiner = Combiner(maker, graph.items)
        self.liveness = liveness
        self.tied = Tied(graph.items, liveness.reachable)
        self.effort = effort or Effort(MAX_STEPS)
        self.scalars = KnownScalars(graph.items, liveness)
        # A walk decides each rule at its last name, so that it asks for the same choices before it is cut.
        certain = NONE if memory is None else certainly_read(graph)
        self.rules = Rules(graph.items, graph.choices, self._dimension, self.tied, self.effort, certain)
        self.trace = DiagramBuilder()
        self.memory = memory
        self.override = {}
        self.met = {}
        self.wanted = True
        self.full = FEW_SLOTS
        """The number of slots from which a walk looks for those that it can drop."""
        self.applied, self.errors = {}, {}

    def run(self, roots: Iterable[ItemId]) -> Frontier:
        """The states after the roots are evaluated in order; their values are the stack."""
        every = tuple(roots)
        front = self.activate({((), ()): 0}, self.graph.rules)
        laters = self._suffix(every, 0)
        for i, root in enumerate(every):
            front = self.evaluate(root, front, laters[i + 1])
        return self._ended(front)

    def _ended(self, front: Frontier) -> Frontier:
        """The states at the end, where all rules that count are decided."""
        if not self.rules.counts:
            return front
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            settled = self.rules.ended(slots)
            if settled is not None:
                found.put(settled, stack, vertex)
        return found.front()

    def _suffix(self, several: Sequence[ItemId], later: Later) -> tuple[Later, ...]:
        """For each position, the items left from there on; the last entry is `later`."""
        found = [later]
        for item in reversed(several):
            found.append(self.liveness.later(item, found[-1]))
        return tuple(reversed(found))

    def rest(self, item: ItemId, later: Later) -> tuple[Later, ...]:
        """The same for the children of an item. The rules of a guard come before its body."""
        key = (item, later)
        known = self.liveness.rests.get(key)
        if known is None:
            node = self.items[item]
            parts = children(node)
            if isinstance(node, Guard):
                parts = (*((node.of,) if node.of is not None else ()), *node.rules, node.body)
            known = self.liveness.rests[key] = self._suffix(parts, later)
        return known

    def project(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """States without the slots that nothing reads again. A walk, with one state, looks for them only if it has
        many."""
        if len(front) != 1 or self.memory is not None:
            return super().project(item, front, later)
        (((slots, stack), vertex),) = front.items()
        if len(slots) < self.full:
            return front
        items = frozenset([key for key, _ in slots if 0 <= key < FIRST_KEY])
        live = self.liveness.search(later, items)
        kept = tuple([entry for entry in slots if entry[0] not in items or entry[0] in live])
        self.dropped += len(slots) - len(kept)
        self.full = max(FEW_SLOTS, 2 * len(kept))
        return {(kept, stack): vertex}

    # ---- one item

    def evaluate(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """The frontier with the item's value on top of each stack. A loop follows the chain of first inputs, since the
        chain is as deep as the network."""
        node = self.items[item]
        if isinstance(node, Const):
            return {(slots, (*stack, node.value)): vertex for (slots, stack), vertex in front.items()}
        if isinstance(node, Apply | Draw) and (column := self.column(item, front)) is not None:
            return self.pushed(front, [column])
        spine: list[Step] = []
        outer = self.wanted
        current: ItemId | None = item
        while current is not None:
            held = StateSet(self.trace)
            read = self.wanted
            if self.liveness.shared(current):
                front = self.take(current, front, held)
                self.begin(current)
            spine.append(Step(current, held, later, read, self.wanted))
            if not front:
                break
            child = self._first(current)
            if child is not None:
                later = self.rest(current, self.liveness.announced(current, later))[1]
                self.wanted = self.wants(current, 0)
                later = self.asked(child, later)
            current = child
        front = self.climb(spine, front)
        self.wanted = outer
        return front

    def climb(self, spine: Sequence[Step], front: Frontier) -> Frontier:
        """The states after the items of a chain are evaluated, last item first."""
        for step in reversed(spine):
            front = self.finished(step, front)
        return front

    def finished(self, step: Step, front: Frontier) -> Frontier:
        """The states after an item of a chain, given those after the item below it."""
        self.wanted = step.wanted
        node = self.items[step.item]
        if front:
            self.work(step.item, front, PER_ITEM + self.states(front))
            front = self._finish(step.item, front, self.liveness.announced(step.item, step.later))
            if self.liveness.keeps(step.item):
                front = self.keep(step.item, front, step.read)
            if step.item in self.liveness.heavy or not isinstance(node, Const | Apply | If | Dim):
                front = self.project(step.item, front, step.later)
        step.held.merge(front)
        return step.held.front()

    def begin(self, item: ItemId) -> None:
        """Called before a shared tensor is evaluated."""

    def asked(self, item: ItemId, later: Later) -> Later:
        """`later`, for the tensor that is evaluated before an item."""
        return later

    def keep(self, item: ItemId, front: Frontier, read: Wanted) -> Frontier:
        """States with the value on top stored in the item's slot; a rule may have waited for it. `read` says whether
        the item that asks for the tensor now needs its values."""
        found = StateSet(self.trace)  # without a rule that is satisfied, states may become equal
        for (slots, stack), vertex in front.items():
            settled = self.rules.settle(with_slot(slots, item, stack[-1]))
            if settled is not None:
                found.put(settled, stack, vertex)
        return found.front()

    def take(self, item: ItemId, front: Frontier, held: StateSet) -> Frontier:
        """Moves the states in which a shared tensor is evaluated to `held`, with its value; returns the others."""
        if front:
            self.work(item, front, self.taking(front))
        rest: Frontier = {}
        for (slots, stack), vertex in front.items():
            known = slot(slots, item)
            if known is None:
                rest[slots, stack] = vertex
            else:
                held.put(slots, (*stack, known[0]), vertex)
        return rest

    def _first(self, item: ItemId) -> ItemId | None:
        """The tensor that is evaluated before the rest of an item."""
        match self.items[item]:
            case Op(inputs=inputs):
                return inputs[0] if inputs else None
            case Switch(of=of) | Guard(of=of):
                return of
            case Residual(of=of) | Dim(of=of):
                return of
            case Loop(steps=steps):
                return steps[0]
            case Merge(parts=(FixedArg(node=node), *_)):
                return node
            case _:
                return None

    def _finish(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """The value of an item whose first tensor is on the stack. Choices that need not be remembered are tried
        out."""
        ghosts = self.memory.ghosts(item) if self.memory is not None else ()
        if not ghosts or self.memory is None:
            return self._compute(item, front, later)
        gathered = StateSet(self.trace)
        for state, vertex in front.items():
            gathered.merge(self.memory.agreed(ghosts, self, item, {state: vertex}, later))
        return gathered.front()

    def compute_with(
        self, item: ItemId, front: Frontier, later: Later, override: Mapping[ItemId, tuple[int, Value]]
    ) -> Frontier:
        """The value of an item with some choices set, to see whether they make a difference."""
        self.work(item, front, PER_ITEM + len(front))
        before = self.override
        self.override = {**before, **override}
        try:
            # Without slots that are no longer read: they depend on the path and must not count as a difference.
            return self.project(item, self._compute(item, front, later), later)
        finally:
            self.override = before

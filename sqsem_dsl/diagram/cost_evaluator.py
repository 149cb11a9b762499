"""The evaluation of a space with the layers that each network keeps, and their costs.

Costs are those of the *reduced* network. A layer counts if an output needs its values. It does not count if all its
readers are `zero` or read only its shape. For some tensors (`demand`) this is known only after they are made. They are
made twice, needed and not needed; a wrong guess ends its path, so each assignment has exactly one path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, Cost, DiagramBuilder, Edge, Vertex, added
from sqsem_dsl.diagram.demand import possibly_dead, reads_values
from sqsem_dsl.diagram.dont_care import DontCareElimination
from sqsem_dsl.diagram.evaluate import Evaluator, Step
from sqsem_dsl.diagram.frontier import Columns, ErrorValue, Frontier, Rule, Slots, StateSet, rows, slot, with_slot
from sqsem_dsl.diagram.item_values import Wanted
from sqsem_dsl.diagram.tensors import Costs, Made, Tensor, Use
from sqsem_dsl.diagram.weight_sharing import FIRST_KEY
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Graph, Input, ItemId, Loop, Op, Residual
from sqsem_dsl.ir.liveness import Later, Liveness
from sqsem_dsl.ir.options import options
from sqsem_dsl.utils.effort import Effort

FIRST_COUNTED = 2 * FIRST_KEY
"""Keys of slots that mark a shared set of weights as counted start here."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Wanted if the guess for a shared tensor says so. The guess is made when everything before it has been
    evaluated."""

    item: ItemId


class CostTrace(DiagramBuilder):
    """A decision diagram with costs: the cost that a state has spent since its vertex is on the edges from there."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[Vertex, tuple[Cost, int]] = {}

    def spend(self, vertex: Vertex, cost: Cost, size: int) -> None:
        known = self.spent.get(vertex)
        if known is None:
            self.spent[vertex] = cost, size
        else:
            self.spent[vertex] = added(known[0], cost), max(size, known[1])

    def draw(self, source: Vertex, choice: int, option: int, target: Vertex, cost: Cost = FREE, size: int = 0) -> None:
        """An edge, with the cost spent before it and the cost of the option itself."""
        spent, largest = self.spent.get(source, (FREE, 0))
        self.edges.append(Edge(source, choice, option, target, added(spent, cost), max(size, largest)))


class CostEvaluator(Evaluator["Tensor | Made"]):
    """Evaluates all networks with their costs. With `depth`, tensors know their depth."""

    maker: Costs
    trace: CostTrace

    def __init__(self, graph: Graph, liveness: Liveness, depth: bool, effort: Effort | None = None) -> None:
        uses: dict[str, list[ItemId]] = {}
        for item in sorted(liveness.reachable):
            for name in _weights(graph.items[item]):
                uses.setdefault(name, []).append(item)
        shared = {name: items for name, items in uses.items() if len(items) > 1}
        memory = DontCareElimination(graph, liveness, liveness.reachable)
        maker = Costs(frozenset(shared), depth, graph.times)
        super().__init__(graph, maker, lambda c: options(graph, c), liveness, memory, effort)
        self.trace = CostTrace()
        self._guessed = possibly_dead(graph.items, liveness.reachable)
        self._aside: Step | None = None
        """The outermost tensor that is being made but not needed. The tensors it reads may be needed later."""
        self._counted = {name: FIRST_COUNTED + i for i, name in enumerate(shared)}
        self.tied.operators.update({self._counted[name]: frozenset(items) for name, items in shared.items()})

    # ---- what is needed

    def wants(self, item: ItemId, position: int) -> Wanted:
        return self.wanted if reads_values(self.items[item], position) else False

    def begin(self, item: ItemId) -> None:
        if self.wanted is True or item not in self._guessed:
            self.wanted = True
        elif self._aside is None or item in self.liveness.live(self._aside.later, frozenset([item, self._aside.item])):
            self.wanted = Guess(item)
        else:
            self.wanted = False

    def asked(self, item: ItemId, later: Later) -> Later:
        # If a guess decides whether the item is read, the item stays in its slot until that guess is made.
        return self.liveness.later(-2 - item, later) if isinstance(self.wanted, Guess) else later

    def climb(self, spine: Sequence[Step], front: Frontier) -> Frontier:
        rest = list(spine)
        below: Step | None = None
        while rest:
            step = rest.pop()
            if isinstance(step.wanted, Guess):
                steps = [step]
                while steps[-1].item != step.wanted.item:
                    steps.append(rest.pop())
                front = self._guess(steps, below, front)
                step = steps[-1]
            else:
                front = self.finished(step, front)
            below = step
        return front

    def _guess(self, steps: Sequence[Step], below: Step | None, front: Frontier) -> Frontier:
        """The states after a shared tensor that may or may not be needed. `steps` lead up to it from `below`."""
        above, aside = steps[-1], self._aside
        asked = below.item if below is not None and isinstance(below.read, Guess) else None
        for guess in (True, False):
            self._aside = None if guess else aside or above
            fresh: Frontier = {}
            for (slots, stack), vertex in front.items():
                after: Slots | None = slots
                if not guess:
                    after = self._unread(slots, above)
                elif asked is not None:
                    after = self._read(slots, asked)
                if after is not None:
                    fresh[after, stack] = self.trace.vertex()
                    self.trace.draw(vertex, EPSILON, 0, fresh[after, stack])
            for step in steps:
                fresh = self.finished(replace(step, wanted=guess, held=StateSet(self.trace)), fresh)
            above.held.merge(fresh)
        self._aside = aside
        return above.held.front()

    def _unread(self, slots: Slots, above: Step) -> Slots | None:
        """The slots if a tensor is not needed; None if a needed tensor then has no other reader."""
        awaited = {key for key, value in slots if isinstance(value, Tensor) and value.use is Use.AWAITED}
        if awaited and not awaited <= self.liveness.live(above.later, frozenset([above.item, *awaited])):
            return None
        return slots

    def _read(self, slots: Slots, item: ItemId) -> Slots | None:
        """The slots after the values of a shared tensor are read; None if the guess was that they are never read."""
        known = slot(slots, item)
        if known is None or not isinstance(known[0], Tensor) or known[0].use is Use.READ:
            return slots
        if known[0].use is Use.UNREAD:
            return None
        read = self.maker.used(known[0], Use.READ)
        return tuple((key, read if key == item else value) for key, value in slots)

    def keep(self, item: ItemId, front: Frontier, read: Wanted) -> Frontier:
        found = StateSet(self.trace)
        guessed = read is not True and item in self._guessed
        for (slots, stack), vertex in front.items():
            kept = stack[-1]
            if isinstance(kept, Tensor) and kept.zero:
                if guessed and self.wanted:
                    continue  # nothing is needed for it, no matter who reads it
            elif isinstance(kept, Tensor) and (guessed or not self.wanted):
                kept = self.maker.used(kept, Use.AWAITED if self.wanted else Use.UNREAD)
            settled = self.rules.settle(with_slot(slots, item, kept))
            if settled is not None:
                found.put(settled, stack, vertex)
        return found.front()

    def take(self, item: ItemId, front: Frontier, held: StateSet) -> Frontier:
        rest: Frontier = {}
        for (slots, stack), vertex in front.items():
            known = slot(slots, item)
            if known is None:
                rest[slots, stack] = vertex
                continue
            read = self._read(slots, item) if self.wanted is True else slots
            if read is not None:
                (value,) = known
                value = self.maker.used(value, Use.READ) if isinstance(value, Tensor) else value
                held.put(read, (*stack, value), vertex)
        return rest

    def taking(self, front: Frontier) -> int:
        """None are counted: the limits of costs were chosen without."""
        return 0

    def leave(self, slots: Slots, kept: Slots, vertex: Vertex) -> Vertex | None:
        """Drops states whose guess was wrong."""
        for key, value in slots:
            if isinstance(value, Tensor) and value.use is Use.AWAITED and (key, value) not in kept:
                return None
        return vertex

    # ---- what is spent

    def replace(self, front: Frontier, count: int, rule: Rule, columns: Columns = ()) -> Frontier:
        found = StateSet(self.trace)
        states = found.states
        for ((slots, stack), vertex), more in zip(front.items(), rows(columns), strict=False):
            cut = len(stack) - count
            result = rule(stack[cut:] + more)
            if isinstance(result, Fault):
                self.failed(result, vertex)
            if isinstance(result, Fault | ErrorValue):
                continue  # a rule cuts it later, or the space has no costs: see `met`
            if isinstance(result, Made):
                if self.wanted:
                    slots = self._spend(result, slots, vertex)
                result = result.tensor
            state = slots, (*stack[:cut], result)
            if (known := states.setdefault(state, vertex)) != vertex:
                found.again(state, known, vertex)
        return found.front()

    def _spend(self, made: Made, slots: Slots, vertex: Vertex) -> Slots:
        params, trainable, macs, latency = made.cost
        for name, more, more_trainable in made.shared:
            key = self._counted[name]
            if slot(slots, key) is None:
                slots = with_slot(slots, key, True)
                params, trainable = params + more, trainable + more_trainable
        if params or macs or latency or made.size:
            self.trace.spend(vertex, (params, trainable, macs, latency), made.size)
        return slots

    def input(self, node: Input, front: Frontier) -> Frontier:
        found = super().input(node, front)
        if self.wanted:
            for (_, stack), vertex in found.items():
                tensor = stack[-1]
                assert isinstance(tensor, Tensor)
                self.trace.spend(vertex, FREE, tensor.size)
        return found

    # ---- inputs that may be left aside

    def loop(self, loop: Loop, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """Like the base method. The reader of the loop reads only the last step that is used."""
        rest = self.rest(item, later)
        wanted = self.wanted
        self.wanted = False
        front = self.evaluate(loop.count, self.drop(front), rest[2])
        done: StateSet = StateSet(self.trace)
        for k, step in enumerate(loop.steps):
            after = rest[min(k + 2, len(rest) - 1)]
            last: Frontier = {}
            more: Frontier = {}
            for state, vertex in front.items():
                (last if state[1][-1] == k else more)[state] = vertex
            self.wanted = wanted
            done.merge(
                self.replace(self.evaluate(step, last, after), 2, self.sound(lambda values: values[1])) if last else {}
            )
            self.wanted = False
            front = self.drop(self.evaluate(step, more, after)) if more else {}
        self.wanted = wanted
        return done.front()

    def residual(self, residual: Residual, item: ItemId, front: Frontier, later: Later) -> Frontier:
        """Like the base method. The tensor that flows in is read if it is added, which is known only after the body."""
        rest = self.rest(item, later)
        front = self.evaluate(residual.mode, front, rest[2])
        front = self.evaluate(residual.body, front, self.liveness.later(-2 - residual.of, rest[3]))
        if self.wanted:
            front = self._added(residual.of, front)

        def met(values: Sequence[Any]) -> object:
            return self.combiner.residual(residual, str(values[1]), values[0], values[2])

        return self.replace(front, 3, self.once(item, 0, met))

    def _added(self, item: ItemId, front: Frontier) -> Frontier:
        """The states in which the tensor that flowed in, at its slot, is read because it is added."""
        found: StateSet = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            before, mode, after = stack[-3:]
            assert isinstance(before, Tensor)
            assert isinstance(after, Tensor)
            if mode not in ("none", "fit") or (mode == "fit" and before.shape == after.shape):
                if slot(slots, item) is None:  # an input
                    self.trace.spend(vertex, FREE, before.size)
                read = self._read(slots, item)
                if read is None:
                    continue
                slots = read
            found.put(slots, stack, vertex)
        return found.front()


def _weights(node: object) -> tuple[str, ...]:
    """The names of the sets of weights that an item may use."""
    match node:
        case Op(weights=str() as name):
            return (name,)
        case Residual(weights=str() as name):
            return tuple(f"{name}.{operator}" for operator in ("conv", "dense", "batchnorm"))
        case _:
            return ()

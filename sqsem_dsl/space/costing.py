"""What every network of a space costs: the evaluation under all assignments, with the layers that each one keeps.

Costs are of the *reduced* network. A layer counts where an output needs its values: not where all that reads it is a
`zero`, or reads its shape alone. That is known only after the layer has come to be. So a tensor that is kept for several
readers is first taken to be needed; where a state drops it unread, that was wrong, and the evaluation starts again with
both guesses for it. A guess that turns out wrong ends its way, so that each assignment has exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.space.deep import deep
from sqsem_dsl.space.evaluate import Evaluator
from sqsem_dsl.space.faults import Fault
from sqsem_dsl.space.fold import options
from sqsem_dsl.space.forgetting import Memory
from sqsem_dsl.space.fronts import Front, Gather, Slots, Wide, slot, together, with_slot
from sqsem_dsl.space.graph import Dim, Graph, Guard, Input, ItemId, Loop, Op, Residual, Switch
from sqsem_dsl.space.liveness import Later, Liveness
from sqsem_dsl.space.tensors import Costs, Made, Tensor, Use
from sqsem_dsl.space.tied import FIRST_KEY
from sqsem_dsl.space.trace import FREE, PASS, Cost, Diagram, Edge, Trace, Vertex

FIRST_COUNTED = 2 * FIRST_KEY
"""Slots that say that a shared set of weights has been counted have keys from here on."""
MOST_PASSES = 16


@dataclass(frozen=True)
class Costed:
    """The costs of a space on the edges of a diagram; `diagram` is None where it would be too large, and `wide` names
    the choices that are live together there."""

    diagram: Diagram | None
    depths: Mapping[Vertex, int]
    """For each end the longest path in convolutions and dense layers, where that was asked for."""
    fed: Mapping[Vertex, tuple[bool, ...]]
    """For each end, which outputs an input reaches: the others are constant."""
    wide: tuple[str, ...] = ()


def costs(graph: Graph, depth: bool = False, most: tuple[int, int] | None = None) -> Costed:
    """What all networks of a space without faults cost. With `depth` the longest path is a part of the state; `most`
    states of a front and edges of the diagram are allowed, where not as many as in any evaluation."""
    return _costs(graph, depth, most)


@deep
def _costs(graph: Graph, depth: bool, most: tuple[int, int] | None) -> Costed:
    roots = tuple(item for _, item in graph.outputs)
    liveness = Liveness(graph.items, roots, graph.rules)
    guessed: set[ItemId] = set()
    for _ in range(MOST_PASSES):
        evaluator = CostEvaluator(graph, liveness, frozenset(guessed), depth)
        evaluator.most = most or evaluator.most
        try:
            front = evaluator.run(roots)
        except Wide as wide:
            paths = (graph.choices[n.choice].path for k in sorted(wide.keys) if (n := _draw(graph, k)) is not None)
            return Costed(None, {}, {}, tuple(paths))
        if not evaluator.unread:
            return evaluator.finish(front)
        guessed |= evaluator.unread
    return Costed(None, {}, {})


class CostTrace(Trace):
    """A decision diagram with costs: what a state has spent since its vertex goes on the edges from there."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[Vertex, tuple[Cost, int]] = {}

    def spend(self, vertex: Vertex, cost: Cost, size: int) -> None:
        (params, trainable, macs), largest = self.spent.get(vertex, (FREE, 0))
        self.spent[vertex] = (params + cost[0], trainable + cost[1], macs + cost[2]), max(size, largest)

    def draw(self, source: Vertex, choice: int, option: int, target: Vertex) -> None:
        self.edges.append(Edge(source, choice, option, target, *self.spent.get(source, (FREE, 0))))


class CostEvaluator(Evaluator["Tensor | Made"]):
    """Evaluates all networks with their costs. `guessed` are the tensors that some network does not need."""

    maker: Costs
    trace: CostTrace

    def __init__(self, graph: Graph, liveness: Liveness, guessed: frozenset[ItemId], depth: bool) -> None:
        uses: dict[str, list[ItemId]] = {}
        for item in sorted(liveness.reachable):
            for name in _weights(graph.items[item]):
                uses.setdefault(name, []).append(item)
        shared = {name: items for name, items in uses.items() if len(items) > 1}
        memory = Memory(graph, liveness.reachable, liveness.reachable)
        super().__init__(graph, Costs(frozenset(shared), depth), lambda c: options(graph, c), liveness, memory)
        self.trace = CostTrace()
        self.guessed, self.decided = guessed, dict[ItemId, bool]()
        self.unread: set[ItemId] = set()
        """Tensors that a state dropped unread, though they were taken to be needed."""
        self._counted = {name: FIRST_COUNTED + i for i, name in enumerate(shared)}
        self.tied.operators.update({self._counted[name]: frozenset(items) for name, items in shared.items()})

    def finish(self, front: Front) -> Costed:
        """The diagram, with an end for each state."""
        ends: list[Vertex] = []
        depths: dict[Vertex, int] = {}
        fed: dict[Vertex, tuple[bool, ...]] = {}
        for (_, stack), vertex in front.items():
            outputs = [tensor for tensor in stack if isinstance(tensor, Tensor)]
            if not any(tensor.fed for tensor in outputs):
                # A model needs an input to know how many samples there are, be it unused.
                self.trace.spend(vertex, FREE, self.maker.input("", self.graph.inputs[0].shape).size)
            end = self.trace.vertex()
            self.trace.draw(vertex, PASS, 0, end)
            ends.append(end)
            depths[end] = max((tensor.depth for tensor in outputs), default=0)
            fed[end] = tuple(tensor.fed for tensor in outputs)
        return Costed(self.trace.finish(ends), depths, fed)

    # ---- what is needed

    def wants(self, item: ItemId, position: int) -> bool:
        match self.items[item]:
            case Dim() | Switch() | Guard() | Residual() | Loop():
                return False  # a shape, or what flows in and may yet be left aside
            case Op(row=row) if row.name == "zero" or (row.name == "broadcast_like" and position == 1):
                return False
            case _:
                return self.wanted

    def begin(self, item: ItemId, front: Front, held: Gather, later: Later) -> Front:
        if not front or item not in self.guessed or item in self.decided:
            self.wanted = self.decided.get(item, True)
            return front
        read = self.wanted
        for guess in (True, False):
            fresh: Front = {}
            for state, vertex in front.items():
                fresh[state] = self.trace.vertex()
                self.trace.draw(vertex, PASS, 0, fresh[state])
            self.decided[item], self.wanted = guess, read
            held.merge(self.evaluate(item, fresh, later))
        del self.decided[item]
        self.wanted = read
        return {}

    def keep(self, item: ItemId, front: Front, read: bool) -> Front:
        guess = self.decided.get(item)
        found: Front = {}
        for (slots, stack), vertex in front.items():
            tensor = stack[-1]
            if not isinstance(tensor, Tensor):
                kept: object = tensor
            elif tensor.zero:  # nothing is needed for it, whoever reads it
                if guess is True:
                    continue
                kept = tensor
            elif guess is False:
                if read:
                    continue
                kept = self.maker.used(tensor, Use.UNREAD)
            else:
                kept = self.maker.used(tensor, Use.READ if read else Use.AWAITED)
            settled = self.rules.settle(with_slot(slots, item, kept))
            if settled is not None:
                found[settled, stack] = vertex
        return found

    def take(self, item: ItemId, front: Front, held: Gather) -> Front:
        rest: Front = {}
        for (slots, stack), vertex in front.items():
            known = slot(slots, item)
            if known is None:
                rest[slots, stack] = vertex
                continue
            (value,) = known
            if isinstance(value, Tensor):
                if self.wanted and value.use is not Use.READ:
                    if value.use is Use.UNREAD:
                        continue
                    slots = _with(slots, item, self.maker.used(value, Use.READ))
                value = self.maker.used(value, Use.READ)
            held.put(slots, (*stack, value), vertex)
        return rest

    def project(self, item: ItemId, front: Front, later: Later) -> Front:
        found: Front = {}
        for (slots, stack), vertex in front.items():
            if self._dropped(slots, later):
                found[slots, stack] = vertex
        return super().project(item, found, later)

    def _dropped(self, slots: Slots, later: Later) -> bool:
        """Whether a state may go on without the slots that are no longer read: not where it guessed wrong."""
        awaited = [key for key, value in slots if isinstance(value, Tensor) and value.use is Use.AWAITED]
        if not awaited:
            return True
        kept = {key for key, _ in self.rules.without(slots, self.liveness.live, later)}
        for key in awaited:
            if key not in kept:
                if key in self.guessed:
                    return False
                self.unread.add(key)
        return True

    # ---- what is spent

    def replace(self, front: Front, count: int, rule: Callable[[Sequence[object]], object]) -> Front:
        found: Gather = Gather(self.trace)
        for (slots, stack), vertex in front.items():
            cut = len(stack) - count
            result: object = together(stack[cut:]) or rule(stack[cut:])
            if isinstance(result, Fault):
                raise ValueError(f"a space with faults has no costs: {result.title}")
            if isinstance(result, Made):
                if self.wanted:
                    slots = self._spend(result, slots, vertex)
                result = result.tensor
            found.put(slots, (*stack[:cut], result), vertex)
        return found.front()

    def _spend(self, made: Made, slots: Slots, vertex: Vertex) -> Slots:
        params, trainable, macs = made.cost
        for name, more, more_trainable in made.shared:
            key = self._counted[name]
            if slot(slots, key) is None:
                slots = with_slot(slots, key, True)
                params, trainable = params + more, trainable + more_trainable
        if params or macs or made.size:
            self.trace.spend(vertex, (params, trainable, macs), made.size)
        return slots

    def input(self, node: Input, front: Front) -> Front:
        tensor = self.maker.input(node.name, node.shape)
        if self.wanted:
            for vertex in front.values():
                self.trace.spend(vertex, FREE, tensor.size)
        return {(s, (*k, tensor)): v for (s, k), v in front.items()}

    # ---- what flows in, and may be left aside

    def loop(self, loop: Loop, item: ItemId, front: Front, later: Later) -> Front:
        """Like the base's, but the last step that is taken is read by whoever reads the loop, and the others are not."""
        rest = self.rest(item, later)
        wanted = self.wanted
        self.wanted = False
        front = self.evaluate(loop.count, self.drop(front), rest[2])
        done: Gather = Gather(self.trace)
        for k, step in enumerate(loop.steps):
            after = rest[min(k + 2, len(rest) - 1)]
            last: Front = {}
            more: Front = {}
            for state, vertex in front.items():
                (last if state[1][-1] == k else more)[state] = vertex
            self.wanted = wanted
            done.merge(self.replace(self.evaluate(step, last, after), 2, lambda values: values[1]) if last else {})
            self.wanted = False
            front = self.drop(self.evaluate(step, more, after)) if more else {}
        self.wanted = wanted
        return done.front()

    def residual(self, residual: Residual, item: ItemId, front: Front, later: Later) -> Front:
        """Like the base's; what flowed in is read where it is added, which is known only after the body."""
        rest = self.rest(item, later)
        front = self.evaluate(residual.mode, front, rest[2])
        front = self.evaluate(residual.body, front, self.liveness.later(-2 - residual.of, rest[3]))
        if self.wanted:
            front = self._added(residual.of, front)
        return self.replace(
            front, 3, lambda values: self.combiner.residual(residual, str(values[1]), values[0], values[2])
        )

    def _added(self, item: ItemId, front: Front) -> Front:
        """The states in which what flowed in, at its slot, is read because it is added."""
        found: Gather = Gather(self.trace)
        for (slots, stack), vertex in front.items():
            before, mode, after = stack[-3:]
            assert isinstance(before, Tensor)
            assert isinstance(after, Tensor)
            if mode not in ("none", "fit") or (mode == "fit" and before.shape == after.shape):
                known = slot(slots, item)
                if known is None:  # an input
                    self.trace.spend(vertex, FREE, before.size)
                elif isinstance(known[0], Tensor) and known[0].use is not Use.READ:
                    if known[0].use is Use.UNREAD:
                        continue
                    slots = _with(slots, item, self.maker.used(known[0], Use.READ))
            found.put(slots, stack, vertex)
        return found.front()


def _with(slots: Slots, item: ItemId, tensor: Tensor) -> Slots:
    return tuple((key, tensor if key == item else value) for key, value in slots)


def _draw(graph: Graph, key: int) -> object:
    from sqsem_dsl.space.graph import Draw

    node = graph.items[key] if 0 <= key < len(graph.items) else None
    return node if isinstance(node, Draw) else None


def _weights(node: object) -> tuple[str, ...]:
    """The names of the sets of weights that an item may use."""
    match node:
        case Op(weights=str() as name):
            return (name,)
        case Residual(weights=str() as name):
            return tuple(f"{name}.{operator}" for operator in ("conv", "dense", "batchnorm"))
        case _:
            return ()

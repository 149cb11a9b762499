"""The value of an item in every state of a frontier: choices, inputs, arithmetic, operators and sizes of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.diagram.branching import Branching
from sqsem_dsl.diagram.calculate import calculate, no_axis
from sqsem_dsl.diagram.decision_diagram import Vertex
from sqsem_dsl.diagram.domains import Maker
from sqsem_dsl.diagram.effort import PER_ITEM
from sqsem_dsl.diagram.frontier import ErrorValue, Frontier, Rule, State, StateSet, slot, slot_values, with_slot
from sqsem_dsl.diagram.known_scalars import KnownScalars
from sqsem_dsl.diagram.weight_sharing import Tied
from sqsem_dsl.ir.graph import (
    Apply,
    Const,
    Dim,
    Draw,
    ErrorNode,
    Guard,
    If,
    Input,
    ItemId,
    Loop,
    Merge,
    Op,
    Residual,
    Switch,
    Tally,
)
from sqsem_dsl.ir.liveness import Later
from sqsem_dsl.ir.scalars import AXES, FUNCTIONS, Undefined
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.utils.effort import Effort

T = TypeVar("T")
Options = Callable[[int], Sequence[tuple[int, Value]]]
"""The options of a choice to follow, each with its number: all in a shape analysis, one in a walk."""

Wanted = object
"""Whether an item becomes part of the network: True, False, or a value of the evaluation that decides it later."""


class ItemValues(Branching, Generic[T]):
    """Computes items of every kind. A subclass evaluates the items that they read."""

    maker: Maker[T]
    options: Options
    scalars: KnownScalars
    effort: Effort
    tied: Tied
    wanted: Wanted
    """Whether the item being evaluated becomes part of the network. Only `costing` distinguishes; for shapes alone, all
    items do."""

    def wants(self, item: ItemId, position: int) -> Wanted:
        """Whether an item under evaluation needs the values, not only the shape, of the tensor at a position."""
        return True

    def taking(self, front: Frontier) -> int:
        """The steps to look for the slot of a shared item in all states."""
        return self.states(front) - len(front)

    def _compute(self, item: ItemId, front: Frontier, later: Later) -> Frontier:
        match self.items[item]:
            case Const(value=value):
                return {(s, (*k, value)): v for (s, k), v in front.items()}
            case Draw(choice=choice):
                return self._draw(item, choice, front, later)
            case Input(extents=extents) as source:
                front, columns = self.gathered(zip(extents, self.rest(item, later)[1:], strict=True), front)
                return self.input(source, self.pushed(front, columns))
            case Apply(arguments=arguments) as node:
                front, columns = self.gathered(zip(arguments, self.rest(item, later)[1:], strict=True), front)
                count = len(arguments) - len(columns)
                return self.replace(front, count, self.calculated(node), columns)
            case If(test=test, then=then, other=other):
                front = self.evaluate(test, front, self.rest(item, later)[1])
                return self.branch(test, front, {True: then, False: other}, later)
            case Dim(axis=axis) as dim:
                return self.replace(front, 1, self.sound(lambda values: self._axis(dim, axis, values[0])))
            case Op() as op:
                return self._operator(op, item, front, later)
            case Switch(of=of, test=test, cases=cases):
                rest = self.rest(item, later)
                if of is not None:
                    front = self.drop(front)
                front = self.evaluate(test, front, rest[1 if of is None else 2])
                return self.branch(test, front, dict(cases), later)
            case Loop() as loop:
                return self.loop(loop, item, front, later)
            case Residual() as residual:
                return self.residual(residual, item, front, later)
            case Merge() as merge:
                return self.merge(merge, item, front, later)
            case Guard(of=of, rules=rules, body=body):
                if of is not None:
                    front = self.drop(front)
                front = self.activate(front, rules)
                return self.evaluate(body, front, later)
            case ErrorNode() | Tally():
                raise InternalError("an item is evaluated that is broken, or that only rules read")

    # ---- kinds of items

    def input(self, node: Input, front: Frontier) -> Frontier:
        """The states with an input on the stack, in place of its chosen extents."""
        made: dict[Shape, T] = {}
        found: Frontier = {}
        for (slots, stack), vertex in front.items():
            cut = len(stack) - len(node.extents)
            shape: Shape = stack[cut:] or node.shape  # type: ignore[assignment]
            if shape not in made:
                made[shape] = self.maker.input(node.name, shape)
            found[slots, (*stack[:cut], made[shape])] = vertex
        return found

    def _draw(self, item: ItemId, choice: int, front: Frontier, later: Later) -> Frontier:
        if item in self.override:
            value = self.override[item][1]
            return {(s, (*k, value)): v for (s, k), v in front.items()}
        found = StateSet(self.trace)
        options = self.options(choice)
        targets: dict[State, Vertex] = {}
        forget = self.memory is not None and self.memory.forgets(item)
        for (slots, stack), vertex in front.items():
            known = slot(slots, item)
            if known is not None:
                found.put(slots, (*stack, known[0]), vertex)
                continue
            self.work(item, front, len(options))
            if len(self.trace.edges) > self.most[1]:
                raise self.too_wide(item, front)
            for option, value in options:
                settled = self.rules.settle(slots if forget else with_slot(slots, item, value))
                if settled is None:
                    continue
                state = (settled, (*stack, value))
                target = targets.get(state)
                if target is None:
                    target = targets[state] = self.trace.vertex()
                self.trace.draw(vertex, choice, option, target)
        for (slots, stack), target in targets.items():
            found.put(slots, stack, target)
        return found.front()

    def column(self, item: ItemId, front: Frontier) -> list[Value] | None:
        """The value of a scalar in each state; None if a state lacks a choice that it reads, or if it has no value
        there."""
        scalar = self.scalars.of(item)
        if scalar is None or not front or not scalar.draws.isdisjoint(self.override):
            return None
        states = self.states(front)
        steps = scalar.functions * (PER_ITEM + states) + scalar.shared * self.taking(front)
        if steps > self.effort.left:
            return None  # step by step, to say where it ends
        try:
            found = slot_values(item, front) or [scalar.read(dict(slots)) for slots, _ in front]
        except (KeyError, Undefined):
            return None
        self.work(item, front, steps)
        return found

    def gathered(self, scalars: Iterable[tuple[ItemId, Later]], front: Frontier) -> tuple[Frontier, list[list[Value]]]:
        """The states after several scalars are evaluated in order. The last values may be in columns instead
        of on the stacks."""
        columns: list[list[Value]] = []
        for item, later in scalars:
            column = self.column(item, front)
            if column is not None:
                columns.append(column)
            else:
                front, columns = self.evaluate(item, self.pushed(front, columns), later), []
        return front, columns

    def calculated(self, node: Apply) -> Rule:
        """The rule of a function. Most are of two whole numbers."""
        any_values = self.sound(lambda values: calculate(node, values))
        rule = FUNCTIONS[node.function]

        def of_two(values: tuple[object, ...]) -> object:
            a, b = values
            if type(a) is int and type(b) is int:
                try:
                    return rule(a, b)
                except Undefined:
                    pass
            return any_values(values)

        return of_two if len(node.arguments) == 2 else any_values

    def _operator(self, op: Op, item: ItemId, front: Frontier, later: Later) -> Frontier:
        rest = self.rest(item, later)
        wanted = self.wanted
        for i, child in enumerate(op.inputs[1:], start=1):
            self.wanted = self.wants(item, i)
            front = self.evaluate(child, front, rest[i + 1])
            self.wanted = wanted
        fixed: dict[str, Value] = {}
        variable: dict[str, tuple[ItemId, Later]] = {}
        for i, (name, child) in enumerate(op.attributes, start=len(op.inputs)):
            node = self.items[child]
            if isinstance(node, Const):
                fixed[name] = node.value
            else:
                variable[name] = child, rest[i + 1]
        front, columns = self.gathered(variable.values(), front)
        order = [name for name, _ in op.attributes]
        count = len(op.inputs)

        def complete(values: Sequence[object]) -> dict[str, Value]:
            found: dict[str, object] = {**fixed, **dict(zip(variable, values[count:], strict=True))}
            return {name: found[name] for name in order}  # type: ignore[misc]

        def applied(values: Sequence[object]) -> object:
            return self.combiner.operator(op, values[:count], complete(values))

        if self.tied.key(op) is not None:
            front, columns = self._tie(op, self.pushed(front, columns), complete), []
        return self.replace(
            front, count + len(variable) - len(columns), self.once(item, len(variable), applied), columns
        )

    def _tie(self, op: Op, front: Frontier, complete: Callable[[Sequence[object]], dict[str, Value]]) -> Frontier:
        """Called before an operator of a tied block is applied: its weights must have the shapes of the other uses."""
        key = self.tied.key(op)
        assert key is not None
        count = len(op.inputs)
        size = count + sum(not isinstance(self.items[value], Const) for _, value in op.attributes)
        found = StateSet(self.trace)
        for (slots, stack), vertex in front.items():
            values = stack[len(stack) - size :]
            if not any(isinstance(value, ErrorValue) for value in values):
                inputs = tuple(self.maker.shape(tensor) for tensor in values[:count])  # type: ignore[arg-type]
                layer = self.tied.layer(op, inputs, complete(values))
                known = slot(slots, key)
                if layer is None:
                    pass  # no weights, or a mismatch, which applying it reports
                elif known is None:
                    slots = with_slot(slots, key, layer)
                elif (fault := self.tied.compare(op, known[0], layer)) is not None:  # type: ignore[arg-type]
                    stack = (*stack[:-1], self.failed(fault, vertex))
            found.put(slots, stack, vertex)
        return found.front()

    # ---- sizes

    def _axis(self, dim: Dim, axis: str, tensor: object) -> object:
        shape = self.maker.shape(tensor)  # type: ignore[arg-type]
        position = AXES[axis]
        if (
            -position > len(shape)
            or (axis == "length" and len(shape) != 2)
            or (axis in ("width", "height") and len(shape) < 3)
        ):
            return no_axis(dim, axis, shape)
        return shape[position]

    def _dimension(self, dim: Dim, tensor: object) -> object:
        if isinstance(tensor, ErrorValue):
            return tensor
        node = self.items[dim.of]
        if isinstance(node, Input):
            tensor = self.maker.input(node.name, node.shape)
        return self._axis(dim, dim.axis, tensor)

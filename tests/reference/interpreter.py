"""A plain interpreter of spaces, as a reference for the compiler: recursive, one assignment at a time.

It shares with the compiler the table of operators and the arithmetic on known values, but not how states are kept,
joined or dropped: a value is computed when it is first read and kept until the end; rules are checked last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqsem_dsl.diagram.calculate import calculate, no_axis
from sqsem_dsl.diagram.combine import Combiner
from sqsem_dsl.diagram.domains import Shapes
from sqsem_dsl.diagram.weight_sharing import TiedMisfit
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import (
    Apply,
    Const,
    Dim,
    Draw,
    FixedArg,
    Graph,
    Guard,
    If,
    Input,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Residual,
    SubsetArg,
    Switch,
    Tally,
)
from sqsem_dsl.ir.options import options
from sqsem_dsl.ir.scalars import AXES, Undefined, compute
from sqsem_dsl.operators import Misfit, count
from sqsem_dsl.operators import complete as filled
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.utils.recursion import with_recursion_limit


class Broke(Exception):
    """A value that does not exist because of these faults."""

    def __init__(self, faults: frozenset[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass
class Outcome:
    """The result of one assignment: shapes of the outputs, or faults, or (`allowed` is False) nothing."""

    draws: tuple[tuple[int, int], ...]
    """(choice, option) in the order of their selection."""
    allowed: bool
    shapes: tuple[Shape, ...] | None
    faults: frozenset[Fault]


@dataclass
class Interpreter:
    """Evaluates a graph on demand. `pick_option(choice)` returns the index of an option of `options(graph, choice)`."""

    graph: Graph
    values: Callable[[int], Sequence[Value]]
    pick_option: Callable[[int], int]
    draws: dict[int, int] = field(default_factory=dict)
    known: dict[ItemId, Any] = field(default_factory=dict)
    rules: dict[ItemId, None] = field(default_factory=dict)
    weights: dict[str, tuple[tuple[Shape, ...], dict[str, Value]]] = field(default_factory=dict)

    def run(self) -> Outcome:
        combiner: Combiner[Shape] = Combiner(Shapes(), self.graph.items)
        self.combiner = combiner
        self.rules.update(dict.fromkeys(self.graph.rules))
        shapes, faults = [], frozenset[Fault]()
        for _, root in self.graph.outputs:
            try:
                shapes.append(self.read(root))
            except Broke as broke:
                faults |= broke.faults
        allowed = all(self.holds(rule) for rule in self.rules)
        return Outcome(tuple(self.draws.items()), allowed, None if faults else tuple(shapes), faults)

    def read(self, item: ItemId) -> Any:
        """The value of an item; raises `Broke` each time that a broken one is read."""
        if item not in self.known:
            try:
                value = self.value(item)
                if isinstance(value, Fault):
                    value = Broke(frozenset((value,)))
            except Broke as broke:
                value = broke
            self.known[item] = value
        value = self.known[item]
        if isinstance(value, Broke):
            raise value
        return value

    def all(self, items: Sequence[ItemId]) -> list[Any]:
        """The values of several items, each of which is read even if one before it is broken."""
        found, faults = [], frozenset[Fault]()
        for item in items:
            try:
                found.append(self.read(item))
            except Broke as broke:
                faults |= broke.faults
        if faults:
            raise Broke(faults)
        return found

    def value(self, item: ItemId) -> Any:
        match self.graph.items[item]:
            case Const(value=value):
                return value
            case Draw(choice=choice):
                if choice not in self.draws:
                    self.draws[choice] = self.pick_option(choice)
                return self.values(choice)[self.draws[choice]]
            case Apply(arguments=arguments) as node:
                return calculate(node, self.all(arguments))
            case If(test=test, then=then, other=other):
                return self.read(then if self.read(test) else other)
            case Dim(of=of, axis=axis) as node:
                return self.size(node, axis, self.read(of))
            case Input(shape=shape, extents=extents):
                return tuple(self.all(extents)) if extents else shape
            case Op(inputs=inputs, attributes=attributes) as node:
                values = self.all((*inputs, *(value for _, value in attributes)))
                names = [name for name, _ in attributes]
                given = dict(zip(names, values[len(inputs) :], strict=True))
                self.tie(node, tuple(values[: len(inputs)]), given)
                return self.combiner.operator(node, values[: len(inputs)], given)
            case Switch(of=of, test=test, cases=cases):
                self.touch(of)
                chosen = self.read(test)
                return self.read(next(case for value, case in cases if value == chosen and type(value) is type(chosen)))
            case Loop(steps=steps, count=times):
                self.touch(steps[0])
                return [self.settled(step) for step in steps[: self.read(times) + 1]][-1].get()
            case Residual(of=of, mode=mode, body=body) as node:
                before, how, after = self.all((of, mode, body))
                return self.combiner.residual(node, how, before, after)
            case Merge() as node:
                return self.merged(node)
            case Guard(of=of, rules=rules, body=body):
                self.touch(of)
                self.rules.update(dict.fromkeys(rules))
                return self.read(body)
            case node:
                raise AssertionError(node)

    def tie(self, node: Op, inputs: tuple[Shape, ...], given: dict[str, Value]) -> None:
        """Operators of a tied block that share weights are one layer: their shapes and attributes must match."""
        if node.weights is None:
            return
        try:
            shapes = tuple(weight.shape for weight in count(node.row, inputs, given)[0])
            layer = (shapes, dict(filled(node.row, inputs, given)))
        except Misfit:
            return
        if shapes and self.weights.setdefault(node.weights, layer) != layer:
            raise Broke(frozenset((TiedMisfit(node.span),)))

    def touch(self, item: ItemId | None) -> None:
        """Reads the incoming tensor, whether or not it is used."""
        if item is not None:
            self.settled(item)

    def settled(self, item: ItemId) -> Settled:
        try:
            return Settled(self.read(item))
        except Broke as broke:
            return Settled(broke)

    def merged(self, node: Merge) -> Any:
        parts: list[list[Settled]] = []
        for part in node.parts:
            match part:
                case FixedArg(node=tensor):
                    parts.append([self.settled(tensor)])
                case OptionalArg(test=test, node=tensor):
                    used = self.settled(test)
                    broken = isinstance(used.value, Broke)
                    parts.append([used] if broken else [self.settled(tensor)] if used.value else [])
                case SubsetArg(chosen=chosen, alternatives=alternatives):
                    names = self.read(chosen)
                    parts.append([self.settled(tensor) for name, tensor in alternatives if name in names])
        tensors = [tensor.get() for tensor in collected([t for part in parts for t in part])]
        if len(tensors) == 1:
            return tensors[0]
        settings = self.all([node.how] if node.axis is None else [node.how, node.axis])
        return self.combiner.merged(node, settings[0], tensors, *settings[1:])

    def size(self, node: Dim, axis: str, shape: Shape) -> Any:
        ranks = {"channels": (1, 2, 3, 4), "length": (2,), "width": (3, 4), "height": (3, 4)}[axis]
        return shape[AXES[axis]] if len(shape) in ranks else no_axis(node, axis, shape)

    # ---- rules

    def holds(self, rule: ItemId) -> bool:
        """A rule holds if something that it names is not active; naming a choice does not activate it."""
        if not all(name in self.known for name in self.names(rule)):
            return True
        try:
            return self.judged(rule) is not False
        except Undefined:
            return False
        except Broke:
            return True

    def names(self, rule: ItemId) -> Iterator[ItemId]:
        match self.graph.items[rule]:
            case Draw():
                yield rule
            case Dim(of=of):
                if not isinstance(self.graph.items[of], Input):
                    yield of
            case Apply(arguments=arguments):
                for argument in arguments:
                    yield from self.names(argument)
            case If(test=test, then=then, other=other):
                for part in (test, then, other):
                    yield from self.names(part)

    def judged(self, item: ItemId) -> Any:
        match self.graph.items[item]:
            case Apply(function=function, arguments=arguments):
                return compute(function, tuple(self.judged(a) for a in arguments))
            case If(test=test, then=then, other=other):
                return self.judged(then if self.judged(test) else other)
            case Tally(terms=terms):
                return self.tallied([term for term in terms if all(name in self.known for name in self.names(term))])
            case _:
                return self.read(item)

    def tallied(self, active: Sequence[ItemId]) -> Any:
        """The sum of the terms of a `count` or `sum` that are active; a broken term outweighs an undefined one."""
        total: Any = 0
        undefined = None
        for term in active:
            try:
                total = compute("+", (total, self.judged(term)))
            except Undefined as wrong:
                undefined = wrong
        if undefined is not None:
            raise undefined
        return total


@dataclass
class Settled:
    """A value, or the reason why there is none."""

    value: Any

    def get(self) -> Any:
        if isinstance(self.value, Broke):
            raise self.value
        return self.value


def collected(several: Sequence[Settled]) -> Sequence[Settled]:
    """The same values, or one broken value for all broken ones."""
    faults = frozenset(f for each in several if isinstance(each.value, Broke) for f in each.value.faults)
    return [Settled(Broke(faults))] if faults else several


@dataclass
class Follow:
    """Selects the options of a prefix, then the first of each choice; kept in `selection`."""

    prefix: Sequence[tuple[int, int]]
    selection: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, choice: int) -> int:
        option = 0
        if len(self.selection) < len(self.prefix):
            wanted, option = self.prefix[len(self.selection)]
            assert wanted == choice, "the same choices made must draw the same next one"
        self.selection.append((choice, option))
        return option


@with_recursion_limit
def outcomes(graph: Graph, most: int = 100_000) -> Iterator[Outcome]:
    """Every assignment, in order: the first choice is the most significant, values as in their domain."""

    def values(choice: int) -> Sequence[Value]:
        return tuple(value for _, value in options(graph, choice))

    prefix: list[tuple[int, int]] = []
    for _ in range(most):
        follow = Follow(prefix)
        yield Interpreter(graph, values, follow).run()
        selection = follow.selection
        while selection and selection[-1][1] + 1 == len(values(selection[-1][0])):
            selection.pop()
        if not selection:
            return
        choice, option = selection.pop()
        prefix = [*selection, (choice, option + 1)]
    raise AssertionError(f"more than {most} assignments")

"""What the proof over all assignments knows of each item of a space: what it met, what it gives, who reads its values.

The proof may also have met what a rule cuts later. So a fact here is of the form "in every architecture": it holds of
all that was met, and there is some. Nothing is known of a space whose proof met its limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sqsem_dsl.analysis.observations import Meeting, Met
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.graph import (
    Apply,
    ChoiceId,
    Const,
    Dim,
    Draw,
    Graph,
    Guard,
    If,
    Input,
    Item,
    ItemId,
    Loop,
    Merge,
    Op,
    Residual,
    Switch,
    children,
    part_children,
    setting_items,
)
from sqsem_dsl.network.normalize import MAY_DO_NOTHING, does_nothing, spelled
from sqsem_dsl.operators import TABLE, Shape, Value

if TYPE_CHECKING:
    from sqsem_dsl.diagram.costing import Costed

MAX_COSTED = (1_500, 25_000)
"""States of a frontier and edges of the diagram for which costs are worked out: a second, most often."""
OUTPUT = -1
"""Stands for an output of the space among those who read a tensor."""


class SpaceIndex:
    """The facts of one space. Its graph has no faults, and its `shape_analysis` a diagram."""

    def __init__(
        self, name: str, graph: Graph, shape_analysis: ShapeAnalysis, rule_spans: Mapping[ItemId, Span]
    ) -> None:
        self.name, self.graph, self.shape_analysis, self.rule_spans = name, graph, shape_analysis, rule_spans
        self.items = graph.items
        self._met = Met(graph.items, shape_analysis.applied)

    # ---- what was met

    def meetings(self, item: ItemId) -> tuple[Meeting, ...]:
        """What an operator met; nothing where no architecture comes to it."""
        return self._met.of_operator(item)

    def bypassed(self, item: ItemId) -> frozenset[tuple[Shape, Shape]]:
        """The shapes before and after the body of a bypass that were met, whatever the mode."""
        return self._met.of_bypass(item)

    @cached_property
    def shapes(self) -> Mapping[ItemId, frozenset[Shape]]:
        """The shapes that each tensor has in some architecture, and perhaps more."""
        found: dict[ItemId, frozenset[Shape]] = {}
        nothing: frozenset[Shape] = frozenset()
        for item in self.tensors:
            match self.items[item]:
                case Input(shape=shape):
                    found[item] = frozenset((shape,))
                case Switch(cases=cases):
                    found[item] = nothing.union(*(found[case] for _, case in cases))
                case Loop(steps=steps):
                    found[item] = nothing.union(*(found[step] for step in steps))
                case Guard(body=body):
                    found[item] = found[body]
                case node:
                    parts = node.parts if isinstance(node, Merge) else ()
                    alone = (found[c] for part in parts for c in part_children(part) if c in found)
                    found[item] = self._met.made(item).union(*alone)
        return found

    # ---- over all assignments

    @property
    def total(self) -> int:
        """How many assignments there are."""
        assert self.shape_analysis.diagram is not None
        return self.shape_analysis.diagram.count

    @cached_property
    def costed(self) -> Costed | None:
        """The costs of all networks; None where they would take long to know."""
        from sqsem_dsl.diagram.costing import costs

        depth = any(name == "weighted_layers" for budget in self.graph.budgets for name, _ in budget.terms)
        found = costs(self.graph, depth, MAX_COSTED)
        return found if found.diagram is not None else None

    # ---- who reads what

    @cached_property
    def reachable(self) -> frozenset[ItemId]:
        """The items that an output, a rule or a setting of `train` may come to."""
        return self.reached()

    @cached_property
    def tensors(self) -> tuple[ItemId, ...]:
        """The tensors among them, what is read before what reads it."""
        return tuple(item for item in sorted(self.reachable) if not _is_scalar(self.items[item]))

    def reached(self, without: Mapping[ItemId, frozenset[Value]] | None = None) -> frozenset[ItemId]:
        """The same, leaving out some cases of some switches."""
        cut = without or {}
        settings = (item for _, value in self.graph.train for item in setting_items(value))
        pending = [*(item for _, item in self.graph.outputs), *self.graph.rules, *settings]
        found = set(pending)
        while pending:
            item = pending.pop()
            node = self.items[item]
            below: tuple[ItemId, ...] = children(node)
            if isinstance(node, Guard):
                below = (*below, *node.rules)
            elif isinstance(node, Switch) and item in cut:
                kept = (case for value, case in node.cases if value not in cut[item])
                below = (*((node.of,) if node.of is not None else ()), node.test, *kept)
            for child in below:
                if child not in found:
                    found.add(child)
                    pending.append(child)
        return frozenset(found)

    @cached_property
    def bound(self) -> frozenset[ItemId]:
        """The scalars that a rule or a setting of `train` reads: a choice among them matters beside the network."""
        rules = [rule for item in self.tensors if isinstance(node := self.items[item], Guard) for rule in node.rules]
        return self.named(
            *rules, *self.graph.rules, *(item for _, value in self.graph.train for item in setting_items(value))
        )

    def named(self, *scalars: ItemId) -> frozenset[ItemId]:
        """The scalars that some scalars read, sizes of tensors and all, with themselves."""
        pending, found = list(scalars), set(scalars)
        while pending:
            node = self.items[pending.pop()]
            if _is_scalar(node) and not isinstance(node, Dim):
                fresh = set(children(node)) - found
                found |= fresh
                pending.extend(fresh)
        return frozenset(found)

    @cached_property
    def users(self) -> Mapping[ItemId, tuple[ItemId, ...]]:
        """For each scalar the items that read it, rules apart."""
        found: dict[ItemId, dict[ItemId, None]] = {}
        for item in sorted(self.reachable):
            for child in children(self.items[item]):
                if _is_scalar(self.items[child]):
                    found.setdefault(child, {})[item] = None
        return {item: tuple(several) for item, several in found.items()}

    @cached_property
    def readers(self) -> Mapping[ItemId, tuple[ItemId, ...]]:
        """For each tensor the items that read its values: operators, bypasses and merges, and `OUTPUT`. What passes a
        tensor on, such as a slot that is left out, is gone through."""
        found: dict[ItemId, dict[ItemId, None]] = {item: {} for item in self.tensors}
        for _, output in self.graph.outputs:
            found[output][OUTPUT] = None
        for item in reversed(self.tensors):
            for child, passed in self.values_of(item):
                found[child].update(found[item] if passed else {item: None})
        return {item: tuple(several) for item, several in found.items()}

    def values_of(self, item: ItemId) -> Iterator[tuple[ItemId, bool]]:
        """The tensors whose values an item reads, each with whether it passes them on as they are."""
        match self.items[item]:
            case Op(row=row, inputs=inputs):
                if row.name != "zero":
                    taken = inputs[:1] if row.name == "broadcast_like" else inputs
                    yield from ((child, self.plain[item] == self.plain[child]) for child in taken)
            case Switch(cases=cases):
                yield from ((case, True) for _, case in cases)
            case Loop(steps=steps):
                yield from ((step, True) for step in steps)
            case Guard(body=body):
                yield body, True
            case Residual(of=of, body=body):
                yield of, False
                yield body, False
            case Merge(parts=parts):
                for part in parts:
                    yield from ((c, False) for c in part_children(part) if not _is_scalar(self.items[c]))
            case _:
                return

    @cached_property
    def plain(self) -> Mapping[ItemId, ItemId]:
        """For each tensor the one that it always is: itself, or what an operator that does nothing was given."""
        found: dict[ItemId, ItemId] = {}
        for item in self.tensors:
            match self.items[item]:
                case Op(inputs=inputs) if self._does_nothing(item):
                    found[item] = found[inputs[0]]
                case Switch(cases=cases) if len(same := {found[case] for _, case in cases}) == 1:
                    found[item] = same.pop()
                case Loop(steps=steps) if len(same := {found[step] for step in steps}) == 1:
                    found[item] = same.pop()
                case _:
                    found[item] = item
        return found

    def _does_nothing(self, item: ItemId) -> bool:
        op = self.items[item]
        assert isinstance(op, Op)
        if op.row.name not in MAY_DO_NOTHING or TABLE.get(op.row.name) is not op.row:
            return False
        met = self.meetings(item)
        return bool(met) and all(
            does_nothing(*spelled(op.row.name, meeting.attributes, meeting.inputs), meeting.inputs) for meeting in met
        )

    def sources(self, item: ItemId) -> frozenset[ItemId]:
        """The tensors that a tensor is, one or another: inputs, and what operators, bypasses and merges give."""
        found: set[ItemId] = set()
        pending, seen = [item], {item}
        while pending:
            each = self.plain[pending.pop()]
            match self.items[each]:
                case Switch(cases=cases):
                    below: tuple[ItemId, ...] = tuple(case for _, case in cases)
                case Loop(steps=steps):
                    below = steps
                case Guard(body=body):
                    below = (body,)
                case _:
                    below = ()
                    found.add(each)
            fresh = set(below) - seen
            seen |= fresh
            pending.extend(fresh)
        return frozenset(found)

    # ---- choices

    @cached_property
    def draws(self) -> Mapping[ChoiceId, ItemId]:
        """The item that draws each choice of the network that some architecture draws."""
        return {
            node.choice: item
            for item in self.reachable
            if isinstance(node := self.items[item], Draw) and node.choice in self.shape_analysis.drawn
        }

    def values(self, choice: ChoiceId) -> tuple[Value, ...]:
        """The values to choose from; none where they are not counted."""
        match self.graph.choices[choice].domain:
            case Categorical(values=values):
                return values
            case _:
                return ()


def _is_scalar(node: Item) -> bool:
    return isinstance(node, Const | Draw | Apply | If | Dim)

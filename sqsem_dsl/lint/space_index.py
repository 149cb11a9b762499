"""The facts that the proof over all assignments has for each item of a space: inputs, results, readers of its values.

The proof may include cases that a rule cuts later. So a fact here has the form "in every architecture": it holds for
all recorded cases, and there is at least one. Nothing is known of a space whose proof reached its limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sqsem_dsl.analysis.observations import Meeting, Met
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.ir.children import children, part_children
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
    Tally,
)
from sqsem_dsl.ir.input_shapes import input_shapes
from sqsem_dsl.ir.settings import setting_items
from sqsem_dsl.network.normalize import MAY_DO_NOTHING, does_nothing, spelled
from sqsem_dsl.operators import TABLE, Shape, Value

if TYPE_CHECKING:
    from sqsem_dsl.diagram.costing import Costed

MAX_COSTED = (1_500, 25_000)
"""The limit of frontier states and diagram edges for computing costs: usually a second."""
OUTPUT = -1
"""Represents an output of the space among the readers of a tensor."""


class SpaceIndex:
    """The facts of one space. Its graph has no faults, and its `shape_analysis` has a diagram."""

    def __init__(
        self, name: str, graph: Graph, shape_analysis: ShapeAnalysis, rule_spans: Mapping[ItemId, Span]
    ) -> None:
        self.name, self.graph, self.shape_analysis, self.rule_spans = name, graph, shape_analysis, rule_spans
        self.items = graph.items
        self._met = Met(graph.items, shape_analysis.applied)

    # ---- recorded cases

    def meetings(self, item: ItemId) -> tuple[Meeting, ...]:
        """The recorded inputs of an operator; empty if no architecture reaches it."""
        return self._met.of_operator(item)

    def bypassed(self, item: ItemId) -> frozenset[tuple[Shape, Shape]]:
        """The recorded shapes before and after the body of a bypass, for any mode."""
        return self._met.of_bypass(item)

    @cached_property
    def shapes(self) -> Mapping[ItemId, frozenset[Shape]]:
        """The shapes that each tensor has in some architecture. May contain more."""
        found: dict[ItemId, frozenset[Shape]] = {}
        nothing: frozenset[Shape] = frozenset()
        for item in self.tensors:
            match self.items[item]:
                case Input() as source:
                    found[item] = frozenset(input_shapes(self.graph, source))
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
        """The number of assignments."""
        assert self.shape_analysis.diagram is not None
        return self.shape_analysis.diagram.count

    @cached_property
    def costed(self) -> Costed | None:
        """The costs of all networks; None if they would take too long to compute."""
        from sqsem_dsl.diagram.costing import costs

        depth = any(name == "weighted_layers" for budget in self.graph.budgets for name, _ in budget.terms)
        found = costs(self.graph, depth, MAX_COSTED)
        return found if found.diagram is not None else None

    # ---- readers

    @cached_property
    def reachable(self) -> frozenset[ItemId]:
        """The items that an output, a rule or a setting of `train` may reach."""
        return self.reached()

    @cached_property
    def tensors(self) -> tuple[ItemId, ...]:
        """The tensors among them, inputs before their readers."""
        return tuple(item for item in sorted(self.reachable) if not _is_scalar(self.items[item]))

    def reached(self, without: Mapping[ItemId, frozenset[Value]] | None = None) -> frozenset[ItemId]:
        """The same without some cases of some switches."""
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
        """The scalars that a rule or a setting of `train` reads: a choice among them matters beyond the network."""
        rules = [rule for item in self.tensors if isinstance(node := self.items[item], Guard) for rule in node.rules]
        return self.named(
            *rules, *self.graph.rules, *(item for _, value in self.graph.train for item in setting_items(value))
        )

    def named(self, *scalars: ItemId) -> frozenset[ItemId]:
        """These scalars and all scalars that they read, including through tensor sizes."""
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
        """For each scalar, the items that read it, except rules."""
        found: dict[ItemId, dict[ItemId, None]] = {}
        for item in sorted(self.reachable):
            for child in children(self.items[item]):
                if _is_scalar(self.items[child]):
                    found.setdefault(child, {})[item] = None
        return {item: tuple(several) for item, several in found.items()}

    @cached_property
    def readers(self) -> Mapping[ItemId, tuple[ItemId, ...]]:
        """For each tensor, the items that read its values: operators, bypasses and merges, and `OUTPUT`. Items that
        only pass a tensor on, such as a slot that is left out, are followed."""
        found: dict[ItemId, dict[ItemId, None]] = {item: {} for item in self.tensors}
        for _, output in self.graph.outputs:
            found[output][OUTPUT] = None
        for item in reversed(self.tensors):
            for child, passed in self.values_of(item):
                found[child].update(found[item] if passed else {item: None})
        return {item: tuple(several) for item, several in found.items()}

    def values_of(self, item: ItemId) -> Iterator[tuple[ItemId, bool]]:
        """The tensors whose values an item reads, each with whether it passes them on unchanged."""
        match self.items[item]:
            case Op(row=row, inputs=inputs):
                if row.name != "zero":
                    read = inputs[:1] if row.name == "broadcast_like" else inputs
                    yield from ((child, self.plain[item] == self.plain[child]) for child in read)
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
        """For each tensor, the tensor that it always equals: itself, or the input of an operator that does nothing."""
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
        """The possible sources of a tensor: inputs, and results of operators, bypasses and merges."""
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
        """The item that draws each choice of the network that is active in some architecture."""
        return {
            node.choice: item
            for item in self.reachable
            if isinstance(node := self.items[item], Draw) and node.choice in self.shape_analysis.active
        }

    def values(self, choice: ChoiceId) -> tuple[Value, ...]:
        """The possible values; none if they are not enumerated."""
        match self.graph.choices[choice].domain:
            case Categorical(values=values):
                return values
            case _:
                return ()


def _is_scalar(node: Item) -> bool:
    return isinstance(node, Const | Draw | Apply | If | Dim | Tally)

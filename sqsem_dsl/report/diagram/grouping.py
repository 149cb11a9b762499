"""The operators that are rendered as one box: those of a block call in which only values are searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqsem_dsl.ir.children import children, part_children
from sqsem_dsl.ir.context import MAX_TRIED_STEPS, Context, possible
from sqsem_dsl.ir.graph import (
    Const,
    Dim,
    Draw,
    Graph,
    Guard,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Residual,
    SubsetArg,
    Switch,
)
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.region import Region
from sqsem_dsl.utils.effort import Effort


@dataclass(frozen=True, slots=True)
class Call:
    """A block call: its name, and its items, the last of which is its result."""

    label: str
    items: tuple[ItemId, ...]
    searched: bool
    """Whether it contains searched structures."""


class Network:
    """A graph of tensors in which the items of a call are one node, named by the last of them.

    If `coarse`, block calls are one node even if structures are searched in them.
    """

    def __init__(self, graph: Graph, coarse: bool = False) -> None:
        self.graph, self.items, self.coarse = graph, graph.items, coarse
        self.calls: dict[ItemId, Call] = {}
        self.selections: set[ItemId] = set()
        """The items that select what a repeat carries after 2, 3 or more iterations, if the tensors of one iteration do
        not all follow from that one tensor of the iteration before."""
        self.outputs = tuple((name, self.behind(item)) for name, item in graph.outputs)
        self.drawn = self._reach()
        """The tensors that a network may compute, in order; others are read for their extents alone."""
        self._readers = self._find_readers()
        for call in self._found(graph.region):
            self.calls[call.items[-1]] = call
        self.above = self._dominators()

    def behind(self, item: ItemId) -> ItemId:
        """The tensor that represents an item."""
        while isinstance(node := self.items[item], Guard):
            item = node.body
        return item

    def reads(self, item: ItemId) -> tuple[ItemId, ...]:
        """The inputs of a tensor, each once, in order."""
        call = self.calls.get(item)
        if call is None:
            return self._own_reads(item)
        inside = set(call.items)
        found = dict.fromkeys(read for member in call.items for read in self._own_reads(member) if read not in inside)
        return tuple(found)

    def _own_reads(self, item: ItemId) -> tuple[ItemId, ...]:
        several: Sequence[ItemId] = ()
        match self.items[item]:
            case Op(inputs=inputs):
                several = inputs
            case Switch(cases=cases):
                several = [case for _, case in cases]
            case Loop(steps=steps):
                several = [steps[k] for k in self.counts(item)] if item in self.selections else steps
            case Residual(of=of, body=body):
                several = (of, body)
            case Merge(parts=parts):
                several = [n for p in parts for n in (part_children(p)[1:] if _tested(p) else part_children(p))]
            case _:
                pass
        return tuple(dict.fromkeys(map(self.behind, several)))

    def counts(self, item: ItemId) -> tuple[int, ...]:
        """The numbers of iterations after which a repeat may end, or what it carries."""
        match self.items[item]:
            case Loop(steps=steps, count=count):
                effort = Effort(MAX_TRIED_STEPS)
                known = possible(self.items, self.graph.choices, count, Context(), effort) or range(len(steps))
            case Switch(cases=cases):
                known = tuple(value for value, _ in cases)
            case node:
                raise AssertionError(f"{node} is not a repeat")
        return tuple(sorted(value for value in known if isinstance(value, int)))

    def _reach(self) -> list[ItemId]:
        seen: set[ItemId] = set()
        pending = [item for _, item in self.outputs]
        while pending:
            item = pending.pop()
            if item not in seen:
                seen.add(item)
                pending.extend(self._own_reads(item))
        return sorted(seen)

    def _find_readers(self) -> Mapping[ItemId, set[ItemId]]:
        readers: dict[ItemId, set[ItemId]] = {item: set() for item in self.drawn}
        for item in self.drawn:
            for read in self._own_reads(item):
                readers[read].add(item)
        for _, item in self.outputs:
            readers[item].add(-1)
        return readers

    # ---- calls

    def _found(self, region: Region, opened: frozenset[Path] = frozenset()) -> Iterator[Call]:
        """The calls in a region. If one use of a block is not rendered as one box, no other use under its path is,
        beside it or within it, so that they look alike. `opened` are the paths of the enclosing ones."""
        alike: dict[Path, list[Region]] = {}
        for each in region.regions:
            if self._is_block(each) and each.path not in opened:
                alike.setdefault(each.path, []).append(each)
            else:
                yield from self._found(each, opened)
        for several in alike.values():
            calls = [self._call(each) for each in several]
            if None not in calls:
                yield from (call for call in calls if call is not None)
                continue
            for each in several:
                yield from self._found(each, opened | {each.path} if each.kind == "call" else opened)

    def _is_block(self, region: Region) -> bool:
        """Whether a region may be rendered as one box: a use of a block, or a slot with its own layers, represented by
        its name."""
        if region.kind == "slot":
            return any(isinstance(self.items[item], Op | Residual | Merge) for item in region.items)
        return region.kind == "call"

    def _call(self, region: Region) -> Call | None:
        """A region as a call; None if structures are searched in it, or if its inner tensors are read from outside."""
        inside = sorted(set(region.all_items()) & self._readers.keys())
        searched = any(self._searched(item) for item in inside)
        if len(inside) < 2 or (searched and not self.coarse):
            return None
        members = set(inside)
        if any(self._readers[item] - members for item in inside[:-1]):
            return None
        return Call(region.name, tuple(inside), searched)

    def _searched(self, item: ItemId) -> bool:
        """Whether an item is a structure that differs between architectures."""
        match self.items[item]:
            case Switch(test=test):
                return self._draws(test)
            case Loop():
                return True
            case Residual(mode=mode):
                return not isinstance(self.items[mode], Const)
            case Merge():
                return True
            case _:
                return False

    def _draws(self, scalar: ItemId) -> bool:
        """Whether a scalar reads a choice, not only sizes."""
        node = self.items[scalar]
        return isinstance(node, Draw) or (not isinstance(node, Dim) and any(map(self._draws, children(node))))

    # ---- dominators

    def _dominators(self) -> Mapping[ItemId, ItemId]:
        """The immediate dominator of each tensor, the nearest one on all paths to it; -1 if there is none. Items
        are in topological order. Source: K. D. Cooper, T. J. Harvey, K. Kennedy, "A Simple, Fast Dominance
        Algorithm", 2001."""
        inner = {member for call in self.calls.values() for member in call.items[:-1]}
        above: dict[ItemId, ItemId] = {}
        for item in self.drawn:
            if item not in inner:
                if item not in self.calls and self._selects(item, above):
                    self.selections.add(item)
                reads = self._from_above(item)
                nearest = reads[0] if reads else -1
                for other in reads[1:]:
                    nearest = common(above, nearest, other)
                above[item] = nearest
        return above

    def _selects(self, item: ItemId, above: Mapping[ItemId, ItemId]) -> bool:
        """Whether an item is what a repeat carries, and one of its steps has other inputs than the step before it."""
        match self.items[item]:
            case Switch(of=None, cases=((int() as first, _), *_)):
                return not isinstance(first, bool)
            case Loop(steps=steps):
                chain = [self.behind(step) for step in steps]
                return any(common(above, before, after) != before for before, after in pairwise(chain))
            case _:
                return False

    def _from_above(self, item: ItemId) -> tuple[ItemId, ...]:
        """The sources of a tensor: for a structure, its input tensor if that is read, without the inputs that its cases
        read besides."""
        node = self.items[item]
        of = node.of if isinstance(node, Switch | Residual) else node.steps[0] if isinstance(node, Loop) else None
        if item in self.calls or item in self.selections or of is None or not self.leads(self.behind(of), item):
            return self.reads(item)
        return (self.behind(of),)

    def leads(self, one: ItemId, other: ItemId) -> bool:
        """Whether a tensor is on the way to another, or is it."""
        seen, pending = {other}, [other]
        while pending:
            item = pending.pop()
            if item == one:
                return True
            fresh = {read for read in self.reads(item) if read >= one} - seen
            seen |= fresh
            pending.extend(fresh)
        return False


def common(above: Mapping[ItemId, ItemId], one: ItemId, other: ItemId) -> ItemId:
    """The nearest common dominator of two tensors."""
    while one != other:
        if one > other:
            one = above[one]
        else:
            other = above[other]
    return one


def _tested(part: object) -> bool:
    return isinstance(part, OptionalArg | SubsetArg)

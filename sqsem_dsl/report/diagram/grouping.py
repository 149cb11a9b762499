"""Which operators are drawn as one box: those of a call of a block that holds nothing searched but values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.ir.graph import (
    Const,
    Dim,
    Draw,
    Graph,
    Guard,
    Input,
    ItemId,
    Loop,
    Merge,
    Op,
    OptionalArg,
    Residual,
    SubsetArg,
    Switch,
    children,
    part_children,
)
from sqsem_dsl.report.diagram.names import structure_names, structure_places

Named = Sequence[tuple[ItemId, tuple[str, ...]]]
"""Items with the parts of their names."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a block: its name, and its items, of which the last is what it gives."""

    label: str
    items: tuple[ItemId, ...]
    searched: bool
    """Whether there are structures in it that are searched."""


class Network:
    """A graph of tensors in which the items of a call are one: it is named by the last of them.

    Where `coarse`, calls of blocks are one whatever is searched in them.
    """

    def __init__(self, graph: Graph, coarse: bool = False) -> None:
        self.graph, self.items, self.coarse = graph, graph.items, coarse
        self.calls: dict[ItemId, Call] = {}
        self.outputs = tuple((name, self.behind(item)) for name, item in graph.outputs)
        self._home = structure_places(graph.choices)
        self._reachable = self._reach()
        self._readers = self._find_readers()
        for call in self._found():
            self.calls[call.items[-1]] = call
        self.above = self._dominators()

    def behind(self, item: ItemId) -> ItemId:
        """The tensor that an item stands for."""
        while isinstance(node := self.items[item], Guard):
            item = node.body
        return item

    def reads(self, item: ItemId) -> tuple[ItemId, ...]:
        """The tensors that one needs, each once, in order."""
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
                several = steps
            case Residual(of=of, body=body):
                several = (of, body)
            case Merge(parts=parts):
                several = [n for p in parts for n in (part_children(p)[1:] if _tested(p) else part_children(p))]
            case _:
                pass
        return tuple(dict.fromkeys(map(self.behind, several)))

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
        readers: dict[ItemId, set[ItemId]] = {item: set() for item in self._reachable}
        for item in self._reachable:
            for read in self._own_reads(item):
                readers[read].add(item)
        for _, item in self.outputs:
            readers[item].add(-1)
        return readers

    # ---- calls

    def _found(self) -> Iterator[Call]:
        named = [(item, self._trail(item)) for item in self._reachable if self._trail(item)]
        return self._split(named, 0, structure_names(self.graph.choices))

    def _trail(self, item: ItemId) -> tuple[str, ...]:
        node = self.items[item]
        return node.at.names if isinstance(node, Op | Residual | Merge) else ()

    def _split(self, named: Named, depth: int, structures: Mapping[tuple[str, ...], str]) -> Iterator[Call]:
        """The calls among items, whose names agree in what is before `depth`. Where one call of a block is not drawn as
        one, no other of the same name is: what looks like one may be a part of it."""
        runs: dict[tuple[str, ...], list[Named]] = {}
        for run in self._runs(named, depth):
            runs.setdefault(run[0][1][: depth + 1], []).append(run)
        for prefix, alike in runs.items():
            several = [run for run in alike if len(run[0][1]) > depth + 1]
            calls = [self._called(run, depth, structures.get(prefix)) for run in several]
            if None not in calls:
                yield from (call for call in calls if call is not None)
                continue
            for run in several:
                yield from self._same_name(run, depth, structures.get(prefix))
                yield from self._split(run, depth + 1, structures)

    def _called(self, run: Named, depth: int, kind: str | None) -> Call | None:
        """Items as one call, where their name at a depth is that of a block."""
        name, following = run[0][1][depth], run[0][1][depth + 1]
        direct = any(len(trail) == depth + 2 for _, trail in run)
        if name.isdigit() or following.isdigit() or not (kind is None or (kind == "slot" and direct and len(run) > 1)):
            return None
        return self._call(name, [item for item, _ in run])

    def _runs(self, named: Named, depth: int) -> Iterator[Named]:
        """Items that follow each other with the same name at a depth. A block that is called twice in a row begins
        anew where what came first in it comes again."""
        run: list[tuple[ItemId, tuple[str, ...]]] = []
        for item, trail in named:
            if len(trail) <= depth:
                continue
            if run and (trail[: depth + 1] != run[0][1][: depth + 1] or self._again(run[0], (item, trail))):
                yield run
                run = []
            run.append((item, trail))
        if run:
            yield run

    def _again(self, first: tuple[ItemId, tuple[str, ...]], this: tuple[ItemId, tuple[str, ...]]) -> bool:
        (one, trail), (other, again) = first, this
        here, there = self.items[one], self.items[other]
        return isinstance(here, Op) and isinstance(there, Op) and here.span == there.span and trail == again

    def _same_name(self, run: Named, depth: int, kind: str | None) -> Iterator[Call]:
        """Calls in a slot or an alternative of blocks with its own name, which stands in names once. Their operators
        are written elsewhere."""
        if kind not in ("slot", "alternative"):
            return
        direct: list[ItemId] = []
        for item, trail in [*run, (-1, ())]:
            node = self.items[item] if item >= 0 else None
            if len(trail) == depth + 2 and isinstance(node, Op):
                here, home = node.span, self._home.get(trail[: depth + 1])
                if home is not None and (here.source != home.source or here.start < home.start):
                    direct.append(item)
                    continue
            if len(direct) > 1 and (call := self._call(run[0][1][depth], direct)) is not None:
                yield call
            direct = []

    def _call(self, label: str, several: Sequence[ItemId]) -> Call | None:
        """The items between the first and the last, as a call; None where structures are searched in it, or where
        what is inside is read from outside."""
        first, last = several[0], max(several[-1], *(self._after(item, several) for item in several))
        inside = [item for item in self._reachable if first <= item <= last]
        searched = any(self._searched(item) for item in inside)
        if searched and not self.coarse:
            return None
        if len(inside) < 2 or any(isinstance(self.items[item], Input) for item in inside):
            return None
        members = set(inside)
        if any(self._readers[item] - members for item in inside[:-1]):
            return None
        return Call(label, tuple(inside), searched)

    def _after(self, item: ItemId, several: Sequence[ItemId]) -> ItemId:
        """A structure without a name that comes right after the items that it selects from."""
        members = set(several)
        after = [
            reader
            for reader in self._readers[item]
            if reader > several[-1]
            and isinstance(self.items[reader], Switch | Loop)
            and set(self._own_reads(reader)) <= members | set(self._own_reads(several[0]))
        ]
        return min(after, default=item) if self.coarse else item

    def _searched(self, item: ItemId) -> bool:
        """Whether an item is a structure that differs from architecture to architecture."""
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
        """Whether a scalar reads a choice, and not sizes alone."""
        node = self.items[scalar]
        return isinstance(node, Draw) or (not isinstance(node, Dim) and any(map(self._draws, children(node))))

    # ---- dominators

    def _dominators(self) -> Mapping[ItemId, ItemId]:
        """For each tensor the nearest one through which all goes that leads to it; -1 where there is none. Items are
        in topological order. Source: K. D. Cooper, T. J. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm",
        2001."""
        inner = {member for call in self.calls.values() for member in call.items[:-1]}
        above: dict[ItemId, ItemId] = {}
        for item in self._reachable:
            if item not in inner:
                reads = self._from_above(item)
                nearest = reads[0] if reads else -1
                for other in reads[1:]:
                    nearest = common(above, nearest, other)
                above[item] = nearest
        return above

    def _from_above(self, item: ItemId) -> tuple[ItemId, ...]:
        """What a tensor comes from: of a structure what flows into it, where that is read, and not the inputs that its
        cases read beside it."""
        node = self.items[item]
        of = node.of if isinstance(node, Switch | Residual) else node.steps[0] if isinstance(node, Loop) else None
        if item in self.calls or of is None or not self.leads(self.behind(of), item):
            return self.reads(item)
        return (self.behind(of),)

    def leads(self, one: ItemId, other: ItemId) -> bool:
        """Whether a tensor is read on the way to another, or is it."""
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
    """The nearest tensor through which all goes that leads to either of two."""
    while one != other:
        if one > other:
            one = above[one]
        else:
            other = above[other]
    return one


def _tested(part: object) -> bool:
    return isinstance(part, OptionalArg | SubsetArg)

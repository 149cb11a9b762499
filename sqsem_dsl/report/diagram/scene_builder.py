"""Builds the contents of a space's diagram: its graph, read upwards from the outputs, as lanes within lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.graph import (
    Const,
    Declared,
    Draw,
    FixedArg,
    Input,
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
from sqsem_dsl.report.diagram.alike import apart, gathered
from sqsem_dsl.report.diagram.boxes import condition_label, glued, input_box, operator_label, shortened
from sqsem_dsl.report.diagram.grouping import Call, Network, common
from sqsem_dsl.report.diagram.places import placed
from sqsem_dsl.report.diagram.scene import (
    Alternative,
    Alternatives,
    Box,
    Bypass,
    Element,
    Join,
    Ladder,
    Lane,
    Part,
    Reference,
    Repeat,
    Scene,
    Slot,
    Step,
    size,
)
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.recursion import with_recursion_limit

ROOT = -1
MAX_BOXES = 160
"""The number of boxes above which blocks are rendered as one box, even if structures are searched in them."""
MAX_ITEMS = 4_000


class _Shared(Exception):
    """A tensor is read in two lanes neither of which contains the other."""

    def __init__(self, item: ItemId) -> None:
        super().__init__(item)
        self.item = item


@with_recursion_limit
def compose(space: Space) -> Scene:
    """The whole space, from its inputs to its outputs."""
    scene = Scene(Lane(()))
    for coarse in (False, True) if len(space.graph.items) <= MAX_ITEMS else (True,):
        network = Network(space.graph, coarse)
        lane = _Composer(network).whole()
        for always in (False, True):
            scene = apart(gathered(lane, always))
            if size(scene) <= MAX_BOXES:
                return placed(space, scene, network)
    return placed(space, scene, network)


class _Composer:
    def __init__(self, network: Network) -> None:
        self.network, self.graph, self.items = network, network.graph, network.items
        self.visited: set[ItemId] = set()
        self.strict = True
        """Whether a tensor that two lanes read raises an error."""

    def whole(self) -> Lane:
        try:
            return self._whole()
        except _Shared:
            self.visited, self.strict = set(), False
            return self._whole()

    def _whole(self) -> Lane:
        ends = [(item, Box("output", name)) for name, item in self.network.outputs]
        if len(ends) == 1:
            ((item, box),) = ends
            return Lane((*self.lane(item, ROOT).elements, box))
        top = ends[0][0]
        for item, _ in ends[1:]:
            top = common(self.network.above, top, item)
        parts = [Part(Lane((*self.lane(item, top).elements, box))) for item, box in ends]
        return Lane((*self.lane(top, ROOT).elements, Join(tuple(parts), None)))

    # ---- lanes

    def lane(self, item: ItemId, top: ItemId) -> Lane:
        """The items between two tensors, where every path from the first leads through the second."""
        found: list[Element] = []
        current = self.network.behind(item)
        top = self.network.behind(top) if top != ROOT else ROOT
        while current not in (top, ROOT):
            known = current in self.visited or (current < top and self.network.leads(current, top))
            if known and not isinstance(self.items[current], Input):
                if self.strict:
                    raise _Shared(current)
                found.append(Reference(self.label(current)))
                break
            self.visited.add(current)
            if not self.does_nothing(current):
                found.append(self.element(current, top))
            current = self.network.above[current]
        return Lane(glued(tuple(reversed(found))))

    def element(self, item: ItemId, above: ItemId) -> Element:
        """The element of a tensor, in a lane below the tensor `above`."""
        top = max(self.network.above[item], above)
        if (call := self.network.calls.get(item)) is not None:
            return self.joined(item, top, _called(call))
        if item in self.network.selections:
            return self.selected(item, top)
        node = self.items[item]
        match node:
            case Input() as source:
                return input_box(self.graph, item, source)
            case Op():
                kind = "join" if len(self.network.reads(item)) > 1 else "layer"
                return self.joined(item, top, Box(kind, operator_label(self.graph, item), "", (item,)))  # type: ignore[arg-type]
            case Merge(parts=parts, how=how):
                return self.merge(item, top, parts, how, node.at.name)
            case Switch(test=test, cases=cases):
                return self.switch(test, cases, top)
            case Loop(steps=steps, count=count):
                return self.loop(item, steps, count)
            case Residual(of=of, mode=mode, body=body):
                return Bypass(self.path(mode), item, self.lane(body, of))
            case _:
                raise AssertionError(f"{node} is not a tensor")

    def does_nothing(self, item: ItemId) -> bool:
        """Whether an operator is a layer in no network: a dropout with rate 0."""
        node = self.items[item]
        if not isinstance(node, Op) or node.row.name not in ("dropout", "spatial_dropout", "drop_path"):
            return False
        rate = self.items[dict(node.attributes)["rate"]] if "rate" in dict(node.attributes) else None
        return isinstance(rate, Const) and rate.value == 0

    def choice(self, scalar: ItemId) -> Declared | None:
        """The choice that a scalar is, if it is one."""
        node = self.items[scalar]
        return self.graph.choices[node.choice] if isinstance(node, Draw) else None

    def path(self, scalar: ItemId) -> Path | None:
        choice = self.choice(scalar)
        return None if choice is None else choice.at

    def label(self, item: ItemId) -> str:
        node = self.items[item]
        if (call := self.network.calls.get(item)) is not None:
            return call.label
        return operator_label(self.graph, item) or (node.name if isinstance(node, Input) else "…")

    # ---- structures

    def switch(self, test: ItemId, cases: Sequence[tuple[object, ItemId]], top: ItemId) -> Element:
        choice, path = self.choice(test), self.path(test)
        if choice is not None and choice.kind == "slot":
            return Slot(choice.at, self.lane(dict(cases)[True], top))
        label = path.leaf if path is not None else f"if {condition_label(self.graph, test)}"
        return Alternatives(
            path,
            test,
            label,
            tuple(Alternative(option, show(option), self.lane(body, top)) for option, body in cases),  # type: ignore[arg-type]
        )

    def loop(self, item: ItemId, steps: Sequence[ItemId], count: ItemId) -> Element:
        counts = self.network.counts(item)
        lanes = tuple(self.lane(after, before) for before, after in pairwise(steps))
        path = self.path(count)
        return Repeat(path, count, path.leaf if path else "repeat", counts, lanes)

    def selected(self, item: ItemId, top: ItemId) -> Element:
        """What a repeat with several tensors carries, unrolled: a ladder of all its tensors, and where it ends."""
        seen = frozenset(each for each in self.visited if each != item and not isinstance(self.items[each], Input))
        shared = seen.intersection(self.rungs(item, top))
        if shared and self.strict:
            raise _Shared(min(shared))
        return self.ladder(item, top, self.ends(item), seen)

    def ends(self, item: ItemId) -> Element:
        """The numbers of iterations after which a repeat may end, with the name of the tensor that it then gives."""
        node = self.items[item]
        assert isinstance(node, Switch | Loop)
        count = node.test if isinstance(node, Switch) else node.count
        path = self.path(count)
        ends = tuple(Alternative(k, f"after {k}", Lane(())) for k in self.network.counts(item))
        whole = str(path.last(2)) if path else "repeat"  # its neighbors may have the same name
        return Alternatives(path, count, f"{node.carried} of {whole}" if node.carried else whole, ends)

    def joined(self, item: ItemId, top: ItemId, box: Box) -> Element:
        """A box of one tensor, or of several side by side."""
        reads = self.network.reads(item)
        if len(reads) < 2:
            return box
        return self.side_by_side(item, top, [(read, Part(Lane(()))) for read in reads], box, None)

    def merge(self, item: ItemId, top: ItemId, parts: Iterable[object], how: ItemId, name: str) -> Element:
        found: list[tuple[ItemId, Part]] = []
        for part in parts:
            match part:
                case FixedArg(node=node):
                    found.append((node, Part(Lane(()))))
                case OptionalArg(test=test, node=node):
                    path = self.path(test)
                    label = path.leaf if path else f"if {condition_label(self.graph, test)}"
                    found.append((node, Part(Lane(()), path, True, label, None if path else test)))
                case SubsetArg(chosen=chosen, alternatives=alternatives):
                    path = self.path(chosen)
                    found.extend((node, Part(Lane(()), path, option, option)) for option, node in alternatives)
        fixed = self.items[how]
        label = str(fixed.value) if isinstance(fixed, Const) else name
        return self.side_by_side(item, top, found, Box("join", label, "", (item,)), self.path(how))

    def side_by_side(
        self,
        item: ItemId,
        top: ItemId,
        parts: Sequence[tuple[ItemId, Part]],
        box: Box,
        how: Path | None,
    ) -> Element:
        """Joined parts. If lanes share a tensor, all of them are a ladder."""
        before = set(self.visited)
        try:
            return Join(tuple(replace(part, body=self.lane(node, top)) for node, part in parts), box, how)
        except _Shared as shared:
            if top == ROOT or shared.item in before or not all(part.always for _, part in parts) or how is not None:
                raise
            self.visited = before
            return self.ladder(item, top, box)

    def rungs(self, item: ItemId, top: ItemId) -> list[ItemId]:
        """All tensors between two that are not in a structure, in order."""
        wanted, pending = {item}, [item]
        while pending:
            for read in self._outer_reads(pending.pop(), item):
                if read not in wanted and not (read <= top and self.network.leads(read, top)):
                    wanted.add(read)
                    pending.append(read)
        return sorted(wanted)

    def ladder(self, item: ItemId, top: ItemId, box: Element, seen: frozenset[ItemId] = frozenset()) -> Element:
        """All tensors between two, one below the other; the contents of a structure are rendered in it. Those that are
        `seen` are rendered elsewhere."""
        order = self.rungs(item, top)
        at = {each: index for index, each in enumerate(order)} | {top: -1}
        steps, strict, self.strict = [], self.strict, False
        for each in order:
            self.visited |= {each}
            reads = tuple(at[read] for read in self._outer_reads(each, item) if read in at)
            alone = Reference(self.label(each)) if each in seen else None
            steps.append(Step(box if each == item else alone or self._alone(each), reads))
        self.strict = strict
        return Ladder(shortened(steps))

    def _outer_reads(self, item: ItemId, last: ItemId) -> tuple[ItemId, ...]:
        """The inputs of an element of a ladder: for a structure the tensor that flows into it, for all others (and the
        last one) the tensors that it names."""
        network = self.network
        if item == last or item in network.calls or item in network.selections or isinstance(self.items[item], Op):
            return self.network.reads(item)
        above = self.network.above[item]
        return (above,) if above != ROOT else ()

    def _alone(self, item: ItemId) -> Element:
        if (call := self.network.calls.get(item)) is not None:
            return _called(call)
        if isinstance(self.items[item], Op):
            kind = "join" if len(self.network.reads(item)) > 1 else "layer"
            return Box(kind, operator_label(self.graph, item), "", (item,))  # type: ignore[arg-type]
        if item in self.network.selections:
            return self.ends(item)
        element = self.element(item, ROOT)
        if isinstance(element, Alternatives) and element.path is not None:  # Its neighbors may have the same name.
            return replace(element, label=str(element.path.last(2)))
        return element


def _called(call: Call) -> Box:
    note = "with choices inside" if call.searched else ""
    return Box("block", call.label, note, call.items, searched=call.searched)

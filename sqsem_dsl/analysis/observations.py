"""The inputs and results of operators and bypasses in the proof over all assignments, as the evaluation kept them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from sqsem_dsl.diagram.frontier import Received
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Const, Item, ItemId, Op
from sqsem_dsl.operators import Attributes, Shape, Value, complete
from sqsem_dsl.operators.row import Misfit


class Meeting(NamedTuple):
    """The tensors and arguments of one application of an operator; the arguments are complete."""

    inputs: tuple[Shape, ...]
    attributes: Attributes
    output: Shape


class Met:
    """The observations, by item."""

    def __init__(
        self, items: Sequence[Item], applied: Mapping[ItemId, Mapping[Received, object]], *, faulty: bool = False
    ) -> None:
        """With `faulty`, applications that failed are observed, too; their output is not a shape."""
        self._items, self._faulty = items, faulty
        self._found: dict[ItemId, list[tuple[tuple[object, ...], Shape]]] = {}
        self._meetings: dict[ItemId, tuple[Meeting, ...]] = {}
        for item, results in applied.items():
            made = [
                (values, () if isinstance(r, Fault) else cast("Shape", r))
                for (values, _), r in results.items()
                if faulty or not isinstance(r, Fault)
            ]
            if made:
                self._found[item] = made

    def of_operator(self, item: ItemId) -> tuple[Meeting, ...]:
        """The observed inputs of an operator."""
        known = self._meetings.get(item)
        if known is None:
            op = self._items[item]
            assert isinstance(op, Op)
            met = self._found.get(item, ())
            meetings = (self._meeting(op, values, made) for values, made in met)
            known = self._meetings[item] = tuple(meeting for meeting in meetings if meeting is not None)
        return known

    def _meeting(self, op: Op, values: tuple[object, ...], made: Shape) -> Meeting | None:
        """None for an application that failed because of its arguments."""
        inputs = cast("tuple[Shape, ...]", values[: len(op.inputs)])
        variable = iter(values[len(op.inputs) :])
        attributes: dict[str, Value] = {}
        for name, item in op.attributes:
            node = self._items[item]
            attributes[name] = node.value if isinstance(node, Const) else cast("Value", next(variable))
        try:
            return Meeting(inputs, complete(op.row, inputs, attributes), made)
        except Misfit:
            if self._faulty:
                return None
            raise

    def of_bypass(self, item: ItemId) -> frozenset[tuple[Shape, Shape]]:
        """The shapes before and after the body of a bypass."""
        met = self._found.get(item, ())
        return frozenset((cast("Shape", values[0]), cast("Shape", values[2])) for values, _ in met)

    def made(self, item: ItemId) -> frozenset[Shape]:
        """The shapes that an operator, a bypass or a merge of several produced."""
        return frozenset(made for _, made in self._found.get(item, ()))

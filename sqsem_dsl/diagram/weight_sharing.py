"""Tied blocks during an evaluation: uses that share weights are one layer, with the same shapes and attributes.

The shapes of a set of weights and the attributes of the layer are a slot of the state with its own key. The first use
fills it; the others compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.faults import Fault
from sqsem_dsl.ir.graph import Item, ItemId, Op
from sqsem_dsl.operators import Misfit, complete, count
from sqsem_dsl.operators.row import Attributes, Shape, Value

FIRST_KEY = 10**9
"""Keys of weight slots start here, above those of every item."""
Shapes = tuple[Shape, ...]
Layer = tuple[Shapes, tuple[tuple[str, Value], ...]]
"""The shapes of the weights, and the complete attributes."""


class TiedMisfit(Fault, code="SQS405"):
    """Two uses of a tied block that cannot be one layer: the shapes of its weights differ, or an `attribute` does."""

    operator: str = ""
    here: str = ""
    there: str = ""
    attribute: str | None = None

    @property
    def title(self) -> str:
        if self.attribute is not None:
            values = f"{self.there} in one and {self.here} in another"
            return f"uses of a tied block are one layer, but the {self.attribute} of `{self.operator}` is {values}"
        shapes = f"{self.there} in one and {self.here} in another"
        return f"uses of a tied block share the weights of `{self.operator}`, which are {shapes}"

    @property
    def help(self) -> str:
        if self.attribute is not None:
            return f"give it one {self.attribute}, or make the block `shared` to share only its choices"
        return "bring the tensors to the same channels before the block, or make it `shared` to share only its choices"


class Tied:
    """The sets of weights that several operators of a space use."""

    def __init__(self, items: Sequence[Item], reachable: Iterable[ItemId]) -> None:
        uses: dict[str, list[ItemId]] = {}
        for item in sorted(reachable):
            node = items[item]
            if isinstance(node, Op) and node.weights is not None:
                uses.setdefault(node.weights, []).append(item)
        several = {name: found for name, found in uses.items() if len(found) > 1}
        self._keys = {name: FIRST_KEY + i for i, name in enumerate(several)}
        self.operators = {self._keys[name]: frozenset(found) for name, found in several.items()}
        """The operators that read each slot."""

    def key(self, op: Op) -> int | None:
        """The slot of an operator's weights; None if nothing shares them."""
        return None if op.weights is None else self._keys.get(op.weights)

    @staticmethod
    def layer(op: Op, inputs: tuple[Shape, ...], attributes: Attributes) -> Layer | None:
        """The operator as a layer; None if it has no weights or does not fit."""
        try:
            shapes = tuple(weight.shape for weight in count(op.row, inputs, attributes)[0])
            return (shapes, tuple(complete(op.row, inputs, attributes).items())) if shapes else None
        except Misfit:
            return None

    @staticmethod
    def compare(op: Op, known: Layer, mine: Layer) -> Fault | None:
        if known[0] != mine[0]:
            return TiedMisfit(op.span, None, op.row.name, _show(mine[0]), _show(known[0]))
        for (name, there), (_, here) in zip(known[1], mine[1], strict=True):
            if there != here:
                return TiedMisfit(op.span, None, op.row.name, _plain(here), _plain(there), name)
        return None


def _plain(value: Value) -> str:
    """A value as written: a single `2` for the same number along each axis."""
    return show(value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value)


def _show(shapes: Shapes) -> str:
    return " and ".join(f"[{', '.join(map(str, shape))}]" for shape in shapes)

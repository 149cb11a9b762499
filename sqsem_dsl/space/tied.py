"""Tied blocks during an evaluation: uses that share weights must have weights of the same shapes.

The shapes of a set of weights are a slot of the state under a key of its own; the first use fills it, the others
compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.space.faults import Fault
from sqsem_dsl.space.graph import Item, ItemId, Op
from sqsem_dsl.space.operators import Misfit, count
from sqsem_dsl.space.operators.row import Attributes, Shape

FIRST_KEY = 10**9
"""Slots of weights have keys from here on, above those of every item."""
Shapes = tuple[Shape, ...]


@dataclass(frozen=True)
class TiedMisfit(Fault):
    """Two uses of a tied block whose weights have different shapes."""

    code: ClassVar[str] = "SQS405"
    operator: str = ""
    here: str = ""
    there: str = ""

    @property
    def title(self) -> str:
        shapes = f"{self.there} in one and {self.here} in another"
        return f"uses of a tied block share the weights of `{self.operator}`, which are {shapes}"

    @property
    def help(self) -> str:
        return "bring the tensors to the same channels before the block, or make it `shared` to share its choices alone"


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
        """The slot of an operator's weights; None where nothing shares them."""
        return None if op.weights is None else self._keys.get(op.weights)

    @staticmethod
    def shapes(op: Op, inputs: tuple[Shape, ...], attributes: Attributes) -> Shapes:
        """The shapes of the operator's weights; none where it has none or does not fit."""
        try:
            return tuple(weight.shape for weight in count(op.row, inputs, attributes)[0])
        except Misfit:
            return ()

    @staticmethod
    def compare(op: Op, known: Shapes, mine: Shapes) -> Fault | None:
        if known == mine:
            return None
        return TiedMisfit(op.span, None, op.row.name, _show(mine), _show(known))


def _show(shapes: Shapes) -> str:
    return " and ".join(f"[{', '.join(map(str, shape))}]" for shape in shapes)

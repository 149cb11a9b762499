"""The shapes that an input can have: one, or one for each resolution that choices give an image."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from sqsem_dsl.ir.choices import Categorical, show
from sqsem_dsl.ir.context import LIMIT, Unknown, draws, value_of
from sqsem_dsl.ir.graph import Apply, ChoiceId, Const, Declared, Draw, Graph, If, Input, Item, ItemId
from sqsem_dsl.ir.scalars import Undefined
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.utils.shapes import facts


def extents_of(
    items: Sequence[Item], choices: Sequence[Declared], extents: Sequence[ItemId]
) -> tuple[tuple[Value, ...], ...] | None:
    """The extents for all values of the choices that they read, without repetitions, in the order of the values. An
    extent without a value, such as a division by zero, is None. The result is None if an extent reads the size of a
    tensor or a continuous choice, or if there are more than `LIMIT` combinations of values."""
    wanted: set[ChoiceId] = set()
    try:
        for extent in extents:
            draws(items, extent, wanted)
    except Unknown:
        return None
    read = sorted(wanted)
    domains = [choices[choice].domain for choice in read]
    values = [domain.values for domain in domains if isinstance(domain, Categorical)]
    if len(values) < len(read) or prod(map(len, values)) > LIMIT:
        return None
    found: dict[tuple[Value, ...], None] = {}
    for combination in product(*values):
        assignment, known = dict(zip(read, combination, strict=True)), dict[ItemId, Value]()
        found.setdefault(tuple([_value(items, extent, assignment, known) for extent in extents]))
    return tuple(found)


def _value(
    items: Sequence[Item], extent: ItemId, assignment: dict[ChoiceId, Value], known: dict[ItemId, Value]
) -> Value:
    try:
        return value_of(items, extent, assignment, known)
    except Undefined:
        return None


def input_shapes(graph: Graph, node: Input) -> tuple[Shape, ...]:
    """The shapes of an input, without regard to rules."""
    if not node.extents:
        return (node.shape,)
    known = extents_of(graph.items, graph.choices, node.extents)
    assert known is not None, "the elaboration accepts only extents that are known"
    return tuple(tuple(extent for extent in shape if isinstance(extent, int)) for shape in known)


def resolution_choices(graph: Graph, node: Input) -> tuple[str, ...]:
    """The paths of the choices that give the resolution of an input; none if it is fixed."""
    read: set[ChoiceId] = set()
    for extent in node.extents:
        draws(graph.items, extent, read)
    return tuple(graph.choices[choice].path for choice in sorted(read))


def shown_shape(graph: Graph, node: Input) -> str:
    """The shape of an input; with a chosen resolution as the spec writes it: `[r, r, 3]`, `[image.height, 64, 3]`."""
    extents = [_shown(graph, extent) for extent in node.extents] or map(str, node.shape)
    return f"[{', '.join(extents)}]"


def shown_input(graph: Graph, node: Input) -> str:
    """The same with all facts, and the shape of the samples if it is another one: `[r, r, 3] from [160, 160, 3]`."""
    samples = f" from [{', '.join(map(str, node.shape))}]" if node.extents else ""
    return shown_shape(graph, node) + facts(node.shape) + samples


def _shown(graph: Graph, extent: ItemId) -> str:
    match graph.items[extent]:
        case Draw(choice=choice):
            return graph.choices[choice].path
        case Apply(span=span) | If(span=span):
            return " ".join(span.text.split())
        case Const(value=value):
            return show(value)
        case other:
            raise AssertionError(f"{other} is not an extent")

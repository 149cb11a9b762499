"""Operators as boxes: what a box says, and which layers share one: activations and normalizations with the layer that
they follow."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.graph import Apply, Const, Dim, Draw, Graph, If, Input, ItemId, Merge, Op, Residual
from sqsem_dsl.ir.input_shapes import shown_shape
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.activation import KERAS_NAMES
from sqsem_dsl.report.diagram.scene import Box, Element, Step

_ACTIVATIONS = frozenset({*KERAS_NAMES, "batchnorm", "groupnorm"})


def _is_small(element: Element) -> bool:
    return isinstance(element, Box) and element.kind == "layer" and element.label in _ACTIVATIONS


def glued(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """Puts activations and normalizations in the box of the layer that they follow."""
    found: list[Element] = []
    for element in elements:
        last = found[-1] if found else None
        if isinstance(element, Box) and isinstance(last, Box) and _is_small(element) and last.kind == "layer":
            note = f"{last.note} · {element.label}" if last.note else element.label
            if not _is_small(last):
                found[-1] = Box("layer", last.label, note, (*last.items, *element.items))
                continue
        if isinstance(element, Box) and element.kind == "layer" and isinstance(last, Box) and _is_small(last):
            found[-1] = Box("layer", element.label, f"after {last.label}", (*last.items, *element.items))
            continue
        found.append(element)
    return tuple(found)


def shortened(steps: Sequence[Step]) -> tuple[Step, ...]:
    """A ladder in which an activation is in the box of the only layer that it follows."""
    found: list[Step] = []
    moved: dict[int, int] = {-1: -1}
    for index, step in enumerate(steps):
        reads = tuple(moved[read] for read in step.reads)
        readers = [other for other in steps if index - 1 in other.reads]
        if found and reads == (len(found) - 1,) and len(readers) == 1:
            joined = glued((found[-1].element, step.element))
            if len(joined) == 1:
                found[-1] = Step(joined[0], found[-1].reads)
                moved[index] = len(found) - 1
                continue
        found.append(Step(step.element, reads))
        moved[index] = len(found) - 1
    return tuple(found)


def input_box(graph: Graph, item: ItemId, node: Input) -> Box:
    """The box of an input, with its shape."""
    return Box("input", node.name, shown_shape(graph, node), (item,))


def operator_label(graph: Graph, item: ItemId) -> str:
    """The label of an operator in a box: `conv 3×3 /2`, `dense 10`; searched arguments are left out."""
    node = graph.items[item]
    if not isinstance(node, Op):
        return node.name if isinstance(node, Residual | Merge) else ""
    fixed = {name: value.value for name, at in node.attributes if isinstance(value := graph.items[at], Const)}
    label = node.row.name if node.row.name in TABLE else node.row.name.rsplit(":", 1)[-1]
    if node.row.name == "activation":
        return str(fixed.get("name", label))
    if "kernel" in fixed:
        kernel = fixed["kernel"]
        label += f" {'×'.join(map(str, kernel)) if isinstance(kernel, tuple) else f'{kernel}×{kernel}'}"
    for name in ("size", "units", "width", "factor"):
        if isinstance(fixed.get(name), int):
            label += f" {fixed[name]}"
    stride = fixed.get("stride", 1)
    if isinstance(stride, int) and stride != 1:
        label += f" /{stride}"
    return label


def condition_label(graph: Graph, test: ItemId) -> str:
    """A condition as it is written; the conditions of an `if` with an `else if` are joined by `or`."""
    node = graph.items[test]
    match node:
        case Draw(choice=choice):
            return graph.choices[choice].at.leaf
        case If(test=first, then=then, other=other) if graph.items[then] == Const(True):
            return f"{condition_label(graph, first)} or {condition_label(graph, other)}"
        case Apply(span=span) | If(span=span) | Dim(span=span):
            return span.text
        case _:
            return ""

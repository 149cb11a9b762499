"""The label of an operator in a box."""

from __future__ import annotations

from sqsem_dsl.ir.graph import Const, Graph, ItemId, Merge, Op, Residual
from sqsem_dsl.operators import TABLE


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

"""What the names of layers say: which of their parts stem from structures, and how an operator is written in a box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.graph import Const, Declared, Graph, ItemId, Merge, Op, Residual
from sqsem_dsl.operators import TABLE


def structure_names(choices: Sequence[Declared]) -> Mapping[tuple[str, ...], str]:
    """What the parts of names that stem from structures are."""
    found: dict[tuple[str, ...], str] = {}
    for choice in choices:
        trail = choice.at.names
        match choice.kind:
            case "slot":
                found[trail] = "slot"
            case "optional" | "repeat":
                found[trail] = choice.kind
            case "choose" | "pick":
                found[trail] = "choose"
                for value in getattr(choice.domain, "values", ()):
                    for name in value if isinstance(value, tuple) else (value,):
                        found[*trail, str(name)] = "alternative"
            case _:
                pass
        for index, name in enumerate(trail):
            if name.isdigit():
                found.setdefault(trail[:index], "repeat")
    return found


def structure_places(choices: Sequence[Declared]) -> Mapping[tuple[str, ...], Span]:
    """Where the structures are written that names stem from."""
    found: dict[tuple[str, ...], Span] = {}
    for choice in choices:
        trail = choice.at.names
        if choice.kind == "slot":
            found[trail] = choice.span
        elif choice.kind == "choose":
            found.update(((*trail, str(value)), choice.span) for value in getattr(choice.domain, "values", ()))
    return found


def operator_label(graph: Graph, item: ItemId) -> str:
    """An operator as it is written in a box: `conv 3×3 /2`, `dense 10`; what is searched is left out."""
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
    for name in ("size", "units", "factor"):
        if isinstance(fixed.get(name), int):
            label += f" {fixed[name]}"
    stride = fixed.get("stride", 1)
    if isinstance(stride, int) and stride != 1:
        label += f" /{stride}"
    return label

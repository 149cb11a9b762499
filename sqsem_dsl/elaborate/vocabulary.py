"""The words that have a meaning without a text that binds them, and how operators and functions are called."""

from __future__ import annotations

from functools import cache

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.row import REQUIRED, Attribute, Computed

MODES = ("none", "identity", "fit", "project", "auto")
"""The modes of `bypass`."""
_FIRST_QUANTITIES = ("params", "trainable_params", "macs", "activations", "weighted_layers")
LATER_QUANTITIES = ("memory", "flash", "latency")
"""Those that a text may bind, or use as a symbol or as the name of a choice, since texts could before they came."""
QUANTITIES = (*_FIRST_QUANTITIES, *LATER_QUANTITIES)
"""What a budget compares."""
TYPES = ("tensor", "int", "number", "bool", "symbol", "list")
"""The types of a block's arguments."""
# `channels`, `width` and the like are not included: they are functions only in calls, and good names for params.
RESERVED = {
    **dict.fromkeys((*TABLE, "merge", "extern"), "an operator"),
    **dict.fromkeys(CALLABLE, "a function"),
    **dict.fromkeys(_FIRST_QUANTITIES, "a quantity of `require`"),
    **dict.fromkeys(("true", "false"), "a truth value"),
    "it": "the tensor that flows in",
}
"""Names that a text must not bind, each with what it is."""


@cache
def known_symbols() -> tuple[str, ...]:
    """Every symbol of an operator or structure: the possible values of a `const` or a `param`."""
    known = {*HOWS, *MODES}
    for row in TABLE.values():
        for attribute in row.attributes:
            known.update(attribute.symbols)
    return tuple(sorted(known))


def name_span(node: nodes.Name | nodes.Call) -> Span:
    """The callee's name within an application."""
    return Span(node.span.source, node.span.start, min(node.span.end, node.span.start + len(node.name)))


def signature_of(name: str) -> str:
    """The call of an operator or a function: `conv(tensor, filters, kernel, stride = 1)`."""
    if name in AXES:
        return f"{name}(tensor)"
    if name in CALLABLE:
        several = {"where": "where(condition, a, b)", "multiple": "multiple(number, of)"}
        several |= {"count": "count(condition, …)", "sum": "sum(number, …)"}
        return several.get(name, f"{name}(number)" if CALLABLE[name] == (1, 1) else f"{name}(a, b, …)")
    row = TABLE.get(name)
    if row is None:
        return name
    tensors = (
        "tensor" if row.tensors[1] == 1 + len(row.named) else "tensors…" if row.tensors[1] is None else "tensor, tensor"
    )
    written = [a.name if a.default is REQUIRED else f"{a.name} = {_default(a)}" for a in row.attributes]
    written += [f"{tensor} = tensor" for tensor in row.named]
    return f"{name}({', '.join([tensors, *written])})"


def block_signature(block: outline.Block) -> str:
    """The call of a block: `fire(x, filters = 16)`."""
    formals = (f"{f.name} = {f.default.span.text}" if f.default is not None else f.name for f in block.formals)
    return f"{block.name}({', '.join(formals)})"


def _default(attribute: Attribute) -> str:
    if isinstance(attribute.default, Computed):
        return attribute.default.text
    return show(attribute.default)  # type: ignore[arg-type]

"""What a call may have as arguments: their names, the symbols that they may be, and what an expression stands for."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.flow import Structure
from sqsem_dsl.elaborate.resolve.names import Names, Sort
from sqsem_dsl.elaborate.vocabulary import block_signature, signature_of
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import HOWS
from sqsem_dsl.operators.reshaping import AXIS
from sqsem_dsl.operators.row import Operator


def named_arguments(node: nodes.Call, row: Operator | None, names: Names) -> tuple[tuple[str, ...], str] | None:
    """The named arguments of a callee, and its signature; None if it takes any, or is unknown."""
    name = node.name
    if name in names.values:
        return None
    if name in names.blocks:
        home = names.blocks[name]
        return None if home is None else (tuple(f.name for f in home[0].formals), block_signature(home[0]))
    if name == "merge":
        return ("how", AXIS.name), "merge(tensors…, how = add)"
    if name == "concat":
        return (AXIS.name,), signature_of(name)
    if row is not None:
        return (*(attribute.name for attribute in row.attributes), *row.named), signature_of(name)
    return ((), signature_of(name)) if name in AXES or name in CALLABLE or name in HOWS else None


def positional_symbols(row: Operator | None, node: nodes.Call, names: Names, flows: bool) -> list[Sequence[str]]:
    """The symbols that each positional argument of an operator may be: tensors are its inputs, the others its
    attributes in their order."""
    if row is None:
        return []
    attributes, inputs = list(row.attributes) if row.tensors[1] is not None else [], int(flows)
    found: list[Sequence[str]] = []
    for argument in node.arguments:
        if argument.name is not None:
            continue
        found.append(attributes[0].symbols if attributes and inputs >= row.tensors[0] else ())
        sort = sort_of(argument.value, names)
        if sort == "tensor" or (sort == "either" and inputs < row.tensors[0]):
            inputs += 1
        elif attributes:
            attributes.pop(0)
    return found


def sort_of(node: nodes.Value, names: Names) -> Sort:
    """What an expression stands for."""
    match node:
        case nodes.Name(name=name):
            return names.values.get(name, "tensor" if name == "it" else "scalar")
        case nodes.Call(name=name):
            return "scalar" if name in AXES or name in CALLABLE else "tensor"
        case nodes.Pipe():
            return "tensor"
        case _:
            return "tensor" if isinstance(node, Structure) else "scalar"

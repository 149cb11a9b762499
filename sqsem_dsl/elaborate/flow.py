"""How a tensor flows into braces: to the first stage, or to where `it` is written."""

from __future__ import annotations

from sqsem_dsl.ast import nodes
from sqsem_dsl.ast.node import part_names
from sqsem_dsl.ir.scalars import AXES

Structure = nodes.Slot | nodes.OptionalInput | nodes.Choose | nodes.Pick | nodes.Repeat | nodes.Bypass | nodes.When


def names_it(body: nodes.Body) -> bool:
    """Whether a body reads its input tensor by name, so that it does not go to the first stage automatically."""
    head = body.out.source if isinstance(body.out, nodes.Pipe) else body.out
    if carries(head):
        return uses_it(body.statements) or uses_it(body.out)
    return uses_it(body.statements) or (not isinstance(head, Structure) and uses_it(head))


def carries(node: object) -> bool:
    """Whether a node is a repeat that hands on tensors of its own, so that no other flows into it."""
    return isinstance(node, nodes.Repeat) and bool(node.carried)


def uses_it(node: object) -> bool:
    """Whether an expression reads `it` as a tensor. Reading a dimension of `it` does not count, nor does an `it` in
    inner braces with their own input tensor."""
    match node:
        case nodes.Name(name="it"):
            return True
        case nodes.Call(name=name) if name in AXES:
            return False
        case nodes.Pipe(source=source, stages=stages):
            return uses_it(source) or any(uses_it(s) for s in stages if isinstance(s, nodes.Call))
        case nodes.Node():
            return any(uses_it(value) for value in _parts(node))
        case tuple():
            return any(uses_it(value) for value in node)
        case _:
            return False


def may_be_left_out(node: nodes.Value) -> bool:
    """Whether an argument is an `if` without a last `else`, which leaves out its argument where no condition holds."""
    while isinstance(node, nodes.When) and isinstance(node.other, nodes.When):
        node = node.other
    return isinstance(node, nodes.When) and node.other is None


def is_part(node: nodes.Value) -> bool:
    """Whether an argument of a merge may be left out, or be several tensors."""
    return isinstance(node, nodes.OptionalInput | nodes.Pick) or may_be_left_out(node)


def _parts(node: nodes.Node) -> tuple[object, ...]:
    return tuple(getattr(node, name) for name in part_names(type(node)) if name not in ("kind", "name", "label"))

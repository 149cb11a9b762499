"""`repeat` as a `for` loop, which hands on one tensor or, with `carry`, several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.activity import regions
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.layout import STEP
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.reads import must_read_inside, variables
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor, joined
from sqsem_dsl.backends.hypermodel.writer import Writer


def repeat(writer: Writer, node: nodes.Repeat, scope: Scope, flow: Tensor, into: str) -> Tensor:
    """The tensor after a repeat into which one flows."""
    inner = scope.keeping(*variables(scope, node.body))
    target = writer.assign(into, flow.code, inner)
    head, inner = _iteration(writer, node, scope, inner)
    again = writer.module.may_be_zero(node.whole, "it", flow.zero)
    before = len(writer.lines)
    with writer.block(head):
        found = writer.body_into(node.body, inner, replace(flow, code=target, zero=again), target)
    if writer.lines[before + 1 :] == [f"{writer.indent}{STEP}pass"]:
        del writer.lines[before:]  # a body of rules, which follow later
    writer.module.may_be_zero(node.whole, "it", found.zero)
    return joined(Tensor(target, found.rank, zero=flow.zero or found.zero), [found])


def _iteration(writer: Writer, node: nodes.Repeat, scope: Scope, inner: Scope) -> tuple[str, Scope]:
    """The head of the loop, and the scope of an iteration."""
    name = node.name
    if node.domain is not None:
        assert name is not None
        count = read_choice(writer, node.domain, scope, Part(name))
    else:
        assert node.count is not None
        count = scalar(writer, node.count, scope)
        name = node.count.name if isinstance(node.count, nodes.Name) else None
    index = writer.free(node.index or next((v for v in "ijk" if v not in writer.used), "i"))
    inner = inner.bind(node.index, Scalar(index, "int")) if node.index is not None else inner
    if name is not None:
        inner = inner.within(Part(name, index))
    else:
        inner = replace(inner, trail=(*inner.trail, Part("repeat", index)))
    return f"for {index} in range({count.code})", inner


def carry(writer: Writer, node: nodes.Repeat, scope: Scope) -> list[Tensor]:
    """The tensors that a repeat carries, after its last iteration."""
    if not writer.module.read_in_every_iteration(node.name, regions(node.body, scope)):
        remedy = "give all tensors choices that the last iteration uses, or use `space.hypermodel()`"
        writer.module.refuse(node.span, "a repeat with `carry`", "its last iteration does not use all choices", remedy)
    first = _first(writer, node, scope)
    inner = scope.keeping(*variables(scope, (node.body.statements, node.body.outs)))
    carried = []
    for each, tensor in zip(node.carried, first, strict=True):
        variable = writer.free(each.name)
        zero = writer.module.may_be_zero(node.whole, each.name, tensor.zero)
        carried.append(replace(tensor, code=variable, zero=zero))
    _assign(writer, carried, first)
    head, inner = _iteration(writer, node, scope, inner)
    for each, tensor in zip(node.carried, carried, strict=True):
        inner = inner.bind(each.name, tensor)
    with writer.block(head):
        outs = _outs(writer, node, inner, [tensor.code for tensor in carried])
        _assign(writer, carried, outs)
    for each, out in zip(node.carried, outs, strict=True):
        writer.module.may_be_zero(node.whole, each.name, out.zero)
    return [
        replace(out, code=tensor.code, zero=tensor.zero or out.zero) for tensor, out in zip(carried, outs, strict=True)
    ]


def _first(writer: Writer, node: nodes.Repeat, scope: Scope) -> list[Tensor]:
    """The tensors of the first iteration."""
    first: list[Tensor] = []
    for at, each in enumerate(node.carried):
        later = variables(scope, (*(other.value for other in node.carried[at + 1 :]), node.body))
        kept = scope.keeping(*later, *(tensor.code for tensor in first))
        wanted = None if isinstance(each.value, nodes.Name) else writer.free(each.name)
        first.append(writer.value(each.value, kept, wanted))
        if wanted is not None:
            writer.used.discard(wanted)
    return first


def _outs(writer: Writer, node: nodes.Repeat, scope: Scope, carried: Sequence[str]) -> list[Tensor]:
    """The tensors that an iteration hands on. Each is in the variable of the one before it, if nothing reads that any
    more."""
    outs = node.body.outs
    inner = writer.statements(node.body, scope.using(must_read_inside(node.body, scope)).keeping(*carried))
    made: list[Tensor] = []
    for at, out in enumerate(outs):
        later = variables(inner, outs[at + 1 :]) | {tensor.code for tensor in made}
        spent = carried[at] not in later and not (isinstance(out, nodes.Name) and len(outs) > 1)
        keep = scope.keep | later | {each for each in carried if each != carried[at] or not spent}
        wanted = carried[at] if spent else None if isinstance(out, nodes.Name) else writer.free(node.carried[at].name)
        made.append(writer.value(out, replace(inner, keep=keep), wanted))
    return made


def _assign(writer: Writer, carried: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Assigns tensors to the carried ones at once, where they are others."""
    pairs = [(tensor.code, value.code) for tensor, value in zip(carried, values, strict=True)]
    pairs = [(variable, code) for variable, code in pairs if variable != code]
    if pairs:
        variables, codes = zip(*pairs, strict=True)
        writer.write(f"{', '.join(variables)} = {', '.join(codes)}")

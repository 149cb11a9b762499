"""Operators and blocks applied to tensors: a line of code each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.blocks import call_block
from sqsem_dsl.backends.hypermodel.choice_paths import values_of
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.helpers import helper
from sqsem_dsl.backends.hypermodel.masks import masked, pools_all, with_mask
from sqsem_dsl.backends.hypermodel.merges import merge
from sqsem_dsl.backends.hypermodel.moving import MOVING, moving
from sqsem_dsl.backends.hypermodel.operators import NEEDS_PLACES, is_ambiguous, layer, refuse
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.reads import variables
from sqsem_dsl.backends.hypermodel.scalars import is_scalar, scalar
from sqsem_dsl.backends.hypermodel.scope import Scope, Template
from sqsem_dsl.backends.hypermodel.sequences import SEQUENCES, sequence
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor
from sqsem_dsl.backends.hypermodel.whole_networks import backbone, extern
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.backends.hypermodel.zeros import called, keeps_zero
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.flow import is_part
from sqsem_dsl.operators import HOWS, TABLE
from sqsem_dsl.operators.axis import ALL
from sqsem_dsl.operators.backbone import BACKBONE
from sqsem_dsl.operators.extern import EXTERN, extern_row


def apply(writer: Writer, node: nodes.Name | nodes.Call, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    """An operator, a block or a merge."""
    call = node
    if isinstance(node, nodes.Name):
        call = nodes.Call.model_construct(
            name=node.name, arguments=(), label=node.label, span=node.span, whole=node.whole
        )
    assert isinstance(call, nodes.Call)
    bound = scope.names.get(call.name)
    if isinstance(bound, Template):
        return call_block(writer, bound, call, scope, flow, into)
    if call.name == "merge" or (call.name in HOWS and any(is_part(a.value) for a in call.arguments)):
        return merge(writer, call, scope, flow, into)
    return _operator(writer, call, scope, flow, into)


def _operator(writer: Writer, call: nodes.Call, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    if call.name == EXTERN:
        first, *rest = call.arguments
        assert isinstance(first.value, nodes.Text)
        named, target = extern_row(first.value.value).named, first.value.value
        call = call.model_copy(update={"arguments": tuple(rest)})
        free: list[str] = []
    else:
        named, target = TABLE[call.name].named, ""
        free = [attribute.name for attribute in TABLE[call.name].attributes]
    label = call.label or call.name
    inputs = [] if flow is None else [flow]
    given: dict[str, Scalar] = {}
    fresh: list[str] = []
    for at, argument in enumerate(call.arguments):
        if argument.name in named or (argument.name is None and not is_scalar(argument.value, scope)):
            later = variables(scope, tuple(a.value for a in call.arguments[at + 1 :]))
            inner = scope.keeping(*later, *(each.code for each in inputs))
            wanted = _branch(writer, argument.value, call.name)
            inputs.append(writer.value(argument.value, inner, wanted))
            fresh += [wanted] if wanted is not None else []
            continue
        name = argument.name or free[0]
        free = [each for each in free if each != name]
        given[name] = _attribute(writer, argument.value, scope, label, name)
    writer.used -= set(fresh)
    if call.name == "reshape" and _axes_of(writer, given["shape"]) is None:
        refuse(writer, "reshape", call.span, "its shape is chosen, and with it the number of axes")
    name = writer.layer_name(scope, call.label or target.partition(":")[2].lower() or label)
    made = extern(writer, call, given, inputs, name, target) if call.name == EXTERN else None
    found = _applied(writer, call.name, given, inputs, name, call.span) if call.name != EXTERN else made or inputs[0]
    if found == inputs[0]:
        return found
    return replace(found, code=writer.assign(into, found.code, scope), fewer=_fewer(call.name, found, inputs))


def _branch(writer: Writer, node: nodes.Node, operator: str) -> str | None:
    """A variable for a tensor among the arguments, if it needs one."""
    if isinstance(node, nodes.Name):
        return None
    return writer.free("gate" if operator == "scale" else "branch")


def _attribute(writer: Writer, node: nodes.Value, scope: Scope, label: str, name: str) -> Scalar:
    inner = scope.within(Part(label))
    match node:
        case nodes.AnyOf(domain=domain):
            return read_choice(writer, domain, inner, Part(name))
        case nodes.ListOf(items=items) if any(isinstance(item, nodes.AnyOf) for item in items):
            entries = [
                read_choice(writer, item.domain, inner, Part(name, str(at)))
                if isinstance(item, nodes.AnyOf)
                else scalar(writer, item, scope)
                for at, item in enumerate(items)
            ]
            return Scalar(f"[{', '.join(each.code for each in entries)}]", "list")
        case _:
            return scalar(writer, node, scope)


def _applied(
    writer: Writer, operator: str, given: dict[str, Scalar], inputs: Sequence[Tensor], name: str, span: Span
) -> Tensor:
    """The output of an operator; its first tensor itself if it does nothing. `name` is the code of its name.

    A part that has no code is recorded as refused.
    """
    if operator == "zero":
        return Tensor(f"{helper(writer.module, 'zeros_like')}({inputs[0].code})", inputs[0].rank, zero=True)
    if operator in ("gap", "gmp") and "axis" in given and not given["axis"].static:
        several = values_of(writer, given["axis"].code)
        if not several or ALL in several:
            refuse(writer, f"{operator}(axis)", span, "whether it is over all axes is chosen; use a `choose` among two")
            return inputs[0]
    if is_ambiguous(operator, inputs):
        refuse(writer, operator, span, "the number of axes of what it gets is chosen, and its code depends on that")
        return inputs[0]
    if operator in MOVING and not _over_all(writer, operator, given, inputs[0]):
        return moving(writer, operator, given, inputs)
    if operator in SEQUENCES or operator == BACKBONE:
        if operator in SEQUENCES:
            return sequence(writer, operator, given, inputs, name)
        found = backbone(writer, given, inputs, name)
        if isinstance(found, Tensor):
            return found
        refuse(writer, operator, span, found)
        return inputs[0]
    made = layer(writer, operator, given, inputs, name, span)
    if made is None:
        return inputs[0]
    made = masked(writer, made, given, inputs[0])
    keeps = any(each.zero for each in inputs) and keeps_zero(writer, operator, given, span)
    found = called(writer, made, keeps, inputs, _rank(writer, operator, given, inputs[0].rank, inputs[-1].rank))
    if operator == "scale" and not found.zero:  # a gate has no mask
        return replace(found, code=with_mask(writer, found.code, inputs[0].code, found.rank))
    return found


def _fewer(operator: str, found: Tensor, inputs: Sequence[Tensor]) -> frozenset[int]:
    """Other numbers of dimensions that an output may have."""
    if operator in SEQUENCES or found.rank < inputs[0].rank:
        return found.fewer
    return frozenset().union(*(each.fewer for each in inputs)) - ({1} if operator in NEEDS_PLACES else set())


def _over_all(writer: Writer, operator: str, given: dict[str, Scalar], x: Tensor) -> bool:
    """Whether a `gap` or `gmp` is over all axes, or may be written so."""
    if operator not in ("gap", "gmp"):
        return False
    return "axis" not in given or given["axis"].value == ALL or pools_all(writer, given, x)


def _rank(writer: Writer, operator: str, given: dict[str, Scalar], rank: int, last: int) -> int:
    """The number of axes of an output, from those of the first tensor and of the last."""
    match operator:
        case "dot":
            return max(rank + last - 2, 1)
        case "gap" | "gmp" | "flatten":
            return 1
        case "embedding":
            return rank + 1
        case "reshape":
            return _axes_of(writer, given["shape"]) or 1
        case _:
            return rank


def _axes_of(writer: Writer, shape: Scalar) -> int | None:
    """The number of axes of a shape; None if it is chosen."""
    if isinstance(shape.value, tuple):
        return len(shape.value)
    if shape.code[:1] == "[":
        return shape.code.count(",") + 1
    lengths = {len(value) if isinstance(value, tuple) else 0 for value in values_of(writer, shape.code)}
    return lengths.pop() if len(lengths) == 1 else None

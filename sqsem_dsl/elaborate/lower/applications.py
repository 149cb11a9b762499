"""Applications: of a block, of an operator, of `merge` or of `extern`."""

from __future__ import annotations

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.names import TensorAsStage
from sqsem_dsl.elaborate.errors.statements import ExternForbidden, MissingArgument, WrongType
from sqsem_dsl.elaborate.flow import is_part
from sqsem_dsl.elaborate.lower.block_calls import lower_block
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.declare import layer_name
from sqsem_dsl.elaborate.lower.expected import describe
from sqsem_dsl.elaborate.lower.merges import lower_merge
from sqsem_dsl.elaborate.lower.operator_calls import lower_operator
from sqsem_dsl.elaborate.lower.scope import Meaning, Scope, Template, Tensor
from sqsem_dsl.elaborate.vocabulary import known_symbols, name_span
from sqsem_dsl.ir.graph import ItemId, Op
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.operators import HOWS, TABLE


def lower_application(builder: Builder, node: nodes.Name | nodes.Call, scope: Scope, flow: ItemId | None) -> Meaning:
    """An operator or a block applied to its arguments; the input tensor is the first of them."""
    call = node if isinstance(node, nodes.Call) else _call_of(builder, node)
    bound = scope.names.get(call.name)
    if bound is not None and isinstance(bound.meaning, Template):
        return Tensor(lower_block(builder, bound.meaning, call, scope, flow))
    if bound is not None:
        kind = "a tensor" if isinstance(bound.meaning, Tensor) else "a value"
        remedy = "only operators, blocks and functions take arguments"
        return Tensor(
            builder.report(WrongType(name_span(node), "an operator or a block", f"`{call.name}`, {kind}", remedy))
        )
    if call.name == "merge" or (call.name in HOWS and any(is_part(a.value) for a in call.arguments)):
        return Tensor(lower_merge(builder, call, scope, flow))
    if call.name == "extern":
        return Tensor(lower_extern(builder, call, scope, flow))
    row = TABLE.get(call.name)
    if row is None:
        if call.name == "it":
            return Tensor(builder.report(TensorAsStage(node.span, "it")))
        return Tensor(builder.broken if builder.maybe.block(call.name) else builder.unresolved())
    return Tensor(lower_operator(builder, row, call, scope, flow))


def _call_of(builder: Builder, node: nodes.Name) -> nodes.Call:
    """A bare name as a call, made once for each place in the text."""
    known = builder.bare.get(id(node))
    if known is None:
        made = nodes.Call.model_construct(name=node.name, label=node.label, span=node.span, whole=node.whole)
        known = builder.bare[id(node)] = (made, node)
    return known[0]


def lower_extern(builder: Builder, node: nodes.Call, scope: Scope, flow: ItemId | None) -> ItemId:
    """A layer from outside; it is imported when its shape is first needed."""
    signature = 'extern("package.module:Layer", name = value, …)'
    inputs = [] if flow is None else [flow]
    target: str | None = None
    attributes: dict[str, ItemId] = {}
    for argument in node.arguments:
        place = (Segment(node.label or "extern"), Segment(argument.name or "target"))
        meaning = builder.value(argument.value, scope, known_symbols(), place)
        if isinstance(meaning, Tensor):
            inputs.append(meaning.item)
        elif meaning.item == builder.broken:
            return builder.broken
        elif argument.name is not None:
            attributes[argument.name] = meaning.item
        elif target is not None:
            remedy = 'arguments of the layer have names: `extern("package.module:Layer", units = 8)`'
            return builder.report(
                WrongType(argument.span, "a tensor or a named argument", describe(builder, meaning.item), remedy)
            )
        elif isinstance(value := builder.static(meaning.item), str) and value.count(":") == 1:
            target = value
        else:
            wanted, remedy = "the place of a layer", f"it is written `{signature}`"
            return builder.report(WrongType(argument.span, wanted, describe(builder, meaning.item), remedy))
    if target is None:
        return builder.report(MissingArgument(name_span(node), "extern", "the layer's place", signature))
    if not inputs:
        return builder.report(MissingArgument(name_span(node), "extern", "a tensor", signature))
    if not builder.allow_extern:
        return builder.report(ExternForbidden(name_span(node), target))
    if builder.broken in inputs:
        return builder.broken
    from sqsem_dsl.operators.extern import extern_row

    path, name, weights = layer_name(builder, scope, node.label or target.partition(":")[2].lower())
    return builder.make(
        Op(extern_row(target), tuple(inputs), tuple(attributes.items()), name, weights, path, name_span(node))
    )

"""The one place that leads from a node of any kind to the function for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.names import TensorAsStage
from sqsem_dsl.elaborate.errors.statements import WrongType
from sqsem_dsl.elaborate.lower.applications import lower_application
from sqsem_dsl.elaborate.lower.bodies import lower_body
from sqsem_dsl.elaborate.lower.builder import Builder, Dispatch
from sqsem_dsl.elaborate.lower.carries import lower_several
from sqsem_dsl.elaborate.lower.choice_paths import lower_choice
from sqsem_dsl.elaborate.lower.domains import lower_any
from sqsem_dsl.elaborate.lower.expected import as_scalar, as_tensor, describe
from sqsem_dsl.elaborate.lower.expressions import (
    lower_binary,
    lower_function,
    lower_item,
    lower_list,
    lower_member,
    lower_name,
    lower_unary,
)
from sqsem_dsl.elaborate.lower.scope import Meaning, Scalar, Scope, Tensor
from sqsem_dsl.elaborate.lower.structures import lower_structure
from sqsem_dsl.elaborate.lower.tallies import lower_tally
from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Segment
from sqsem_dsl.ir.scalars import AXES, CALLABLE

STAGES = "a stage is an operator, a block or a structure"


def lower_value(
    builder: Builder, node: nodes.Value, scope: Scope, symbols: Sequence[str], at: tuple[Segment, ...]
) -> Meaning:
    """An expression without an input tensor."""
    match node:
        case nodes.Number(value=value):
            return Scalar(builder.constant(value))
        case nodes.Text(value=text):
            return Scalar(builder.constant(text))
        case nodes.Name():
            return lower_name(builder, node, scope, symbols)
        case nodes.Call(name="count" | "sum"):
            return Scalar(lower_tally(builder, node, scope))
        case nodes.Call(name=name) if name in AXES or name in CALLABLE:
            return Scalar(lower_function(builder, node, scope, symbols))
        case nodes.Call():
            return lower_application(builder, node, scope, None)
        case nodes.Item():
            return Scalar(lower_item(builder, node, scope))
        case nodes.ChoicePath():
            return Scalar(lower_choice(builder, node, scope))
        case nodes.Unary():
            return Scalar(lower_unary(builder, node, scope))
        case nodes.Binary():
            return Scalar(lower_binary(builder, node, scope))
        case nodes.Member():
            return Scalar(lower_member(builder, node, scope))
        case nodes.ListOf():
            return Scalar(lower_list(builder, node, scope, symbols, at))
        case nodes.AnyOf():
            return Scalar(lower_any(builder, node, scope, symbols, at))
        case nodes.Pipe(source=source, stages=stages):
            return Tensor(_pipe(builder, source, stages, scope, None))
        case (
            nodes.Slot()
            | nodes.OptionalInput()
            | nodes.Choose()
            | nodes.Pick()
            | nodes.Repeat()
            | nodes.Bypass()
            | nodes.When()
        ):
            return Tensor(lower_structure(builder, node, scope, None))
        case _:
            assert_never(node)


def lower_stage(builder: Builder, node: nodes.Expr | nodes.Group, scope: Scope, flow: ItemId | None) -> Meaning:
    """An expression into which a tensor flows."""
    match node:
        case nodes.Name(name=name):
            bound = scope.names.get(name)
            if bound is not None and bound.meaning in (Tensor(builder.broken), Scalar(builder.broken)):
                return Tensor(builder.broken)
            if bound is not None and isinstance(bound.meaning, Tensor):
                return Tensor(builder.report(TensorAsStage(node.span, name)))
            if bound is not None and isinstance(bound.meaning, Scalar):
                return Tensor(builder.report(WrongType(node.span, "a stage", f"the value `{name}`", STAGES)))
            return lower_application(builder, node, scope, flow)
        case nodes.Call(name=name) if name in AXES or name in CALLABLE:
            return Tensor(builder.report(WrongType(node.span, "a stage", f"the function `{name}`", STAGES)))
        case nodes.Call():
            return lower_application(builder, node, scope, flow)
        case nodes.Group(body=body):
            return Tensor(lower_body(builder, body, scope, flow))
        case (
            nodes.Slot()
            | nodes.OptionalInput()
            | nodes.Choose()
            | nodes.Pick()
            | nodes.Repeat()
            | nodes.Bypass()
            | nodes.When()
        ):
            return Tensor(lower_structure(builder, node, scope, flow))
        case nodes.Pipe(source=source, stages=stages):
            return Tensor(_pipe(builder, source, stages, scope, flow))
        case _:
            item = as_scalar(builder, builder.value(node, scope), node.span)
            if item == builder.broken:
                return Tensor(item)
            return Tensor(builder.report(WrongType(node.span, "a stage", describe(builder, item), STAGES)))


def _pipe(
    builder: Builder, source: nodes.Expr, stages: Sequence[nodes.Stage], scope: Scope, flow: ItemId | None
) -> ItemId:
    if flow is None:
        remedy = "only a tensor flows through `->`; apply the operator: `x -> …`"
        tensor = as_tensor(builder, builder.value(source, scope), source.span, remedy, scope.uses[-1:])
    else:
        tensor = as_tensor(builder, builder.stage(source, scope, flow), source.span)
    for stage in stages:
        tensor = as_tensor(builder, builder.stage(stage, scope, tensor), stage.span)
    return tensor


DISPATCH = Dispatch(lower_value, lower_stage, lower_several)

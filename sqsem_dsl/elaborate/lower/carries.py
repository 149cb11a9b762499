"""Repeats that carry several tensors: the body, unrolled, gives the next value of each."""

from __future__ import annotations

from itertools import pairwise

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.carries import NotCarried, WrongOuts
from sqsem_dsl.elaborate.flow import carries
from sqsem_dsl.elaborate.lower.bind import bind
from sqsem_dsl.elaborate.lower.bodies import lower_outs
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.expected import as_tensor
from sqsem_dsl.elaborate.lower.repeats import Iterations, lower_iterations
from sqsem_dsl.elaborate.lower.scope import Scalar, Scope, Tensor
from sqsem_dsl.ir.certain import must_read
from sqsem_dsl.ir.graph import ItemId, Loop, Switch

_TENSOR = "a repeat carries tensors; compute a number of each iteration from its index: `let c = 16 * 2 ** i`"


def lower_carry(builder: Builder, node: nodes.Repeat, scope: Scope) -> tuple[ItemId, ...]:
    """The carried tensors after the last iteration, in their order."""
    found = lower_iterations(builder, node, scope)
    first = tuple(
        as_tensor(builder, builder.value(each.value, scope), each.value.span, _TENSOR) for each in node.carried
    )
    if len(node.body.outs) != len(node.carried):
        outs, names = node.body.outs, tuple(each.name for each in node.carried)
        carried = node.carried[0].span.to(node.carried[-1].span)
        builder.report(WrongOuts(outs[0].span.to(outs[-1].span), len(outs), names, carried))
        found = None
    if found is None or builder.broken in first:
        return tuple(builder.broken for _ in node.carried)
    steps = [first]
    for k in range(found.most):
        inner = found.scope(builder, k)
        for each, tensor in zip(node.carried, steps[-1], strict=True):
            inner = bind(builder, inner, each.name, Tensor(tensor), each.span)
        steps.append(lower_outs(builder, "iteration", node.body, inner, node.span))
        if builder.broken in steps[-1]:
            return tuple(builder.broken for _ in node.carried)
    several = zip(node.carried, zip(*steps, strict=True), strict=True)
    return tuple(_last(builder, node, found, each.name, tensors) for each, tensors in several)


def _last(builder: Builder, node: nodes.Repeat, found: Iterations, name: str, steps: tuple[ItemId, ...]) -> ItemId:
    """The carried tensor of a name after the last iteration; `steps[k]` is it after k iterations.

    A `Loop` evaluates all steps before the last one. Where a step does not need the step before it, as with the tensor
    of two iterations ago, it would make choices that the network does not have.
    """
    if len(found.values) == 1 or len(set(steps)) == 1:
        return steps[-1]
    if all(must_read(builder.items, builder.choices, after, before) for before, after in pairwise(steps)):
        return builder.make(Loop(steps, found.count, node.span, name))
    return builder.make(Switch(None, found.count, tuple((k, steps[k]) for k in found.values), node.span, name))


def lower_several(builder: Builder, node: nodes.LetSeveral, scope: Scope) -> tuple[ItemId, ...]:
    """The tensors of `let a, b = …`, one for each name."""
    names = node.names
    carried: tuple[str, ...] = ()
    if carries(node.value):
        assert isinstance(node.value, nodes.Repeat)
        carried = tuple(each.name for each in node.value.carried)
        if len(carried) == len(names):
            return lower_carry(builder, node.value, scope)
    elif builder.value(node.value, scope) in (Tensor(builder.broken), Scalar(builder.broken)):
        return tuple(builder.broken for _ in names)
    span = node.name_spans[0].to(node.name_spans[-1]) if node.name_spans else node.span
    builder.report(NotCarried(span, names, carried, node.value.span))
    return tuple(builder.broken for _ in names)

"""Structures as control flow: `slot`, `choose` and `if` become `if`, `repeat` becomes `for`, `bypass` an addition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.bypasses import bypass
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.repeats import carry, repeat
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor, joined
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.flow import Structure


def structure(writer: Writer, node: Structure, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    """The tensor after a structure."""
    match node:
        case nodes.Slot(name=name, body=body):
            assert flow is not None
            target = writer.assign(into, flow.code, scope)
            inner = scope.within(Part(name))
            with writer.block(f"if hp.get({scope.choice(Part(name))})"):
                found = writer.body_into(body, inner, replace(flow, code=target), target)
            return joined(replace(flow, code=target, zero=flow.zero or found.zero), [found])
        case nodes.Choose():
            return _choose(writer, node, scope, flow, into)
        case nodes.When():
            return _when(writer, node, scope, flow, into)
        case nodes.Repeat(carried=carried) if carried:
            return carry(writer, node, scope)[-1]
        case nodes.Repeat():
            assert flow is not None
            return repeat(writer, node, scope, flow, into)
        case nodes.Bypass():
            assert flow is not None
            return bypass(writer, node, scope, flow, into)
        case nodes.OptionalInput() | nodes.Pick():
            raise AssertionError("only a merge has these")
        case _:
            assert_never(node)


def _target(writer: Writer, into: str, scope: Scope) -> str:
    """The variable that several branches assign to."""
    return writer.free(into) if into in scope.keep else into


def _choose(writer: Writer, node: nodes.Choose, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    bodies = [(scope.within(Part(node.name), Part(each.name)), each) for each in node.alternatives]
    if len(bodies) == 1:
        return writer.body(bodies[0][1].body, bodies[0][0], flow, into)
    chosen = f"hp.get({scope.choice(Part(node.name))})"
    if len(bodies) > 2:
        variable = writer.free(node.name)
        writer.write(f"{variable} = {chosen}")
        chosen = variable
    target = _target(writer, into, scope)
    several = []
    for at, (inner, each) in enumerate(bodies):
        before = len(writer.lines)
        head = f'{"elif" if at else "if"} {chosen} == "{each.name}"'
        with writer.block("else" if at == len(bodies) - 1 else head):
            several.append(writer.body_into(each.body, inner, flow, target))
        _without_pass(writer, before, at == len(bodies) - 1)
    return _chosen(writer, node.span, target, several)


def _without_pass(writer: Writer, before: int, is_else: bool) -> None:
    """Removes the lines from `before` on if they are an `else` that does nothing."""
    if is_else and writer.lines[before + 1 :] == [f"{writer.indent}    pass"]:
        del writer.lines[before:]


def cases_of(writer: Writer, node: nodes.When, scope: Scope) -> list[tuple[Scalar | None, nodes.Body | None]]:
    """The bodies of an `if`, each with its test, of which the last is None; a body is None where nothing is written.
    Tests that are known are left out."""
    cases: list[tuple[Scalar | None, nodes.Body | None]] = []
    rest: nodes.When | nodes.Body | None = node
    while isinstance(rest, nodes.When):
        test = scalar(writer, rest.test, scope)
        if test.value is not False:
            cases.append((None if test.value is True else test, rest.then))
        rest = None if test.value is True else rest.other
        if test.value is True:
            break
    else:
        cases.append((None, rest))
    if writer.block_name and any(test is not None and "hp." not in test.code for test, _ in cases):
        writer.module.renumbered = True  # sqsem does not count the layers of a branch that no use reaches
    return cases


def _when(writer: Writer, node: nodes.When, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    cases = cases_of(writer, node, scope)
    if len(cases) == 1:
        body = cases[0][1]
        if body is None:
            assert flow is not None
            return flow
        return writer.body(body, scope, flow, into)
    unchanged = cases[-1][1] is None
    if unchanged:
        assert flow is not None
        target = writer.assign(into, flow.code, scope)
        flow = replace(flow, code=target)
        cases.pop()
    else:
        target = _target(writer, into, scope)
    several = [flow] if unchanged and flow is not None else []
    for at, (case, body) in enumerate(cases):
        assert body is not None
        before = len(writer.lines)
        with writer.block("else" if case is None else f"{'elif' if at else 'if'} {case.code}"):
            several.append(writer.body_into(body, scope, flow, target))
        _without_pass(writer, before, case is None)
    return _chosen(writer, node.span, target, several)


def _chosen(writer: Writer, span: Span, target: str, several: Sequence[Tensor]) -> Tensor:
    """The tensor that one of several bodies gives."""
    last = several[-1]
    if any(each.below != last.below for each in several):
        remedy = "write an `embedding` into each alternative, before they meet"
        writer.module.refuse(span, "the choice", "its whole numbers have different bounds", remedy)
    found = Tensor(
        target,
        last.rank,
        last.below,
        padded=any(each.padded for each in several),
        zero=any(each.zero for each in several),
    )
    return joined(found, several)

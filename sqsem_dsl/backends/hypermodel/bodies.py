"""Pipes, bodies and statements as lines of code. The tensor that flows through a pipe is assigned to one variable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.activity import regions
from sqsem_dsl.backends.hypermodel.applications import apply
from sqsem_dsl.backends.hypermodel.choice_paths import may_be_inactive
from sqsem_dsl.backends.hypermodel.dispatch import Dispatch
from sqsem_dsl.backends.hypermodel.domains import read_choice
from sqsem_dsl.backends.hypermodel.families import family, member
from sqsem_dsl.backends.hypermodel.lazies import LONG, TOO_LONG, lazy_scalar, lazy_tensor, reads_conditional
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.reads import has_choices, has_rules, must_read_inside, read_after, uses, variables
from sqsem_dsl.backends.hypermodel.repeats import carry
from sqsem_dsl.backends.hypermodel.rules import rule
from sqsem_dsl.backends.hypermodel.scalars import is_scalar, scalar
from sqsem_dsl.backends.hypermodel.scope import Later, Scope
from sqsem_dsl.backends.hypermodel.structures import structure
from sqsem_dsl.backends.hypermodel.values import ATOM, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer, names_in
from sqsem_dsl.elaborate.flow import names_it, uses_it

_STRUCTURES = nodes.Slot | nodes.OptionalInput | nodes.Choose | nodes.Pick | nodes.Repeat | nodes.Bypass | nodes.When


def tensor(writer: Writer, node: nodes.Node, scope: Scope, into: str | None = None) -> Tensor:
    """The tensor of an expression into which nothing flows. `into` is the variable for it, if it needs one."""
    match node:
        case nodes.Name(name="it"):
            assert scope.it is not None
            return scope.it
        case nodes.Name(name=name) if isinstance(bound := scope.names.get(name), Tensor):
            return bound
        case nodes.Name(name=name) if isinstance(bound := scope.names.get(name), Later):
            inner = replace(bound.scope, keep=bound.scope.keep | scope.keep)
            return tensor(writer, bound.value, inner, writer.free(name))
        case nodes.Pipe(source=source, stages=stages):
            return pipe(writer, source, stages, scope, None, into or writer.free("x"))
        case nodes.Name() | nodes.Call():
            return apply(writer, node, scope, None, into or writer.free("x"))
        case _:
            assert isinstance(node, _STRUCTURES)
            return structure(writer, node, scope, None, into or writer.free("x"))


def stage(writer: Writer, node: nodes.Node, scope: Scope, flow: Tensor, into: str) -> Tensor:
    """The tensor after a stage of a pipe."""
    match node:
        case nodes.Group(body=body):
            return body_code(writer, body, scope, flow, into)
        case nodes.Pipe(source=source, stages=stages):
            return pipe(writer, source, stages, scope, flow, into)
        case nodes.Name() | nodes.Call():
            return apply(writer, node, scope, flow, into)
        case _:
            assert isinstance(node, _STRUCTURES)
            return structure(writer, node, scope, flow, into)


def pipe(
    writer: Writer, source: nodes.Node, stages: Sequence[nodes.Node], scope: Scope, flow: Tensor | None, into: str
) -> Tensor:
    """A source and its stages. No stage overwrites a variable that a later one reads."""
    inner = scope.keeping(*variables(scope, tuple(stages)))
    found = tensor(writer, source, inner, into) if flow is None else stage(writer, source, inner, flow, into)
    for at, each in enumerate(stages, start=1):
        inner = scope.keeping(*variables(scope, tuple(stages[at:])))
        found = stage(writer, each, inner, found, into)
    return found


def body_code(writer: Writer, body: nodes.Body, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
    """The contents of braces."""
    inner = scope.using(must_read_inside(body, scope))
    inner = inner if flow is None else replace(inner, it=flow)
    read = {flow.code} if flow is not None and (flow.code != into or names_it(body)) else set()
    inner = statements_code(writer, body, inner, read)
    head = body.out.source if isinstance(body.out, nodes.Pipe) else body.out
    if flow is None or names_it(body):
        return tensor(writer, body.out, inner, into)
    if isinstance(head, nodes.Name) and inner.variable(head.name) is not None:
        rest = body.out.stages if isinstance(body.out, nodes.Pipe) else ()
        assert any(uses_it(each) for each in rest)
        return tensor(writer, body.out, inner, into)
    return stage(writer, body.out, inner, flow, into)


def statements_code(writer: Writer, body: nodes.Body, scope: Scope, read: Collection[str] = ()) -> Scope:
    """The scope after the statements of a body. `read` are more variables that its result reads."""
    inner = scope
    for at, statement in enumerate(body.statements):
        later = body.statements[at + 1 :]
        kept = scope.keep | variables(inner, (*later, body.outs)) | set(read)
        out = body.out if len(body.outs) == 1 else body.outs
        inner = statement_code(writer, statement, replace(inner, keep=kept), later, out)
    return replace(inner, keep=scope.keep)


def statement_code(
    writer: Writer,
    statement: nodes.Local,
    scope: Scope,
    later: Sequence[object],
    out: object,
    sight: Scope | None = None,
) -> Scope:
    """The scope after a statement. `later` and `out` are what follows it in its body, `sight` the blocks there."""
    sight = sight or scope

    def number(node: nodes.Value) -> Scalar:
        return scalar(writer, node, scope)

    match statement:
        case nodes.Const(name=name, value=value):
            return scope.bind(name, held(writer, name, number(value)))
        case nodes.Param(name=name, indices=nodes.Indices()):
            return scope.bind(name, family(writer, statement, scope))
        case nodes.Param(name=name, domain=domain):
            found = read_choice(writer, domain, scope, Part(name))
            if name in read_after(later, out, sight) or found.code in writer.module.always:
                found = held(writer, name, found)
            return scope.bind(name, found)
        case nodes.Let(name=name, value=value) if is_scalar(value, scope):
            found = number(value)
            if not may_be_inactive(writer, found.code) or name in read_after(later, out, sight):
                found = held(writer, name, found)
            elif len(found.code) > (LONG if uses(name, (*later, out)) > 1 else TOO_LONG):
                found = lazy_scalar(writer, name, value, scope, found)
            return scope.bind(name, found)
        case nodes.Let(name=name, value=value):
            read = name in read_after(later, out, sight)
            conditional = reads_conditional(writer, value, scope)
            if not has_rules(value, scope) and not conditional:
                read = read or writer.module.must_be_reached(regions(value, scope), names_in(value))
            if not read and (conditional or has_choices(value, scope) or has_rules(value, scope)):
                if uses(name, (*later, out)) > 1:
                    return scope.bind(name, lazy_tensor(writer, name, value, scope))
                return scope.bind(name, Later(value, scope))
            return scope.bind(name, tensor(writer, value, scope, writer.free(name)))
        case nodes.LetSeveral(names=names, value=value):
            assert isinstance(value, nodes.Repeat)
            for name, each in zip(names, carry(writer, value, scope), strict=True):
                scope = scope.bind(name, each)
            return scope
        case nodes.Require(condition=condition):
            rule(writer, condition, scope)
            return scope


def held(writer: Writer, name: str, value: Scalar) -> Scalar:
    """A scalar in a variable of its own, unless it is known."""
    if value.static or value.code.isidentifier():
        return value
    variable = writer.free(name)
    writer.write(f"{variable} = {value.code}")
    return replace(value, code=variable, binds=ATOM)


DISPATCH = Dispatch(tensor, body_code, statements_code, member)

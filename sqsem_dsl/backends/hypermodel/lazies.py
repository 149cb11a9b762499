"""Tensors and numbers of a `let` that only some choices use: functions, which compute them where they are first read.

A choice is active only where it is read. So code that reads choices must not run where nothing uses its result.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.choice_paths import may_be_inactive
from sqsem_dsl.backends.hypermodel.layout import returned
from sqsem_dsl.backends.hypermodel.reads import sight
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Family, Later, Scope, Template
from sqsem_dsl.backends.hypermodel.values import ATOM, CALL, Scalar, Tensor
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.diagnostics.source import Span

LONG, TOO_LONG = 40, 80
"""The length of code that is not written twice, and of code that is not written among others."""


def reads_conditional(writer: Writer, node: object, scope: Scope, inside: tuple[Span, ...] = ()) -> bool:
    """Whether a part of a spec reads what may not be active, from around it, also in the blocks that it uses."""
    if isinstance(node, nodes.Name | nodes.Call | nodes.Item):
        match scope.names.get(node.name):
            case Scalar(code=code) if may_be_inactive(writer, code):
                return True
            case Family(node=declared):
                entries = [entry for entry in writer.module.entries if entry.choice.span == declared.span]
                if any(entry.when or entry.wider for entry in entries):
                    return True
            case Later() | Tensor(lazy=True):
                return True
            case Template(block=block) as used if block.span not in inside:
                if reads_conditional(writer, block.body, sight(used), (*inside, block.span)):
                    return True
            case _:
                pass
    parts = node.parts() if isinstance(node, nodes.Node) else node if isinstance(node, tuple) else ()
    return any(reads_conditional(writer, part, scope, inside) for part in parts)


def lazy_tensor(writer: Writer, name: str, value: nodes.Node, scope: Scope) -> Tensor:
    """Writes a function that makes a tensor when it is first called."""
    around = {bound.code for bound in scope.names.values() if isinstance(bound, Tensor)} | scope.keep
    around |= {scope.it.code} if scope.it is not None else set()
    variable, start = _begin(writer, name)
    outer, writer.in_function = writer.in_function, True
    with writer.block(f"def {variable}()"):
        found = writer.value(value, scope.keeping(*around), writer.free("x"))
        writer.lines[start + 2 :] = returned(writer.lines[start + 2 :], found.code, writer.indent)
    writer.in_function = outer
    words = set(re.findall(r"\w+", "\n".join(writer.lines[start:])))
    writer.lines.append("")
    reads = {code for code in around if code.removesuffix(CALL) in words}
    for bound in scope.names.values():
        if isinstance(bound, Tensor) and bound.code in reads:
            reads |= bound.reads
    return replace(found, code=f"{variable}()", lazy=True, reads=frozenset(reads))


def lazy_scalar(writer: Writer, name: str, value: nodes.Value, scope: Scope, found: Scalar) -> Scalar:
    """Writes a function that computes a number when it is first called."""
    variable, _ = _begin(writer, name)
    with writer.block(f"def {variable}()"):
        _return(writer, value, scope)
    writer.lines.append("")
    writer.module.lazy_scalars.add(f"{variable}()")
    return Scalar(f"{variable}()", found.kind, ATOM, entries=found.entries, decimals=found.decimals)


def _begin(writer: Writer, name: str) -> tuple[str, int]:
    """The name of a function, and where its lines begin."""
    writer.module.imports.add("functools")
    if writer.lines and not writer.lines[-1].endswith(":") and writer.lines[-1]:
        writer.lines.append("")
    start = len(writer.lines)
    writer.write("@functools.cache")
    return writer.free(name), start


def _return(writer: Writer, node: nodes.Value, scope: Scope) -> None:
    if isinstance(node, nodes.Call) and node.name == "where":
        test, then, other = (argument.value for argument in node.arguments)
        known = scalar(writer, test, scope)
        if known.static:
            _return(writer, then if known.value else other, scope)
            return
        with writer.block(f"if {known.code}"):
            _return(writer, then, scope)
        _return(writer, other, scope)
        return
    writer.write(f"return {scalar(writer, node, scope).code}")

"""Bare names where a value is expected."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.elaborate.errors.names import NoIt, UnknownName, UnknownSymbol
from sqsem_dsl.elaborate.errors.statements import WrongType
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.scope import Meaning, Scalar, Scope, Template, Tensor
from sqsem_dsl.elaborate.vocabulary import known_symbols, signature_of
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.operators import TABLE


def lower_name(builder: Builder, node: nodes.Name, scope: Scope, symbols: Sequence[str] = ()) -> Meaning:
    """The meaning of a bare name where a value is expected."""
    bound = scope.names.get(node.name)
    if bound is not None and not isinstance(bound.meaning, Template):
        return bound.meaning
    if node.name in builder.refused:
        return Scalar(builder.broken)
    if node.name == "it":
        if scope.it is None:
            return Tensor(builder.report(NoIt(node.span)))
        return Tensor(scope.it)
    if node.name in ("true", "false"):
        return Scalar(builder.constant(node.name == "true"))
    if node.name in symbols:
        return Scalar(builder.constant(node.name))
    if bound is None and builder.maybe.value(node.name) and node.name not in TABLE:
        return Tensor(builder.broken)
    if bound is not None or node.name in TABLE:
        remedy = f"write `x -> {node.name}(…)` to apply it to a tensor"
        kind = "a block" if bound is not None else "an operator"
        wanted = "a value"
        return Scalar(builder.report(WrongType(node.span, wanted, f"{kind}, `{node.name}`", remedy)))
    known = [n for n, b in scope.names.items() if not isinstance(b.meaning, Template)]
    if symbols and set(symbols) != set(known_symbols()):
        return Scalar(builder.report(UnknownSymbol(node.span, node.name, "symbol", tuple(symbols))))
    return Scalar(
        builder.report(UnknownName(node.span, node.name, tuple(known), remedy=_elsewhere(builder, node, scope)))
    )


def _elsewhere(builder: Builder, node: nodes.Name, scope: Scope) -> str | None:
    """How to fix the use of a name that is bound in this space, but not in scope here."""
    name = node.name
    if name in AXES:
        return f"`{name}` is a function of a tensor: `{name}(it)`"
    if name in CALLABLE:
        return f"`{name}` is a function: `{signature_of(name)}`"
    if name in builder.counts:
        written = f"`param {name} in …` and `repeat {name} {{ … }}`"
        return f"it is the name of a repeat and lives in its body: write {written}"
    if name in builder.bound:
        if scope.calls:
            return f"a block sees its arguments and what is bound above it: make `{name}` an argument"
        return "it is bound further down: move that line up"
    return None

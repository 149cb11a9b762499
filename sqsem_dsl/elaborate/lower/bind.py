"""The names that statements and blocks bind."""

from __future__ import annotations

from dataclasses import replace

from sqsem_dsl.ast import outline
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.elaborate.errors.names import DuplicateName, ReservedName
from sqsem_dsl.elaborate.errors.statements import UnknownType
from sqsem_dsl.elaborate.lower.builder import Builder
from sqsem_dsl.elaborate.lower.scope import Family, Meaning, Scalar, Scope, Template, Tensor
from sqsem_dsl.elaborate.vocabulary import RESERVED, TYPES
from sqsem_dsl.syntax.maybe import HOLE


def bind(
    builder: Builder, scope: Scope, name: str, meaning: Meaning | Template | Family, span: Span, hides: bool = False
) -> Scope:
    """The scope with one more name. A name that must not be bound is reported and bound anyway; with `hides`, as an
    argument of a block, it may be bound around the block."""
    if name in RESERVED:
        builder.report(ReservedName(span, name, RESERVED[name]))
        builder.refused.add(name)
        return scope
    if name == HOLE:
        return scope
    if not hides and not may_bind(builder, scope, name, span):
        # It is unknown which of the two is meant: reading it is not a second error.
        meaning = replace(meaning, item=builder.broken) if isinstance(meaning, Tensor | Scalar) else meaning
    return scope.bind(name, meaning, span)


def may_bind(builder: Builder, scope: Scope, name: str, span: Span) -> bool:
    """Whether a name is free here; reports it if not."""
    known = scope.names.get(name)
    if known is not None and known.span != span:
        builder.report(DuplicateName(span, name, known.span))
        return False
    return name not in RESERVED


def check_formals(builder: Builder, block: outline.Block) -> None:
    """The errors of a block that do not depend on a use."""
    first: dict[str, Span] = {}
    for formal in block.formals:
        if formal.name in RESERVED:
            builder.report(ReservedName(formal.span, formal.name, RESERVED[formal.name]))
        if formal.name in first:
            builder.report(DuplicateName(formal.span, formal.name, first[formal.name]))
        first.setdefault(formal.name, formal.span)
        if formal.type is not None and formal.type not in TYPES:
            builder.report(UnknownType(formal.span, formal.type, TYPES))

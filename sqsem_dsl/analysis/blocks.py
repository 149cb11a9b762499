"""Names in blocks, whether or not anything uses the block: a library is checked as it is written."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.diagnostics import Diagnostic
from sqsem_dsl.source import Span
from sqsem_dsl.space import errors

from sqsem_dsl.space.operators import TABLE
from sqsem_dsl.space.scalars import AXES, CALLABLE
from sqsem_dsl.space.uses import Library, std_index
from sqsem_dsl.spec import model

OPERATORS = (*TABLE, "merge", "extern", *AXES, *CALLABLE)


def check_blocks(spec: model.Spec, library: Library) -> Iterator[Diagnostic]:
    """Calls of operators and blocks that do not exist, in any block or space of the file."""
    known = {*OPERATORS, *library.blocks(spec)}
    for definition in spec.definitions:
        own = {item.name for item in definition.items if isinstance(item, model.Block)} if isinstance(definition, model.Space) else set()
        yield from _calls(definition, known | own)


def _calls(node: object, known: set[str]) -> Iterator[Diagnostic]:
    match node:
        case model.Settings():
            return
        case model.Call(name=name) if name not in known:
            place = Span(node.span.source, node.span.start, node.span.start + len(name))
            yield errors.UnknownOperator(place, name, tuple(sorted(known)), tuple(std_index()))
        case _:
            pass
    if isinstance(node, model.Node):
        for field in type(node).model_fields:
            if field != "span":
                yield from _calls(getattr(node, field), known)
    elif isinstance(node, tuple):
        for each in node:
            yield from _calls(each, known)



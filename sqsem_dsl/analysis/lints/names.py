"""Lints of names: what is bound and never read.

It goes by the text. A name counts as used wherever it stands in the scope that it is bound in, whatever it means there:
that is more than is so, and never less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqsem_dsl.analysis.lints import findings
from sqsem_dsl.analysis.lints.subject import Subject, walked
from sqsem_dsl.diagnostics import Diagnostic
from sqsem_dsl.spec import model
from sqsem_dsl.spec.build import word_at

_KINDS = {model.Const: "constant", model.Let: "binding", model.Param: "parameter", model.Block: "block"}


def check_names(subject: Subject) -> Iterator[Diagnostic]:
    """Imported blocks, and what the statements of spaces and bodies bind, that nothing reads."""
    everywhere = Counter(_read(subject.spec.definitions))
    for use in subject.spec.uses:
        for position, name in enumerate(use.names):
            if not everywhere[name]:
                edit = subject.editor.without_name(use, position)
                yield findings.NeverUsed(word_at(use.span, name), edit, "imported block", name)
    for node in walked(subject.spec):
        match node:
            case model.Space(items=items):
                yield from _statements(subject, items, None)
            case model.Body(statements=statements, out=out):
                yield from _statements(subject, statements, out)
            case _:
                pass


def _statements(subject: Subject, statements: Sequence[model.Node], out: model.Node | None) -> Iterator[Diagnostic]:
    if not any(isinstance(statement, tuple(_KINDS)) for statement in statements):
        return
    whole = (*statements, *((out,) if out is not None else ()))
    used = Counter(_read(whole))
    for position, statement in enumerate(statements):
        if not isinstance(statement, model.Const | model.Let | model.Param | model.Block):
            continue  # what they bind is read from outside, or they bind nothing
        name = statement.name
        own = sum(read == name for read in _read((statement,))) if isinstance(statement, model.Block) else 0
        if used[name] > own:  # a block that only calls itself is not used
            continue
        following = whole[position + 1] if position + 1 < len(whole) else None
        edit = subject.editor.without_statement(statement, following)
        yield findings.NeverUsed(statement.span, edit, _KINDS[type(statement)], name)


def _read(nodes: Sequence[model.Node]) -> Iterator[str]:
    """The names that stand in some parts of a text where a name is read, and perhaps more."""
    for node in walked(tuple(nodes)):
        match node:
            case model.Name(name=name) | model.Call(name=name) | model.Item(name=name):
                yield name
            case _:
                pass

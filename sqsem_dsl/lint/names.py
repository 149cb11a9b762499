"""Lints of names: bindings that are never read.

They are found in the text. A name counts as used wherever it occurs in the scope of its binding, with any meaning. So
some unused bindings are missed, but none is reported by mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.lint.context import LintContext, walked
from sqsem_dsl.lint.findings.choices import NeverUsed

Binding = nodes.Const | nodes.Let | nodes.Param | outline.Block
_KINDS = {nodes.Const: "constant", nodes.Let: "binding", nodes.Param: "parameter", outline.Block: "block"}


def check_names(subject: LintContext) -> Iterator[Diagnostic]:
    """Imported blocks, and names bound by the statements of spaces and bodies, that nothing reads."""
    everywhere = Counter(_read(subject.parts))
    for use in subject.spec.uses:
        for position, name in enumerate(use.names):
            if not everywhere[name]:
                edit = subject.editor.without_name(use, position)
                yield NeverUsed(use.name_spans[position], edit, "imported block", name)
    of_blocks = {id(node.body) for node in subject.parts if isinstance(node, outline.Block)}
    for node in subject.parts:
        match node:
            case outline.Space(items=items):
                yield from _statements(subject, items, (), braces=True)
            case nodes.Body(statements=statements, outs=outs):
                keeps_out = id(node) in of_blocks or len(outs) > 1
                yield from _statements(subject, statements, outs, keeps_out)
            case _:
                pass


def _statements(
    subject: LintContext, statements: Sequence[nodes.Node], outs: Sequence[nodes.Node], braces: bool
) -> Iterator[Diagnostic]:
    """Statements that bind names that are never read. Without `braces` for its statements, as a block has them, a body
    without statements has no `out` either."""
    whole = (*statements, *outs)
    binding = [statement for statement in statements if isinstance(statement, Binding)]
    used = Counter(_read(walked(whole))) if binding else Counter()
    unused = [statement for statement in binding if _unused(statement, used)]
    for statement in unused:
        edit = None
        if isinstance(statement, outline.Block):
            pass  # it may be work in progress: only its author should delete it
        elif braces or len(unused) < len(statements):
            edit = subject.editor.without_statement(statement)
        elif len(statements) == 1 and outs:
            edit = subject.editor.without_out(statement, outs[0])
        elif statement is statements[0]:  # the others follow in another round
            edit = subject.editor.without_statement(statement)
        yield NeverUsed(statement.span, edit, _KINDS[type(statement)], statement.name)


def _unused(statement: Binding, used: Mapping[str, int]) -> bool:
    """A block that calls only itself is not used."""
    own = (
        sum(read == statement.name for read in _read(walked(statement))) if isinstance(statement, outline.Block) else 0
    )
    return used[statement.name] <= own


def _read(parts: Iterable[nodes.Node]) -> Iterator[str]:
    """The names that are read in some parts of a text. May contain more."""
    for node in parts:
        match node:
            case nodes.Name(name=name) | nodes.Call(name=name) | nodes.Item(name=name):
                yield name
            case _:
                pass

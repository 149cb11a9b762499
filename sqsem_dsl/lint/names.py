"""Lints of names: bindings that are never read.

It goes by the text. A name counts as used wherever it stands in the scope that it is bound in, whatever it means there:
that is more than is so, and never less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqsem_dsl.ast import nodes
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.lint.context import LintContext, walked
from sqsem_dsl.lint.findings.choices import NeverUsed

Binding = nodes.Const | nodes.Let | nodes.Param | nodes.Block
_KINDS = {nodes.Const: "constant", nodes.Let: "binding", nodes.Param: "parameter", nodes.Block: "block"}


def check_names(subject: LintContext) -> Iterator[Diagnostic]:
    """Imported blocks, and what the statements of spaces and bodies bind, that nothing reads."""
    everywhere = Counter(_read(subject.parts))
    for use in subject.spec.uses:
        for position, name in enumerate(use.names):
            if not everywhere[name]:
                edit = subject.editor.without_name(use, position)
                yield NeverUsed(use.name_spans[position], edit, "imported block", name)
    of_blocks = {id(node.body) for node in subject.parts if isinstance(node, nodes.Block)}
    for node in subject.parts:
        match node:
            case nodes.Space(items=items):
                yield from _statements(subject, items, None, braces=True)
            case nodes.Body(statements=statements, out=out):
                yield from _statements(subject, statements, out, braces=id(node) in of_blocks)
            case _:
                pass


def _statements(
    subject: LintContext, statements: Sequence[nodes.Node], out: nodes.Node | None, braces: bool
) -> Iterator[Diagnostic]:
    """Statements that bind what is never read. Without `braces` of their own for statements, as a block has them, a
    body without any has no `out` either."""
    whole = (*statements, *((out,) if out is not None else ()))
    binding = [statement for statement in statements if isinstance(statement, Binding)]
    used = Counter(_read(walked(whole))) if binding else Counter()
    unused = [statement for statement in binding if _unused(statement, used)]
    for statement in unused:
        edit = None
        if isinstance(statement, nodes.Block):
            pass  # somebody's work: it is for somebody to throw away
        elif braces or len(unused) < len(statements):
            edit = subject.editor.without_statement(statement)
        elif len(statements) == 1 and out is not None:
            edit = subject.editor.without_out(statement, out)
        elif statement is statements[0]:  # the others are for another round
            edit = subject.editor.without_statement(statement)
        yield NeverUsed(statement.span, edit, _KINDS[type(statement)], statement.name)


def _unused(statement: Binding, used: Mapping[str, int]) -> bool:
    """A block that calls only itself is not used."""
    own = sum(read == statement.name for read in _read(walked(statement))) if isinstance(statement, nodes.Block) else 0
    return used[statement.name] <= own


def _read(parts: Iterable[nodes.Node]) -> Iterator[str]:
    """The names that stand in some parts of a text where a name is read, and perhaps more."""
    for node in parts:
        match node:
            case nodes.Name(name=name) | nodes.Call(name=name) | nodes.Item(name=name):
                yield name
            case _:
                pass

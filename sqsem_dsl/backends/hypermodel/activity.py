"""Where choices are active, by the places of the spec that declare them.

The compiled space knows the conditions of each choice. If none of them lies in a part of the spec, the choice is active
whenever that part is reached, even where the text alone (`reads`) does not show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.declarations import Entry
from sqsem_dsl.backends.hypermodel.scope import Scope, Template
from sqsem_dsl.backends.hypermodel.writer import names_in
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical


def regions(node: nodes.Node, scope: Scope) -> tuple[Span, ...]:
    """The text of a node, and of the blocks that it uses."""
    found = {node.whole: None}
    waiting = [(names_in(node), scope)]
    while waiting:
        names, own = waiting.pop()
        for name in sorted(names):
            match own.names.get(name):
                case Template(block=block, scope=inner) if block.whole not in found:
                    found[block.whole] = None
                    waiting.append((names_in(block.body), inner))
                case _:
                    pass
    return tuple(found)


def _within(span: Span, several: Sequence[Span]) -> bool:
    return any(each.source is span.source and each.start <= span.start and span.end <= each.end for each in several)


@dataclass(frozen=True)
class Activity:
    """The hyperparameters of a space."""

    entries: tuple[Entry, ...] = ()

    def must_be_read(self, place: Span, parts: Sequence[Span]) -> bool:
        """Whether the choices that are declared at a place depend on no choice in some parts of the spec."""
        found = [entry for entry in self.entries if entry.choice.span == place]
        return bool(found) and all(
            not entry.wider and not any(_within(parent.span, parts) for parent, _ in entry.when) for entry in found
        )

    def must_be_reached(self, parts: Sequence[Span], mentioned: frozenset[str]) -> bool:
        """Whether the choices in some parts of the spec depend only on each other, and on choices with names that are
        mentioned there."""
        found = [entry for entry in self.entries if _within(entry.choice.span, parts)]
        return all(
            not entry.wider
            and all(_within(parent.span, parts) or parent.at.leaf in mentioned for parent, _ in entry.when)
            for entry in found
        )

    def read_in_every_iteration(self, name: str | None, parts: Sequence[Span]) -> bool:
        """Whether the choices in the body of a repeat, which has a name and is in some parts of the spec, are active in
        each iteration that there is."""
        for entry in self.entries:
            if not _within(entry.choice.span, parts):
                continue
            for parent, values in entry.when:
                if parent.kind != "repeat" or parent.at.leaf != name:
                    continue
                inside = entry.choice.at.parts[len(parent.at.parts) - 1]
                counts = parent.domain.values if isinstance(parent.domain, Categorical) else ()
                if any(n not in values for n in counts if isinstance(n, int) and n > int(inside.indices[0])):
                    return False
        return True

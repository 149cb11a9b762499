"""The line breaks of a text that the formatter keeps: after an opening brace, before an arrow of a pipe, and in all
constructs that contain such a break."""

from __future__ import annotations

from typing import Any

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.format.expressions import value_of
from sqsem_dsl.format.layout import Places


class Author:
    """Questions about the layout of the old text, by nodes."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._known: dict[int, bool] = {}

    def breaks(self, node: Any) -> bool:
        """Whether a node keeps its line breaks because its author broke it after a brace or before an arrow."""
        if not self.places.known:
            return False
        found = self._known.get(id(node))
        if found is None:
            found = self._known[id(node)] = self._breaks(node)
        return found

    def _breaks(self, node: Any) -> bool:
        match node:
            case m.Pipe():
                broken = any(self.places.breaks_before(stage) for stage in node.stages)
                return broken or any(self.breaks(part) for part in (node.source, *node.stages))
            case m.Choose() | m.Pick():
                broken = self.places.broken(self.places.opening(node))
                return broken or any(self.inner_breaks(a.body) for a in node.alternatives)
            case m.When():
                if self.braces_break(node.then):
                    return True
                return self.braces_break(node.other) if isinstance(node.other, m.Body) else self.breaks(node.other)
            case m.Repeat():
                return any(self.breaks(each.value) for each in node.carried) or self.braces_break(node.body)
            case m.Group() | m.Slot() | m.OptionalInput() | m.Bypass():
                return self.braces_break(node.body)
            case m.Call():
                return any(self.breaks(argument.value) for argument in node.arguments)
            case m.ListOf():
                return any(self.breaks(item) for item in node.items)
            case m.Binary():
                return self.breaks(node.left) or self.breaks(node.right)
            case m.Unary():
                return self.breaks(node.operand)
            case m.Member():
                return self.breaks(node.item) or self.breaks(node.options)
            case m.AnyOf():
                return self.breaks(node.domain)
            case _:
                return False

    def braces_break(self, body: m.Body) -> bool:
        """Whether a body in braces is broken after the opening brace, or inside."""
        return self.places.broken(self.places.before(body)) or self.inner_breaks(body)

    def inner_breaks(self, body: m.Body) -> bool:
        return any(self.breaks(value_of(s)) for s in body.statements) or any(map(self.breaks, body.outs))

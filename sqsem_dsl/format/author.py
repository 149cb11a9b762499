"""What the author of a text broke over lines, and what stays broken: braces that a new line follows, pipes with a
new line before an arrow, and all that holds such a thing."""

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
        """Whether a node keeps lines of its own because its author broke it after a brace or before an arrow."""
        if not self.places.known:
            return False
        found = self._known.get(id(node))
        if found is None:
            found = self._known[id(node)] = self._breaks(node)
        return found

    def _breaks(self, node: Any) -> bool:
        match node:
            case m.Pipe():
                if any(self.places.breaks_before(self.places.start(stage)) for stage in node.stages):
                    return True
                return self.breaks(node.source) or any(self.breaks(stage) for stage in node.stages)
            case m.Choose() | m.Pick():
                broken = self.places.broken(self.places.opener(self.header_end(node)))
                return broken or any(self.inner_breaks(a.body) for a in node.alternatives)
            case m.When():
                opener = self.places.opener(self.header_end(node))
                if self.places.broken(opener) or self.inner_breaks(node.then):
                    return True
                match node.other:
                    case None:
                        return False
                    case m.When():
                        return self.breaks(node.other)
                    case m.Body():
                        second = self.places.opener(self.places.closer(opener))
                        return self.places.broken(second) or self.inner_breaks(node.other)
            case m.Group():
                return self.places.broken(self.places.start(node)) or self.inner_breaks(node.body)
            case m.Slot() | m.OptionalInput() | m.Repeat() | m.Bypass():
                opener = self.places.opener(self.header_end(node))
                return self.places.broken(opener) or self.inner_breaks(node.body)
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

    def inner_breaks(self, body: m.Body) -> bool:
        return any(self.breaks(value_of(s)) for s in body.statements) or self.breaks(body.out)

    def header_end(self, node: m.Structure) -> int:
        match node:
            case m.Pick():
                return self.places.end(node.domain)
            case m.Bypass() if node.domain is not None:
                return self.places.end(node.domain)
            case m.Repeat():
                parts = [part for part in (node.domain, node.count) if part is not None]
                return max([node.span.end, *map(self.places.end, parts)])
            case m.When():
                return self.places.end(node.test)
            case _:
                return node.span.end

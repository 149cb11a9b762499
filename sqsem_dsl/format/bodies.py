"""Lays the statements, structures and expressions of a spec out as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.format.author import Author
from sqsem_dsl.format.expressions import (
    OR,
    SUM,
    flat,
    flat_alternative,
    hangs,
    header,
    is_structure,
    label,
    lead,
    level,
    opening,
    prefix_of,
    prior_of,
    repeat_head,
    sides,
    tail,
    value_alone,
    value_of,
)
from sqsem_dsl.format.layout import Line, Lines, Places, hang, joined, suffix
from sqsem_dsl.format.tables import table_lines

WIDTH = 100


class BodyPrinter:
    """Lays nodes out as lines. `indent` is the column at which the following lines of a construct are aligned, `used`
    the number of characters before it (and after it) on its first line."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.author = Author(places)
        self.rows: dict[int, str] = {}

    def statement(self, node: Any, indent: int) -> Lines:
        row = self.rows.get(id(node))
        if row is not None:
            return [Line(indent, row, anchor=self.start(node), start=True)]
        prefix, end = lead(node), tail(node)
        made = suffix(self.value(value_of(node), indent, len(prefix) + len(end), arrows=indent + 2), end)
        made = hang(prefix, made, indent, self.start(node), start=True)
        if isinstance(node, m.Param) and node.indices is not None:
            commented = self.places.commented(self.start(node), self.places.end(node.indices))
            if commented or indent + len(made[0].text) > WIDTH:
                return self.family(node, node.indices, indent)
        return made

    def family(self, node: m.Param, indices: m.Indices, indent: int) -> Lines:
        """A family of choices with a broken header: its indices fill the lines, and its condition begins one."""
        lines = [Line(indent, f"param {node.name}[", anchor=self.start(node), start=True)]
        room = False
        for number, axis in enumerate(indices.axes, start=1):
            made = self.value(axis.domain, indent + 2, len(axis.name) + 5)
            made = hang(f"{axis.name} in ", made, indent + 2, self.start(axis))
            room = self.packed(lines, suffix(made, "," if number < len(indices.axes) else ""), indent + 2, room)
        if indices.where is not None:
            made = self.value(indices.where, indent + 2, len("where "), least=OR)
            lines += hang("where ", made, indent + 2, self.places.before(indices.where))
        made = self.value(node.domain, indent, len("] in ") + len(tail(node)))
        return lines + hang("] in ", suffix(made, tail(node)), indent, self.places.closing(indices))

    def statements(self, body: m.Body, indent: int) -> Lines:
        """Statements, one per line, and `out` last."""
        lines: Lines = []
        self.rows |= table_lines(body.statements, WIDTH - indent, self.places)
        for statement in body.statements:
            lines += self.statement(statement, indent)
        if not body.more:
            made = self.value(body.out, indent, 4, arrows=indent + 2)
            return lines + hang("out ", made, indent, self.places.before(body.out), start=True)
        anchor, text = self.places.before(body.out), f"out {', '.join(map(flat, body.outs))}"
        if self.fits(body.outs, indent, text):
            return [*lines, Line(indent, text, anchor=anchor, start=True)]
        return lines + hang("out ", self.one_below_the_other(body.outs, indent + 4), indent, anchor, start=True)

    def fits(self, several: Sequence[m.Node], column: int, text: str) -> bool:
        """Whether values in a row fit on a line, without line breaks of their author or comments between them."""
        if column + len(text) > WIDTH or any(self.author.breaks(value_alone(node)) for node in several):
            return False
        return not self.places.commented(self.start(several[0]), self.places.end(several[-1]))

    def one_below_the_other(self, several: Sequence[m.Node], indent: int) -> Lines:
        """Values, or carried tensors with their names, with commas between them."""
        lines: Lines = []
        for node in several:
            name = f"{node.name} = " if isinstance(node, m.Carried) else ""
            made = self.value(value_alone(node), indent, len(name) + 2, arrows=indent + 2)
            lines = (suffix(lines, ",") if lines else []) + hang(name, made, indent, self.start(node), start=True)
        return lines

    def inside(self, body: m.Body, indent: int) -> Lines:
        """The content of braces on separate lines."""
        if body.statements or body.more:
            return self.statements(body, indent)
        return hang("", self.value(body.out, indent, 0, arrows=indent), indent, self.start(body.out), start=True)

    def value(self, node: Any, indent: int, used: int, arrows: int | None = None, least: int = 0) -> Lines:
        """The lines of a node; the first begins `used` characters after `indent`. `arrows` is the column of a broken
        pipe's `->`; `least` the level below which it needs parentheses."""
        text = flat(node, least)
        start, end = self.start(node), self.places.end(node)
        if (
            indent + used + len(text) <= WIDTH
            and not self.author.breaks(node)
            and not self.places.commented(start, end)
        ):
            return [Line(indent, text, anchor=start)]
        if level(node) < least:
            return suffix(hang("(", self.value(node, indent, used + 1), indent, start), ")")
        match node:
            case m.Pipe():
                return self.pipe(node, indent, used, indent + 2 if arrows is None else arrows)
            case m.Call() if node.arguments:
                return self.call(node, indent, used)
            case m.ListOf() if node.items:
                return self.listing(node, indent)
            case m.AnyOf():
                prior = prior_of(node)
                made = suffix(self.value(node.domain, indent, used + 4 + len(prior)), prior)
                return hang("any ", made, indent, start)
            case m.Unary():
                made = self.value(node.operand, indent, used + len(prefix_of(node)), least=level(node))
                return hang(prefix_of(node), made, indent, start)
            case m.Binary():
                return self.binary(node, indent, used)
            case m.Member():
                left = self.value(node.item, indent, used, least=SUM)
                right = self.value(node.options, indent, len(left[-1].text) + 4)
                return joined(left, " in ", right)
            case m.Group():
                lines = [Line(indent, "{", anchor=start), *self.inside(node.body, indent + 2)]
                return [*lines, self.brace(indent, self.places.closing(node))]
            case m.Choose() | m.Pick() | m.Slot() | m.OptionalInput() | m.Repeat() | m.Bypass() | m.When():
                return self.structure(node, indent, used)
            case _:
                return [Line(indent, text, anchor=start)]

    def pipe(self, node: m.Pipe, indent: int, used: int, arrows: int) -> Lines:
        parts = [node.source, *node.stages]
        own = [self.places.breaks_before(stage) for stage in node.stages]
        head = " -> ".join(flat(part) for part in parts[:-1]) + " -> "
        quiet = not any(self.author.breaks(part) for part in parts[:-1])
        quiet = quiet and not self.places.commented(self.start(node), self.start(parts[-1]))
        if (
            arrows > indent
            and quiet
            and not any(own)
            and hangs(parts[-1], WIDTH - arrows - len("-> "))
            and indent + used + len(head) + len(opening(parts[-1])) <= WIDTH
        ):
            # only the last stage has separate lines: its braces close at the statement's column
            return hang(head, self.value(parts[-1], indent, used + len(head)), indent, self.start(node))
        lines = self.value(node.source, arrows if arrows > indent else indent, used)
        lines[0].indent = indent
        room = len(lines) == 1
        for stage, broken in zip(node.stages, own, strict=True):
            text = f"-> {flat(stage)}"
            anchor = self.start(stage)
            simple = not self.author.breaks(stage) and not self.places.commented(anchor, self.places.end(stage))
            last = lines[-1]
            before = indent + used if len(lines) == 1 else last.indent
            clear = not self.places.commented(last.anchor, anchor)
            fits = before + len(last.text) + 1 + len(text) <= WIDTH
            packed = self.places.known or not is_structure(stage)
            if simple and not broken and room and fits and clear and packed:
                last.text += f" {text}"
                continue
            made = self.value(stage, arrows + 3, 0)
            lines += hang("-> ", made, arrows, anchor)
            room = len(made) == 1
        return lines

    def call(self, node: m.Call, indent: int, used: int) -> Lines:
        start = self.start(node)
        only = node.arguments[0]
        if len(node.arguments) == 1 and only.name is None and is_structure(only.value):
            made = self.value(only.value, indent, used + len(node.name) + 1)
            if not self.places.commented(start, self.start(only.value)):
                return suffix(hang(f"{node.name}(", made, indent, start), f"){label(node)}")
        lines = [Line(indent, f"{node.name}(", anchor=start)]
        packed = not any(isinstance(a.value, m.Pipe) or is_structure(a.value) for a in node.arguments)
        room = False
        for argument in node.arguments:
            prefix = f"{argument.name} = " if argument.name is not None else ""
            made = suffix(self.value(argument.value, indent + 2, len(prefix) + 1), ",")
            made = hang(prefix, made, indent + 2, self.start(argument), start=True)
            room = self.packed(lines, made, indent + 2, room and packed)
        return [*lines, Line(indent, f"){label(node)}", anchor=self.places.partner(self.places.after(start)))]

    def packed(self, lines: Lines, made: Lines, indent: int, room: bool) -> bool:
        """Adds the lines of an argument or an item to those before, starting on the last of them if there is room.
        Returns whether the last line has room for more."""
        last, clear = lines[-1], not self.places.commented(lines[-1].anchor, made[0].anchor)
        if room and clear and len(made) == 1 and indent + len(last.text) + 1 + len(made[0].text) <= WIDTH:
            last.text += f" {made[0].text}"
            return True
        lines += made
        return len(made) == 1

    def listing(self, node: m.ListOf, indent: int) -> Lines:
        """A broken list: its items fill the lines."""
        start = self.start(node)
        lines = [Line(indent, "[", anchor=start)]
        room = False
        for item in node.items:
            room = self.packed(lines, suffix(self.value(item, indent + 2, 1), ","), indent + 2, room)
        return [*lines, Line(indent, "]", anchor=self.places.closing(node))]

    def binary(self, node: m.Binary, indent: int, used: int) -> Lines:
        """A long chain of operators of one level: broken before each operator that would not fit."""
        left_least, right_least = sides(node)
        right: list[tuple[str, Any]] = []
        first: Any = node
        while (
            isinstance(first, m.Binary) and level(first) == level(node) and (right == [] or left_least == level(node))
        ):
            right.append((first.operator, first.right))
            first = first.left
        lines = self.value(first, indent, used, least=left_least)
        for operator, operand in reversed(right):
            made = self.value(operand, indent + 2, len(operator) + 1, least=right_least)
            before = indent + used if len(lines) == 1 else lines[-1].indent
            clear = not self.places.commented(lines[-1].anchor, self.start(operand))
            if (
                clear
                and len(made) == 1
                and before + len(lines[-1].text) + len(operator) + 2 + len(made[0].text) <= WIDTH
            ):
                lines[-1].text += f" {operator} {made[0].text}"
                continue
            lines += hang(f"{operator} ", made, indent + 2, self.start(operand))
        return lines

    def structure(self, node: m.Structure, indent: int, used: int = 0) -> Lines:
        lines = [Line(indent, f"{header(node)} {{", anchor=self.start(node))]
        if isinstance(node, m.Repeat) and node.carried and not self.fits(node.carried, indent + used, lines[0].text):
            rows = suffix(self.one_below_the_other(node.carried, indent + 4), " {")
            lines = [Line(indent, f"{repeat_head(node)} carry", anchor=self.start(node)), *rows]
        match node:
            case m.Choose() | m.Pick():
                for alternative in node.alternatives:
                    lines += self.alternative(alternative, indent + 2)
            case m.When():
                lines += self.inside(node.then, indent + 2)
                return lines + self.otherwise(node.other, indent, self.closing(node.then))
            case _:
                lines += self.inside(node.body, indent + 2)
        return [*lines, self.brace(indent, self.places.closing(node))]

    def otherwise(self, other: m.Body | m.When | None, indent: int, closer: int) -> Lines:
        """The closing brace of an `if`, with the rest of its line."""
        match other:
            case None:
                return [self.brace(indent, closer)]
            case m.When():
                return hang("} else ", self.structure(other, indent), indent, closer)
            case m.Body():
                lines = [Line(indent, "} else {", anchor=closer), *self.inside(other, indent + 2)]
                return [*lines, self.brace(indent, self.closing(other))]

    def alternative(self, node: m.Alternative, indent: int) -> Lines:
        text = flat_alternative(node)
        anchor = self.start(node)
        prefix = f"{node.name}: "
        if not node.body.statements and not node.body.more:
            made = self.value(node.body.out, indent, len(prefix), arrows=indent + 2)
            return hang(prefix, made, indent, anchor, start=True)
        end = self.places.end(node.body)
        if (
            indent + len(text) <= WIDTH
            and not self.places.commented(anchor, end)
            and not self.author.inner_breaks(node.body)
        ):
            return [Line(indent, text, anchor=anchor, start=True)]
        return [Line(indent, f"{node.name}:", anchor=anchor, start=True), *self.statements(node.body, indent + 2)]

    def brace(self, indent: int, anchor: int) -> Line:
        return Line(indent, "}", anchor=anchor)

    def closing(self, body: m.Body) -> int:
        """The brace that closes a body in braces."""
        return self.places.partner(self.places.before(body))

    def start(self, node: m.Node) -> int:
        return self.places.start(node)

"""The formatter: a spec as text, in one canonical layout that keeps comments and the author's paragraphs.

A line holds up to 100 characters. Constructs that fit on one line are printed on one, unless their author broke them:
after an opening brace, or before the `->` of a pipe. A broken pipe keeps the author's breaks, puts every structure that
does not fit on a line on separate lines, and fills the rest. `read(print_spec(spec)).spec == spec` for every spec.
"""

from __future__ import annotations

from typing import Any

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.format.author import Author
from sqsem_dsl.format.expressions import (
    SUM,
    block_header,
    flat,
    flat_alternative,
    flat_formal,
    flat_inside,
    header,
    label,
    lead,
    level,
    prefix_of,
    setting_name,
    sides,
    use_line,
    value_of,
)
from sqsem_dsl.format.layout import Line, Places, finish
from sqsem_dsl.format.tables import table_lines
from sqsem_dsl.syntax.tokens import Tokens

WIDTH = 100

Lines = list[Line]


def print_spec(spec: m.Spec, tokens: Tokens | None = None) -> str:
    """The text of a spec. With the tokens of the original text, its comments and its author's breaks are kept."""
    places = Places(tokens)
    return finish(_Printer(places).spec(spec), places)


class _Printer:
    """Lays nodes out as lines. `indent` is the column at which the following lines of a construct are aligned, `used`
    the number of characters before it (and after it) on its first line."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.author = Author(places)
        self.rows: dict[int, str] = {}

    # ---- files

    def spec(self, spec: m.Spec) -> Lines:
        lines: Lines = []
        if spec.version is not None:
            lines.append(Line(0, f"sqs {spec.version}", anchor=self.start(spec)))
        for use in spec.uses:
            lines.append(Line(0, use_line(use), anchor=self.start(use), start=True))
        for number, definition in enumerate(spec.definitions):
            made = self.definition(definition)
            made[0].wants_gap = number > 0 or bool(spec.uses)
            lines += made
        return lines

    def definition(self, node: m.Space | m.Block) -> Lines:
        match node:
            case m.Space():
                return self.space(node)
            case m.Block():
                return self.block(node, 0)

    def space(self, space: m.Space) -> Lines:
        lines = [Line(0, f"space {space.name} {{", anchor=self.start(space), start=True)]
        if space.doc is not None:
            lines.append(self.doc(space, space.doc, 2))
        self.rows |= table_lines(space.items, WIDTH - 2, self.places)
        for number, item in enumerate(space.items):
            made = self.item(item, 2)
            before = space.items[number - 1] if number else None
            made[0].wants_gap = _apart(before, item) if before is not None else space.doc is not None
            lines += made
        return [*lines, self.brace(0, self.places.closing(space))]

    def doc(self, node: m.Space | m.Block, text: str, indent: int) -> Line:
        """The first item in the braces."""
        return Line(indent, f'"{text}"', anchor=self.places.after(self.places.opening(node)), start=True)

    def item(self, item: Any, indent: int) -> Lines:
        match item:
            case m.Block():
                return self.block(item, indent)
            case m.Settings():
                return self.settings(item, indent)
            case _:
                return self.statement(item, indent)

    def block(self, block: m.Block, indent: int) -> Lines:
        anchor, closer = self.start(block), self.places.closing(block)
        head = block_header(block)
        inside = " ".join([f'"{block.doc}"'] if block.doc is not None else []) + (" " if block.doc is not None else "")
        text = f"{head} {{ {inside}{self._out_text(block.body)} }}"
        fits = indent + len(text) <= WIDTH and not block.body.statements and block.doc is None
        if fits and not self.places.broken(self.places.opening(block)) and not self.places.commented(anchor, closer):
            return [Line(indent, text, anchor=anchor, start=True)]
        if indent + len(head) + 2 > WIDTH:
            lines = [Line(indent, head.split("(", 1)[0] + "(", anchor=anchor, start=True)]
            room = False
            for formal in block.formals:
                made = [Line(indent + 2, flat_formal(formal) + ",", anchor=self.start(formal))]
                room = self.packed(lines, made, indent + 2, room)
            lines += [Line(indent, ") {")]
        else:
            lines = [Line(indent, f"{head} {{", anchor=anchor, start=True)]
        if block.doc is not None:
            lines.append(self.doc(block, block.doc, indent + 2))
        lines += self.statements(block.body, indent + 2)
        return [*lines, self.brace(indent, closer)]

    def _out_text(self, body: m.Body) -> str:
        return f"out {flat(body.out)}" if not body.statements else flat_inside(body)

    def settings(self, settings: m.Settings, indent: int) -> Lines:
        anchor, closer = self.start(settings), self.places.closing(settings)
        each = [f"{setting_name(s)} = {flat(s.value)}" for s in settings.settings]
        text = f"{settings.section} {{ {'  '.join(each)} }}" if each else f"{settings.section} {{}}"
        known = self.places.known
        fits = indent + len(text) <= WIDTH and (known or len(each) <= 3)
        if fits and not self.places.broken(self.places.opening(settings)) and not self.places.commented(anchor, closer):
            return [Line(indent, text, anchor=anchor, start=True)]
        lines = [Line(indent, f"{settings.section} {{", anchor=anchor, start=True)]
        wide = max((len(setting_name(s)) for s in settings.settings), default=0)
        for setting in settings.settings:
            prefix = f"{setting_name(setting):{wide}} = "
            made = self.value(setting.value, indent + 2, len(prefix))
            lines += hang(prefix, made, indent + 2, self.start(setting), start=True)
        return [*lines, self.brace(indent, closer)]

    # ---- statements and bodies

    def statement(self, node: Any, indent: int) -> Lines:
        row = self.rows.get(id(node))
        if row is not None:
            return [Line(indent, row, anchor=self.start(node), start=True)]
        prefix = lead(node)
        made = self.value(value_of(node), indent, len(prefix), arrows=indent + 2)
        return hang(prefix, made, indent, self.start(node), start=True)

    def statements(self, body: m.Body, indent: int) -> Lines:
        """Statements, one per line, and `out` last."""
        lines: Lines = []
        self.rows |= table_lines(body.statements, WIDTH - indent, self.places)
        for statement in body.statements:
            lines += self.statement(statement, indent)
        made = self.value(body.out, indent, 4, arrows=indent + 2)
        return lines + hang("out ", made, indent, self.places.before(body.out), start=True)

    def inside(self, body: m.Body, indent: int) -> Lines:
        """The content of braces on separate lines."""
        if body.statements:
            return self.statements(body, indent)
        return hang("", self.value(body.out, indent, 0, arrows=indent), indent, self.start(body.out), start=True)

    # ---- values

    def value(self, node: Any, indent: int, used: int, arrows: int | None = None, least: int = 0) -> Lines:
        """The lines of a node; the first begins `used` characters after `indent`. `arrows` is the column of a broken
        pipe's
        `->`; `least` the level below which it needs parentheses."""
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
                return hang("any ", self.value(node.domain, indent, used + 4), indent, start)
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
                return self.structure(node, indent)
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
            and self.hangs(parts[-1], arrows)
            and self.first_fits(parts[-1], indent + used + len(head))
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
            packed = self.places.known or not _is_structure(stage)
            if simple and not broken and room and fits and clear and packed:
                last.text += f" {text}"
                continue
            made = self.value(stage, arrows + 3, 0)
            lines += hang("-> ", made, arrows, anchor)
            room = len(made) == 1
        return lines

    def hangs(self, stage: Any, arrows: int) -> bool:
        """Whether a last stage may begin on the line of its pipe, with more lines below: a structure, or a call of one
        pipe that does not fit on a line."""
        match stage:
            case m.Call(arguments=(m.Argument(name=None, value=m.Pipe()),)):
                return arrows + len("-> ") + len(flat(stage)) > WIDTH
            case _:
                return _is_structure(stage)

    def first_fits(self, node: Any, column: int) -> bool:
        match node:
            case m.Group():
                first = "{"
            case m.Call():
                first = f"{node.name}("
            case _:
                first = f"{header(node)} {{"
        return column + len(first) <= WIDTH

    def call(self, node: m.Call, indent: int, used: int) -> Lines:
        start = self.start(node)
        only = node.arguments[0]
        if len(node.arguments) == 1 and only.name is None and _is_structure(only.value):
            made = self.value(only.value, indent, used + len(node.name) + 1)
            if not self.places.commented(start, self.start(only.value)):
                return suffix(hang(f"{node.name}(", made, indent, start), f"){label(node)}")
        lines = [Line(indent, f"{node.name}(", anchor=start)]
        packed = not any(isinstance(a.value, m.Pipe) or _is_structure(a.value) for a in node.arguments)
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

    def structure(self, node: m.Structure, indent: int) -> Lines:
        lines = [Line(indent, f"{header(node)} {{", anchor=self.start(node))]
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
        if not node.body.statements:
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


def hang(prefix: str, lines: Lines, indent: int, anchor: int, start: bool = False) -> Lines:
    """Lines with a prefix before the first, which moves to `indent`."""
    first = lines[0]
    first.text, first.indent, first.start = prefix + first.text, indent, first.start or start
    first.anchor = min(anchor, first.anchor) if first.anchor >= 0 and anchor >= 0 else max(anchor, first.anchor)
    return lines


def suffix(lines: Lines, text: str) -> Lines:
    lines[-1].text += text
    return lines


def joined(left: Lines, between: str, right: Lines) -> Lines:
    left[-1].text += between + right[0].text
    return left + right[1:]


def _is_structure(node: Any) -> bool:
    return isinstance(node, m.Slot | m.OptionalInput | m.Choose | m.Pick | m.Repeat | m.Bypass | m.When | m.Group)


_KINDS = {"input": 1, "const": 2, "param": 2, "let": 3, "output": 4, "require": 5, "settings": 6, "block": 7}


def _apart(before: Any, item: Any) -> bool:
    """Whether a spec without an original text gets an empty line between two items."""
    return _KINDS[before.kind] != _KINDS[item.kind] or item.kind in ("block", "settings")

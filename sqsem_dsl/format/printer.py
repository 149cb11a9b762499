"""The formatter: a spec as text, in one canonical layout that keeps comments and the author's paragraphs.

A line holds up to 100 characters. Constructs that fit on one line are printed on one, unless their author broke them:
after an opening brace, or before the `->` of a pipe. A broken pipe keeps the author's breaks, puts every structure that
does not fit on a line on separate lines, and fills the rest. `read(print_spec(spec)).spec == spec` for every spec.
"""

from __future__ import annotations

from typing import Any

from sqsem_dsl.ast import outline
from sqsem_dsl.format.bodies import WIDTH, BodyPrinter
from sqsem_dsl.format.expressions import block_header, flat, flat_formal, setting_name, use_line
from sqsem_dsl.format.layout import Line, Lines, Places, finish, hang
from sqsem_dsl.format.tables import table_lines
from sqsem_dsl.syntax.tokens import Tokens


def print_spec(spec: outline.Spec, tokens: Tokens | None = None) -> str:
    """The text of a spec. With the tokens of the original text, its comments and its author's breaks are kept."""
    places = Places(tokens)
    return finish(_spec(BodyPrinter(places), spec), places)


def _spec(bodies: BodyPrinter, spec: outline.Spec) -> Lines:
    lines: Lines = []
    if spec.version is not None:
        lines.append(Line(0, f"sqs {spec.version}", anchor=bodies.start(spec)))
    for use in spec.uses:
        lines.append(Line(0, use_line(use), anchor=bodies.start(use), start=True))
    for number, definition in enumerate(spec.definitions):
        made = _definition(bodies, definition)
        made[0].wants_gap = number > 0 or bool(spec.uses)
        lines += made
    return lines


def _definition(bodies: BodyPrinter, node: outline.Space | outline.Block) -> Lines:
    match node:
        case outline.Space():
            return _space(bodies, node)
        case outline.Block():
            return _block(bodies, node, 0)


def _space(bodies: BodyPrinter, space: outline.Space) -> Lines:
    lines = [Line(0, f"space {space.name} {{", anchor=bodies.start(space), start=True)]
    if space.doc is not None:
        lines.append(_doc(bodies, space, space.doc, 2))
    bodies.rows |= table_lines(space.items, WIDTH - 2, bodies.places)
    for number, item in enumerate(space.items):
        made = _item(bodies, item, 2)
        before = space.items[number - 1] if number else None
        made[0].wants_gap = _apart(before, item) if before is not None else space.doc is not None
        lines += made
    return [*lines, bodies.brace(0, bodies.places.closing(space))]


def _doc(bodies: BodyPrinter, node: outline.Space | outline.Block, text: str, indent: int) -> Line:
    """The first item in the braces."""
    return Line(indent, f'"{text}"', anchor=bodies.places.after(bodies.places.opening(node)), start=True)


def _item(bodies: BodyPrinter, item: Any, indent: int) -> Lines:
    match item:
        case outline.Block():
            return _block(bodies, item, indent)
        case outline.Settings():
            return _settings(bodies, item, indent)
        case _:
            return bodies.statement(item, indent)


def _block(bodies: BodyPrinter, block: outline.Block, indent: int) -> Lines:
    places = bodies.places
    anchor, closer = places.start(block), places.closing(block)
    head = block_header(block)
    text = f"{head} {{ out {flat(block.body.out)} }}"
    fits = indent + len(text) <= WIDTH and not block.body.statements and block.doc is None
    if fits and not places.broken(places.opening(block)) and not places.commented(anchor, closer):
        return [Line(indent, text, anchor=anchor, start=True)]
    if indent + len(head) + 2 > WIDTH:
        lines = [Line(indent, head.split("(", 1)[0] + "(", anchor=anchor, start=True)]
        room = False
        for formal in block.formals:
            made = [Line(indent + 2, flat_formal(formal) + ",", anchor=bodies.start(formal))]
            room = bodies.packed(lines, made, indent + 2, room)
        lines += [Line(indent, ") {")]
    else:
        lines = [Line(indent, f"{head} {{", anchor=anchor, start=True)]
    if block.doc is not None:
        lines.append(_doc(bodies, block, block.doc, indent + 2))
    lines += bodies.statements(block.body, indent + 2)
    return [*lines, bodies.brace(indent, closer)]


def _settings(bodies: BodyPrinter, settings: outline.Settings, indent: int) -> Lines:
    places = bodies.places
    anchor, closer = places.start(settings), places.closing(settings)
    each = [f"{setting_name(s)} = {flat(s.value)}" for s in settings.settings]
    text = f"{settings.section} {{ {'  '.join(each)} }}" if each else f"{settings.section} {{}}"
    fits = indent + len(text) <= WIDTH and (places.known or len(each) <= 3)
    if fits and not places.broken(places.opening(settings)) and not places.commented(anchor, closer):
        return [Line(indent, text, anchor=anchor, start=True)]
    lines = [Line(indent, f"{settings.section} {{", anchor=anchor, start=True)]
    wide = max((len(setting_name(s)) for s in settings.settings), default=0)
    for setting in settings.settings:
        prefix = f"{setting_name(setting):{wide}} = "
        made = bodies.value(setting.value, indent + 2, len(prefix))
        lines += hang(prefix, made, indent + 2, bodies.start(setting), start=True)
    return [*lines, bodies.brace(indent, closer)]


_KINDS = {"input": 1, "const": 2, "param": 2, "let": 3, "lets": 3, "output": 4, "require": 5, "settings": 6, "block": 7}


def _apart(before: Any, item: Any) -> bool:
    """Whether a spec without an original text gets an empty line between two items."""
    return _KINDS[before.kind] != _KINDS[item.kind] or item.kind in ("block", "settings")

"""Expressions, structures and statements as one line of text, with the fewest parentheses that preserve their
meaning."""

from __future__ import annotations

from typing import Any, assert_never

from sqsem_dsl.ast import nodes as m
from sqsem_dsl.ast import outline

PIPE, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, POWER, ATOM = range(10)
"""The binding strength of the levels of the grammar, weakest first."""

_LEVELS = {"or": OR, "and": AND, "+": SUM, "-": SUM, "**": POWER}
_LEVELS |= dict.fromkeys(["<", "<=", ">", ">=", "==", "!="], COMPARE) | dict.fromkeys(["*", "/", "//", "%"], PRODUCT)
_SIDES = {
    OR: (OR, AND), AND: (AND, NOT), COMPARE: (SUM, SUM), SUM: (SUM, PRODUCT), PRODUCT: (PRODUCT, UNARY),
    POWER: (ATOM, UNARY),
}  # fmt: skip
"""The lowest level that the left and the right operand of an operator may have without parentheses."""

AnyExpr = (
    m.Number | m.Text | m.Name | m.Call | m.Item | m.ChoicePath | m.Unary | m.Binary | m.Member | m.Pipe | m.Slot
    | m.OptionalInput | m.Choose | m.Pick | m.Repeat | m.Bypass | m.When | m.Group | m.ListOf | m.Range | m.AnyOf
    | m.Every
)  # fmt: skip
AnyStatement = outline.Input | outline.Output | m.Const | m.Param | m.Let | m.LetSeveral | m.Require


def level(node: AnyExpr) -> int:
    """The binding strength of the outermost operator of a node."""
    match node:
        case m.Pipe():
            return PIPE
        case m.Binary():
            return _LEVELS[node.operator]
        case m.Member():
            return COMPARE
        case m.Unary():
            return NOT if node.operator == "not" else UNARY
        case _:
            return ATOM


def sides(node: m.Binary) -> tuple[int, int]:
    """The lowest levels of the two operands of a binary operator."""
    return _SIDES[_LEVELS[node.operator]]


def flat(node: Any, least: int = PIPE) -> str:
    """A node of an expression, a stage, a domain or a value on one line; in parentheses if it binds less than
    `least`."""
    text = _flat(node)
    return f"({text})" if level(node) < least else text


def _flat(node: AnyExpr) -> str:
    match node:
        case m.Number():
            return node.text
        case m.Text():
            return f'"{node.value}"'
        case m.Name():
            return node.name + label(node)
        case m.Call():
            return f"{node.name}({', '.join(map(flat_argument, node.arguments))}){label(node)}"
        case m.Item():
            return node.name + "".join(f"[{flat(index, SUM)}]" for index in node.indices)
        case m.Every():
            return "*"
        case m.ChoicePath():
            return ".".join(map(flat, node.steps))
        case m.Unary():
            return prefix_of(node) + flat(node.operand, level(node))
        case m.Binary():
            left, right = sides(node)
            return f"{flat(node.left, left)} {node.operator} {flat(node.right, right)}"
        case m.Member():
            return f"{flat(node.item, SUM)} in {flat(node.options)}"
        case m.Pipe():
            return " -> ".join([flat(node.source), *map(flat, node.stages)])
        case m.ListOf():
            return f"[{', '.join(map(flat, node.items))}]"
        case m.Range():
            step = f" step {flat(node.step, SUM)}" if node.step is not None else ""
            return f"{flat(node.low, SUM)}..{flat(node.high, SUM)}{step}{' log' if node.log else ''}"
        case m.AnyOf():
            return f"any {flat(node.domain)}{prior_of(node)}"
        case m.Group():
            return flat_body(node.body)
        case m.Choose() | m.Pick():
            return f"{header(node)} {{ {'  '.join(map(flat_alternative, node.alternatives))} }}"
        case m.When():
            text = f"{header(node)} {flat_body(node.then)}"
            match node.other:
                case None:
                    return text
                case m.Body():
                    return f"{text} else {flat_body(node.other)}"
                case m.When():
                    return f"{text} else {flat(node.other)}"
                case _:
                    assert_never(node.other)
        case m.Slot() | m.OptionalInput() | m.Repeat() | m.Bypass():
            return f"{header(node)} {flat_body(node.body)}"
        case _:
            assert_never(node)


def label(node: m.Name | m.Call) -> str:
    return f" @{node.label}" if node.label is not None else ""


def prefix_of(node: m.Unary) -> str:
    return "not " if node.operator == "not" else "-"


def flat_argument(argument: m.Argument) -> str:
    return flat(argument.value) if argument.name is None else f"{argument.name} = {flat(argument.value)}"


def header(node: m.Structure) -> str:
    """A structure before its opening brace."""
    match node:
        case m.Slot():
            return f"slot {node.name}{prior_of(node)}"
        case m.OptionalInput():
            return f"optional {node.name}{prior_of(node)}"
        case m.Choose():
            return f"choose {node.name}{prior_of(node)}"
        case m.Pick():
            return f"pick {node.name} in {flat(node.domain)}{prior_of(node)}"
        case m.Repeat():
            carry = f" carry {', '.join(map(flat_carried, node.carried))}" if node.carried else ""
            return f"{repeat_head(node)}{carry}"
        case m.Bypass():
            domain = f" in {flat(node.domain)}" if node.domain is not None else ""
            return f"bypass {node.name}{domain}{prior_of(node)}"
        case m.When():
            return f"if {flat(node.test, OR)}"
        case _:
            assert_never(node)


def opening(node: Any) -> str:
    """The first line of a structure or a call that is broken."""
    match node:
        case m.Group():
            return "{"
        case m.Call():
            return f"{node.name}("
        case m.Repeat() if node.carried:
            return f"{repeat_head(node)} carry"
        case _:
            return f"{header(node)} {{"


def is_structure(node: Any) -> bool:
    return isinstance(node, m.Slot | m.OptionalInput | m.Choose | m.Pick | m.Repeat | m.Bypass | m.When | m.Group)


def hangs(stage: Any, room: int) -> bool:
    """Whether a last stage may begin on the line of its pipe, with more lines below: a structure, or a call of one
    pipe that does not fit into the `room` of a line of its own."""
    match stage:
        case m.Call(arguments=(m.Argument(name=None, value=m.Pipe()),)):
            return len(flat(stage)) > room
        case _:
            return is_structure(stage)


def repeat_head(node: m.Repeat) -> str:
    """A repeat before `carry`, or before its opening brace."""
    index = f" as {node.index}" if node.index is not None else ""
    if node.count is not None:
        return f"repeat {flat(node.count, SUM)}{prior_of(node)}{index}"
    return f"repeat {node.name} in {flat(node.domain)}{prior_of(node)}{index}"


def flat_carried(node: m.Carried) -> str:
    return f"{node.name} = {flat(node.value)}"


def value_alone(node: Any) -> Any:
    """A value in a row of several, without the name of a carried tensor."""
    return node.value if isinstance(node, m.Carried) else node


def prior_of(node: m.Param | m.AnyOf | m.Structure) -> str:
    """The end of a choice: ` prior 24`; nothing if it has no prior.

    A spec in JSON form may have one where a text cannot; it is printed, so that reading the text reports it.
    """
    prior = None if isinstance(node, m.When) else node.prior
    return f" prior {flat(prior, SUM)}" if prior is not None else ""


def flat_inside(body: m.Body) -> str:
    """The text between the braces of a body."""
    if not body.statements and not body.more:
        return flat(body.out)
    return "  ".join([*map(flat_statement, body.statements), f"out {', '.join(map(flat, body.outs))}"])


def flat_body(body: m.Body) -> str:
    return f"{{ {flat_inside(body)} }}"


def flat_alternative(alternative: m.Alternative) -> str:
    return f"{alternative.name}: {flat_inside(alternative.body)}"


def lead(node: AnyStatement) -> str:
    """A statement before its value."""
    match node:
        case outline.Input():
            return f"input {node.name}: "
        case m.Param():
            return f"param {node.name}{_indices_of(node)} in "
        case m.Require():
            return "require "
        case outline.Output() | m.Const() | m.Let():
            return f"{node.kind} {node.name} = "
        case m.LetSeveral():
            return f"let {', '.join(node.names)} = "
        case _:
            assert_never(node)


def _indices_of(node: m.Param) -> str:
    """The indices of a family of choices; nothing for a single one."""
    if node.indices is None:
        return ""
    axes = ", ".join(f"{axis.name} in {flat(axis.domain)}" for axis in node.indices.axes)
    return f"[{axes}]" if node.indices.where is None else f"[{axes} where {flat(node.indices.where, OR)}]"


def value_of(node: AnyStatement) -> Any:
    """What a statement binds to its name, declares, or requires."""
    match node:
        case outline.Input():
            return node.shape
        case m.Param():
            return node.domain
        case m.Require():
            return node.condition
        case outline.Output() | m.Const() | m.Let() | m.LetSeveral():
            return node.value
        case _:
            assert_never(node)


def tail(node: AnyStatement) -> str:
    """A statement after its value."""
    match node:
        case m.Param():
            return prior_of(node)
        case outline.Input(below=below, padded=padded):
            return (f" below {flat(below, SUM)}" if below is not None else "") + (" padded" if padded else "")
        case _:
            return ""


def flat_statement(node: AnyStatement) -> str:
    return lead(node) + flat(value_of(node)) + tail(node)


def flat_formal(formal: outline.Formal) -> str:
    kind = f": {formal.type}" if formal.type is not None else ""
    return formal.name + kind + (f" = {flat(formal.default)}" if formal.default is not None else "")


def setting_name(setting: outline.Setting) -> str:
    return setting.name + (f".{setting.qualifier}" if setting.qualifier is not None else "")


def use_line(use: outline.Use) -> str:
    origin = use.library if use.library is not None else f'"{use.path}"'
    return f"use {', '.join(use.names)} from {origin}"


def block_header(block: outline.Block) -> str:
    sharing = f"{block.sharing} " if block.sharing is not None else ""
    return f"{sharing}block {block.name}({', '.join(map(flat_formal, block.formals))})"

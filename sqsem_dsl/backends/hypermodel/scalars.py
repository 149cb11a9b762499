"""Arithmetic, conditions and sizes of tensors as Python expressions. Known values are folded.

sqsem computes with exact fractions and Python with floats. Comparing or rounding is refused where a difference in the
last digit could change a network (`functions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import assert_never

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.choice_paths import path_value
from sqsem_dsl.backends.hypermodel.functions import (
    FRACTIONS,
    exact,
    function,
    joint,
    most_decimals,
    own_decimals,
    with_bounds,
)
from sqsem_dsl.backends.hypermodel.scope import Family, Later, Scope, Template
from sqsem_dsl.backends.hypermodel.tallies import tally
from sqsem_dsl.backends.hypermodel.values import (
    AND,
    ATOM,
    COMPARISON,
    NOT,
    OR,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    UNKNOWN,
    WHERE,
    Kind,
    Scalar,
    Tensor,
    kind_of,
    known,
)
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.elaborate.vocabulary import known_symbols
from sqsem_dsl.ir.scalars import AXES, CALLABLE, Undefined, compute
from sqsem_dsl.operators.row import Value

_BINDS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "**": POWER}
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
NOTHING = Scalar("None", "int")
"""What replaces a part that is refused."""


def is_scalar(node: object, scope: Scope) -> bool:
    """Whether an argument is a number or the like, and not a tensor."""
    match node:
        case nodes.Name(name="it"):
            return False
        case nodes.Name(name=name):
            return not isinstance(scope.names.get(name), Tensor | Later)
        case nodes.Call(name=name):
            return name in AXES or name in CALLABLE
        case nodes.Pipe():
            return False
        case nodes.Slot() | nodes.OptionalInput() | nodes.Choose() | nodes.Pick() | nodes.Repeat() | nodes.Bypass():
            return False
        case nodes.When():
            return False
        case _:
            return True


def scalar(writer: Writer, node: nodes.Value, scope: Scope) -> Scalar:
    """The code of an expression."""

    def of(part: nodes.Value) -> Scalar:
        return scalar(writer, part, scope)

    match node:
        case nodes.Number(value=value):
            return known(value)
        case nodes.Text(value=text):
            return known(text)
        case nodes.Name(name=name):
            return _name(writer, node, scope, name)
        case nodes.Call(name=name, arguments=arguments) if name in AXES:
            return Scalar(f"{writer.value(arguments[0].value, scope).code}.shape[{AXES[name]}]", "int")
        case nodes.Call(name="where", arguments=arguments):
            return _where(*(of(each.value) for each in arguments))
        case nodes.Call(name="count" | "sum") if writer.in_rule or node.name == "count" or _several(node):
            return tally(writer, node, scope, of)
        case nodes.Call(name=name, arguments=arguments):
            return _function(writer, node, name, [of(each.value) for each in arguments])
        case nodes.Item(name=name) if isinstance(family := scope.names.get(name), Family):
            return writer.module.dispatch.member(writer, node, family, of)
        case nodes.Item():
            indices = [index for index in node.indices if not isinstance(index, nodes.Range | nodes.Every)]
            return _item(writer, node, scope, [of(index) for index in indices])
        case nodes.ChoicePath():
            return _path(writer, node, scope, node.span.text)
        case nodes.Unary(operator="-", operand=operand):
            found = of(operand)
            negative = Scalar(f"-{found.inside(SIGN)}", found.kind, SIGN, decimals=own_decimals(found))
            return _folded("-", [known(0), found], negative)
        case nodes.Unary(operand=operand):
            found = of(operand)
            return _folded("not", [found], Scalar(f"not {found.inside(NOT)}", "bool", NOT))
        case nodes.Binary(operator=operator, left=left, right=right):
            return _binary(writer, node, operator, of(left), of(right))
        case nodes.Member(item=item, options=options):
            sides = [of(item), *map(of, options.items)]
            listed = ", ".join(side.code for side in sides[1:])
            return _folded("in", sides, Scalar(f"{sides[0].inside(SUM)} in [{listed}]", "bool", COMPARISON))
        case nodes.ListOf(items=items):
            return _list([of(each) for each in items])
        case nodes.AnyOf():
            raise AssertionError("an `any` has its own place")
        case _:
            writer.module.refuse(node.span, "a tensor in arithmetic", "it has no value", "use a number")
            return NOTHING


def _name(writer: Writer, node: nodes.Name, scope: Scope, name: str) -> Scalar:
    bound = scope.names.get(name)
    if writer.in_rule and isinstance(bound, None | Template) and name in writer.module.choice_names:
        found = path_value(writer, node, scope, lambda part: scalar(writer, part, scope))
        if found is not None:
            return found
    match bound:
        case Scalar():
            return bound
        case None if name in writer.module.choice_names and name not in known_symbols():
            return _path(writer, node, scope, name)
        case None | Template():  # a symbol may have the name of a block
            return known(name == "true" if name in ("true", "false") else name)
        case Tensor() | Later() | Family():
            writer.module.refuse(node.span, f"`{name}` in arithmetic", "it is not a number", "use a number")
            return NOTHING
        case _:
            assert_never(bound)


def _several(node: object) -> bool:
    """Whether a part of a spec has an index that stands for several choices."""
    if isinstance(node, nodes.Item) and any(isinstance(each, nodes.Every | nodes.Range) for each in node.indices):
        return True
    parts = node.parts() if isinstance(node, nodes.Node) else node if isinstance(node, tuple) else ()
    return any(_several(part) for part in parts)


def _path(writer: Writer, node: nodes.Name | nodes.ChoicePath, scope: Scope, path: str) -> Scalar:
    """The value of a choice that is named by its path."""
    found = path_value(writer, node, scope, lambda part: scalar(writer, part, scope)) if writer.in_rule else None
    if found is not None:
        return found
    remedy = "name a `param` of the space instead, or use `space.hypermodel()`"
    writer.module.refuse(node.span, f"the path `{path}`", "there is code for such a path only in a rule", remedy)
    return NOTHING


def _folded(function: str, sides: Sequence[Scalar], otherwise: Scalar) -> Scalar:
    """The value itself if all sides are known."""
    values: list[Value] = []
    for side in sides:
        if side.value is UNKNOWN:
            return otherwise
        values.append(side.value)  # type: ignore[arg-type]
    try:
        return known(compute(function, tuple(values)))
    except Undefined:
        return otherwise  # The compiler proved that it is never reached.


def _binary(writer: Writer, node: nodes.Node, operator: str, left: Scalar, right: Scalar) -> Scalar:
    if operator in ("and", "or"):
        binds = AND if operator == "and" else OR
        for side, other in ((left, right), (right, left)):
            if isinstance(side.value, bool):
                return other if side.value is (operator == "and") else known(side.value)
        return Scalar(f"{left.inside(binds)} {operator} {right.inside(binds)}", "bool", binds)
    if operator in _COMPARISONS:
        left, right = exact(writer, node, left), exact(writer, node, right)
        code = f"{left.inside(SUM)} {operator} {right.inside(SUM)}"
        return _folded(operator, [left, right], Scalar(code, "bool", COMPARISON))
    if operator in ("//", "%") and not {left.kind, right.kind} <= {"int"}:
        writer.module.refuse(
            node.span, f"`{node.span.text}`", FRACTIONS, f"use whole numbers on both sides of `{operator}`"
        )
    whole = left.kind == right.kind == "int"
    kind: Kind = "int" if whole and operator != "/" else "quotient" if whole else "real"
    if operator in ("*", "**") and right.value == 1 and right.kind == "int":
        return left
    if operator == "*" and left.value == 1 and left.kind == "int":
        return right
    binds = _BINDS[operator]
    if operator == "**":
        code = f"{left.inside(ATOM)}**{right.inside(SIGN)}"
        if left.binds != ATOM or right.binds != ATOM or "(" in left.code + right.code:
            code = f"{left.inside(ATOM)} ** {right.inside(SIGN)}"
    else:
        code = f"{left.inside(binds)} {operator} {right.inside(binds if operator == '+' else binds + 1)}"
    return _folded(operator, [left, right], with_bounds(operator, left, right, Scalar(code, kind, binds)))


def _where(test: Scalar, then: Scalar, other: Scalar) -> Scalar:
    if isinstance(test.value, bool):
        return then if test.value else other
    code = f"{then.inside(WHERE + 1)} if {test.inside(WHERE + 1)} else {other.inside(WHERE)}"
    decimals = most_decimals([then, other])
    return Scalar(code, joint([then.kind, other.kind]), WHERE, entries=then.entries, decimals=decimals)


def _function(writer: Writer, node: nodes.Node, name: str, sides: list[Scalar]) -> Scalar:
    if name == "sum":
        return reduce(lambda one, other: _binary(writer, node, "+", one, other), sides)
    if name in ("min", "max") and len(sides) == 1:
        return sides[0]
    known_value = _folded(name, sides, NOTHING)
    return known_value if known_value.static else function(writer, node, name, sides)


def _item(writer: Writer, node: nodes.Item, scope: Scope, indices: list[Scalar]) -> Scalar:
    table = scope.names.get(node.name)
    if not isinstance(table, Scalar):
        writer.module.refuse(node.span, f"`{node.span.text}`", "it is not a list", "index a list")
        return NOTHING
    found = table
    for at, index in enumerate(indices):
        if table.static and index.static:
            found = table = _folded("item", [table, index], table)
            continue
        code = found.code
        if table.static and isinstance(table.value, tuple) and at == 0:
            code = constant(writer, node.name, table.code)
            kinds = [kind_of(each) for each in table.value]
            kind = joint(kinds) if kinds else "int"
            inner: Kind = joint(
                [kind_of(e) for each in table.value if isinstance(each, tuple) for e in each] or ["int"]
            )
        else:
            kind, inner = table.entries, "int"
        found = table = Scalar(f"{code}[{index.code}]", kind, entries=inner)
    return found


def constant(writer: Writer, name: str, code: str) -> str:
    """A constant of the module, by the name of what it is."""
    tables, wanted, number = writer.module.tables, name.upper(), 1
    while tables.setdefault(wanted, code) != code:
        number += 1
        wanted = f"{name.upper()}_{number}"
    return wanted


def _list(entries: list[Scalar]) -> Scalar:
    kind = joint([each.kind for each in entries]) if entries else "int"
    code = f"[{', '.join(each.code for each in entries)}]"
    return _folded("list", entries, Scalar(code, "list", entries=kind))


def whole(value: Scalar) -> str:
    """The code of a number that the compiler proved to be whole."""
    return value.code if value.kind == "int" else f"round({value.code})"
